"""How values from Codat read on a page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from customers import formatting
from customers.codat import values

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-10-27T10:22:43.6464237Z", datetime(2022, 10, 27, 10, 22, 43, 646423, UTC)),
        ("2022-10-27T10:22:43.6464237", datetime(2022, 10, 27, 10, 22, 43, 646423, UTC)),
        ("2022-10-27T10:22:43", datetime(2022, 10, 27, 10, 22, 43, 0, UTC)),
        ("2022-10-27T10:22:43+02:00", datetime(2022, 10, 27, 8, 22, 43, 0, UTC)),
        ("2022-10-27T10:22:43.5-0130", datetime(2022, 10, 27, 11, 52, 43, 500000, UTC)),
        ("2022-10-27", datetime(2022, 10, 27, tzinfo=UTC)),
        ("2022-10-27t10:22:43z", datetime(2022, 10, 27, 10, 22, 43, 0, UTC)),
        ("2022-10-27 10:22 +0200", datetime(2022, 10, 27, 8, 22, tzinfo=UTC)),
        ("2022-10-27Z", datetime(2022, 10, 27, tzinfo=UTC)),
        ("2022-10-27 01", None),
        ("2022-10-27 1022", None),
        ("2022-10-27T10-05", None),
        ("2022-10-27T10,5", None),
        ("20221027", None),
        ("2022-W43-4", None),
        ("9999-12-31T23:59:59-05:00", None),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("2022-13-27T10:22:43Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (20221027, None),
    ],
)
def test_dates_are_read_as_codat_writes_them(text: object, moment: datetime | None) -> None:
    assert values.parse_date(text) == moment


def test_a_date_is_a_time_element() -> None:
    assert formatting.when("2023-03-24T16:07:23") == (
        '<time datetime="2023-03-24T16:07:23Z" title="24 Mar 2023, 16:07 UTC">24 Mar 2023, 16:07 UTC</time>'
    )


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00", None, ""])
def test_an_unknown_date_is_a_dash(value: object) -> None:
    assert formatting.when(value) == formatting.since(value) == formatting.day(value) == "–"


def test_text_that_is_no_date_is_shown_escaped() -> None:
    assert formatting.when("<b>soon") == "&lt;b&gt;soon"


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=70), "1 minute ago"),
        (timedelta(minutes=12), "12 minutes ago"),
        (timedelta(minutes=50), "1 hour ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(hours=23), "1 day ago"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=40), "29 Jan 2026"),
        (timedelta(minutes=-5), "in 5 minutes"),
    ],
)
def test_distance_from_now(ago: timedelta, said: str) -> None:
    assert formatting.distance(NOW - ago, NOW) == said


@pytest.mark.parametrize("value", [None, "", "  ", [], {}])
def test_empty_null_and_missing_read_the_same(value: object) -> None:
    assert formatting.text_or_dash(value) == "–"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (False, "No"),
        (True, "Yes"),
        ("-", "-"),
        (Decimal("1.50"), "1.50"),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_values_are_shown(value: object, said: str) -> None:
    assert formatting.text_or_dash(value) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("registrationNumber", "Registration number"),
        ("VATCode", "VAT code"),
        ("line1", "Line 1"),
        ("", "–"),
    ],
)
def test_labels_of_fields(name: str, said: str) -> None:
    assert formatting.label(name) == said


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ((), ""),
        (("customerName",), "Customer name"),
        (("addresses", 0, "line1"), "Address 1, Line 1"),
        (("addresses", 1), "Address 2"),
        (("grid", 0, 2), "Grid 1 3"),
        ((0, "city"), "1, City"),
        (("lines", "0"), "Lines, 0"),
    ],
)
def test_a_path_has_one_label(path: tuple[str | int, ...], label: str) -> None:
    assert formatting.path_label(path) == label


def test_a_path_of_labels_keeps_them() -> None:
    path = ("Phone Numbers", 0, "VAT Number")
    assert formatting.path_label(path, name_label=str) == "Phone Number 1, VAT Number"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("addresses[1].line1", ["addresses", 1, "line1"]),
        ("customer/addresses/1/line1", ["customer", "addresses", 1, "line1"]),
        ("Customer.CustomerName", ["Customer", "CustomerName"]),
        ("", []),
        ("...", []),
    ],
)
def test_a_path_is_read_from_text(text: str, parts: list[str | int]) -> None:
    assert formatting.path_parts(text) == parts


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_999, "1.0 MB"),
        (300_000_000, "300 MB"),
        (None, "–"),
        (-1, "–"),
        pytest.param(10**400, "–", id="400 digits"),
        ("12", "–"),
        (True, "–"),
    ],
)
def test_sizes(value: object, said: str) -> None:
    assert formatting.size(value) == said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\u200b", formatting.DASH),
        (" \ufeff\u00ad\u3164\u2800 ", formatting.DASH),
        ("abc\u202edef", "abcdef"),
        ("name\x07", "name\ufffd"),
        ({"a": "b\u202e"}, '{"a": "b"}'),
    ],
)
def test_a_value_shows_only_what_can_be_seen(value: object, shown: str) -> None:
    assert formatting.text_or_dash(value) == shown
