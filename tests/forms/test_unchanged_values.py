"""A change is judged by what would be sent: text that makes the record's value again is no change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.forms import Form
from tests.support.pages.forms import array, choices, exact, form_page, node, obj, page_of, post

MODEL = obj(
    text=node(),
    number=node("Number"),
    flag=node("Boolean"),
    date=node("DateTime"),
    choice=node(options=choices("A", "B")),
    amount=node("Number", options=[{"value": 10}, {"value": "2.50"}]),
    odd=node("Colour"),
    json=node("Object", required=True),
    rows=array(text=node(), date=node("DateTime")),
)


def typed(name: str, base: Any, text: str) -> Form:
    record = {name: base, "id": "1"}
    page = form_page(MODEL, record)
    page[f"f.{name}"].value = text
    return post(MODEL, page)


@pytest.mark.parametrize(
    ("name", "base", "text"),
    [
        ("text", "a@x.example", "a@x.example "),
        ("text", "a@x.example", "\u00a0a@x.example\t"),
        ("text", " padded ", "  padded  "),
        ("text", "a\r\nb\rc\n", "a\nb\nc\n "),
        ("text", "\u200bAnn", "\u200bAnn "),
        ("text", None, " "),
        ("text", " ", "   "),
        ("odd", "x", " x"),
        ("number", 5, " 5 "),
        ("number", 5, "5.00"),
        ("number", Decimal("1.5000000"), "1.5"),
        ("number", Decimal(100), "1e2"),
        ("number", "abc", "abc "),
        ("number", "5", "5 "),
        ("date", "2024-01-01T00:00:00", "2024-01-01"),
        ("date", "2024-01-01T00:00:00Z", "2024/1/1 0:00"),
        ("date", "2024-01-01T08:05:06.1200000Z", "2024-01-01 08:05:06.12+00:00"),
        ("date", "2024-01-01T08:05:06+02:00", "2024-01-01 08:05:06 +02"),
        ("date", "yesterday", "yesterday "),
        ("amount", Decimal("2.5"), "2.50"),
        ("json", {"a": [1]}, '{"a":[1]}'),
        ("json", {}, " {} "),
    ],
)
def test_text_that_makes_the_same_value_is_no_change(name: str, base: Any, text: str) -> None:
    form = typed(name, base, text)
    assert form.is_valid(), form.summary
    assert form.changes() == []
    assert exact(form.payload()) == exact({name: base})


@pytest.mark.parametrize(
    ("name", "base", "text", "sent"),
    [
        ("text", " padded ", "padded", "padded"),
        ("text", "Ann", "ann", "ann"),
        ("text", " ", "", ""),
        ("number", True, "1", Decimal(1)),
        ("number", "5", "6", Decimal(6)),
        ("flag", 1, "true", True),
        ("date", "2024-01-01T08:05:06.1234567Z", "2024-01-01T08:05:06.1234568Z", None),
        ("date", "2024-01-01T08:05:06Z", "2024-01-01T08:05:06+02:00", None),
        ("json", {"a": 1}, '{"a": true}', {"a": True}),
    ],
)
def test_text_that_makes_another_value_is_a_change(
    name: str, base: Any, text: str, sent: Any
) -> None:
    form = typed(name, base, text)
    assert form.is_valid(), form.summary
    assert [change.path for change in form.changes()] == [name]
    assert exact(form.payload()) == exact({name: text if sent is None else sent})


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    st.fixed_dictionaries(
        {
            "text": st.text(max_size=6),
            "number": st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3),
            "date": st.datetimes().map(lambda moment: moment.isoformat()) | st.just("2024-01-01"),
            "odd": st.none() | st.text(max_size=4),
        }
    ),
    st.sampled_from([" ", "\t", "\u00a0 ", "\u3000"]),
)
def test_blanks_around_any_value_change_nothing(record: dict[str, Any], blank: str) -> None:
    record = {"rows": [{"text": record["text"], "date": record["date"]}], **record}
    page = form_page(MODEL, record)
    for control in page.fields:
        if control.kind == "text":
            control.value = f"{blank}{control.value}{blank}"
    form = post(MODEL, page)
    assert exact(form.payload()) == exact(record)
    assert form.changes() == []
    assert page_of(form)
