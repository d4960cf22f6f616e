"""Dates in the browser's inputs: what is stored is sent exactly, what is typed has the form of what was stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.forms.dates import date_input, posted_date
from tests.support.pages.forms import exact, form_page, node, obj, post

MODEL = obj(a=node("DateTime"), b=node())
STORED = [
    "2022-10-23T00:00:00Z",
    "2022-10-23T00:00:00",
    "2022-10-23",
    "2022-10-23T00:00:00.0000000Z",
    "2023-02-14T11:22:33.1234567Z",
    "2023-02-14T11:22:33.123",
    "2023-02-14T11:22:00Z",
    "2023-02-14T11:22:33+02:00",
    "0001-01-01T00:00:00",
    "0000-01-01",
    "2022-02-30T00:00:00Z",
    "2022-10-23T24:00:00",
    "2022-10-23 11:22",
    " 2022-10-23",
    "23/10/2022",
    "Unknown",
    "",
    None,
    7,
]


@st.composite
def dates(draw: st.DrawFn) -> str:
    """A date as Codat or an integration may write it."""
    moment = draw(st.datetimes())
    day = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
    if draw(st.booleans()):
        return day
    time = draw(st.sampled_from(["00:00:00", f"{moment:%H:%M}:00", f"{moment:%H:%M:%S}"]))
    decimals = draw(st.from_regex(r"(\.[0-9]{1,7})?", fullmatch=True))
    return f"{day}T{time}{decimals}" + draw(st.sampled_from(["", "Z", "+00:00", "-07:30", "z"]))


@pytest.mark.parametrize("stored", STORED, ids=repr)
def test_an_untouched_date_is_sent_exactly_as_it_was_read(stored: object) -> None:
    record = {"a": stored, "b": "x"}
    page = form_page(MODEL, record)
    assert exact(post(MODEL, page).payload()) == exact(record)
    page["f.b"].type("y")
    form = post(MODEL, page)
    assert exact(form.payload()) == exact({"a": stored, "b": "y"})
    assert [change.path for change in form.changes()] == ["b"]


@given(dates())
def test_any_untouched_date_is_sent_exactly_as_it_was_read(stored: str) -> None:
    page = form_page(MODEL, {"a": stored})
    form = post(MODEL, page)
    assert exact(form.payload()) == exact({"a": stored})
    assert not form.changes()


@pytest.mark.parametrize(
    ("stored", "kind", "typed", "sent"),
    [
        ("2022-10-23T00:00:00Z", "date", "2022-10-24", "2022-10-24T00:00:00Z"),
        ("2022-10-23T00:00:00", "date", "2022-10-24", "2022-10-24T00:00:00"),
        ("", "date", "2022-10-24", "2022-10-24T00:00:00"),
        ("2023-02-14T11:22:00Z", "datetime-local", "2023-02-14T12:00", "2023-02-14T12:00:00Z"),
        ("2023-02-14T11:22:33", "datetime-local", "2023-02-14T11:22:34", "2023-02-14T11:22:34"),
        ("2023-02-14T11:22:33+02:00", "text", "2023-02-15", "2023-02-15T00:00:00"),
        ("soon", "text", "2023-02-15T10:00:00+01:00", "2023-02-15T10:00:00+01:00"),
    ],
)
def test_a_typed_date_is_sent_as_the_stored_one_is_written(
    stored: str, kind: str, typed: str, sent: str
) -> None:
    page = form_page(MODEL, {"a": stored})
    assert page["f.a"].kind == kind
    page["f.a"].type(typed)
    form = post(MODEL, page)
    assert form.is_valid()
    assert form.payload() == {"a": sent}
    again = form_page(MODEL, {"a": stored}, filled=form.payload())
    assert exact(post(MODEL, again).payload()) == exact({"a": sent})


def test_a_date_is_cleared() -> None:
    page = form_page(MODEL, {"a": "2022-10-23T00:00:00Z"})
    page["f.a"].type("")
    assert post(MODEL, page).payload() == {"a": None}


def test_a_date_that_a_browser_cannot_show_is_typed_as_text() -> None:
    for text in ("2022-02-30", "0000-01-01", "2023-02-14T11:22:33.1234567", "2022-10-23T24:00:00"):
        assert date_input(text) is None
    assert posted_date("2022-10-24", "no date") == "2022-10-24"
