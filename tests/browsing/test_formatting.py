"""How values from Codat read on a page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers import formatting
from customers.browsing.customer_detail import read_record, tree
from customers.browsing.customer_rows import COLUMNS, customer_rows
from customers.codat import values

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=12,
)
CUSTOMER_KEYS = (
    *("id", "customerName", "contactName", "emailAddress", "defaultCurrency", "phone", "odd"),
    *("addresses", "contacts", "registrationNumber", "taxNumber", "status", "metadata"),
    *("supplementalData", "modifiedDate", "sourceModifiedDate"),
)


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
        '<time datetime="2023-03-24T16:07:23Z">24 Mar 2023, 16:07 UTC</time>'
    )


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00", None, ""])
def test_an_unknown_date_is_a_dash(value: object) -> None:
    assert formatting.when(value) == formatting.since(value) == formatting.day(value) == "–"


def test_what_is_no_date_is_shown_as_it_is_and_escaped() -> None:
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
    assert formatting.text(value) == "–"


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
    assert formatting.text(value) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("registrationNumber", "Registration number"),
        ("VATCode", "VAT code"),
        ("line1", "Line 1"),
        ("", "–"),
    ],
)
def test_names_for_people(name: str, said: str) -> None:
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


def test_a_row_escapes_everything_and_links_the_id_as_one_segment() -> None:
    rows = customer_rows(
        [
            {
                "id": "a/b ?#%",
                "customerName": "<script>alert(1)</script>",
                "emailAddress": "\"'><img>",
            }
        ],
        "c1",
    )
    assert 'href="/companies/c1/customers/a%2Fb%20%3F%23%25/"' in rows
    assert "&lt;script&gt;" in rows
    assert "<script" not in rows
    assert "<img" not in rows


@pytest.mark.parametrize("record_id", [".", "..", "", None])
def test_an_id_that_cannot_be_opened_is_listed_without_a_link(record_id: Any) -> None:
    rows = customer_rows([{"id": record_id, "customerName": "Dots"}], "c1")
    assert "Dots" in rows
    assert "<a " not in rows
    assert "ID cannot be opened" in rows


def test_a_customer_without_a_name_still_has_a_link_that_says_where_it_goes() -> None:
    rows = customer_rows([{"id": "7", "customerName": None}], "c1")
    assert "no name, ID 7" in rows


def test_a_deleted_customer_is_marked() -> None:
    assert "Deleted" in customer_rows([{"id": "7", "metadata": {"isDeleted": True}}], "c1")
    assert "Deleted" not in customer_rows([{"id": "7", "metadata": None}], "c1")


@given(st.lists(st.dictionaries(st.sampled_from(CUSTOMER_KEYS), json_values)))
def test_any_record_has_a_row_with_every_cell(customers: list[dict[str, Any]]) -> None:
    rows = customer_rows(customers, "c1")
    assert rows.count("<td>") == len(COLUMNS) * len(customers)


@given(st.dictionaries(st.sampled_from(CUSTOMER_KEYS), json_values))
def test_any_record_can_be_shown(customer: dict[str, Any]) -> None:
    record = read_record(customer)
    assert "<script" not in record.other
    assert record.json


def test_nothing_of_a_record_is_lost() -> None:
    customer = {
        "id": "1",
        "addresses": [{"type": "Billing", "line1": "L1", "what3words": "a.b.c"}],
        "contacts": [
            {"name": "N", "phone": [{"number": "5", "type": "Fax", "ext": "9"}], "role": "Boss"}
        ],
        "supplementalData": {"content": {"xero": {"HasAttachments": True, "deep": [{"a": 1}]}}},
        "metadata": {"isDeleted": True, "source": "import"},
        "platformField": {"x": None},
    }
    record = read_record(customer)
    assert record.is_deleted
    assert record.addresses[0].lines == ("L1",)
    assert "a.b.c" in record.addresses[0].extra
    assert record.contacts[0].phones == (("5", "Fax, Ext: 9"),)
    assert "Boss" in record.contacts[0].extra
    assert "Has attachments" in record.supplemental
    assert "import" in record.other
    assert "Platform field" in record.other


def test_a_tree_that_never_ends_does() -> None:
    value: Any = "bottom"
    for _ in range(500):
        value = {"down": value}
    assert "bottom" in tree(value)
