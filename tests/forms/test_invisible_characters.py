"""Invisible characters in what is typed: removed with a word, and put back on request."""

from __future__ import annotations

from typing import Any

import pytest

from customers.forms import Form
from tests.support.pages.forms import array, choices, form_page, node, obj, page_of, post

MODEL = obj(
    name=node(required=True, label="Name"),
    phone=node(),
    choice=node(options=choices("A\u200b", "B")),
    rows=array(text=node()),
)


def typed(text: str, record: dict[str, Any] | None = None) -> Form:
    page = form_page(MODEL, record or {"name": "A", "phone": "1"})
    page["f.phone"].type(text)
    return post(MODEL, page)


@pytest.mark.parametrize(
    ("text", "sent", "word"),
    [
        ("\ufeff+27 21 555 0101\u202c", "+27 21 555 0101", "2 invisible characters were removed."),
        ("12\u00ad34", "1234", "1 invisible character was removed."),
        ("می\u200cخواهم", "می\u200cخواهم", ""),
        ("👩\u200d👧", "👩\u200d👧", ""),
        ("1234", "1234", ""),
    ],
)
def test_they_are_removed_from_what_is_typed(text: str, sent: str, word: str) -> None:
    form = typed(text)
    assert form.is_valid()
    assert form.payload()["phone"] == sent
    assert form.has_removed_characters is bool(word)
    page = page_of(form)
    assert ("invisible" in page.text) is bool(word)
    assert word in page.text
    assert ("restore:phone" in page.buttons) is bool(word)


def test_undo_puts_them_back_and_they_are_sent() -> None:
    page = page_of(typed("a\u200bb"))
    page = page_of(post(MODEL, page))
    kept = post(MODEL, page, "restore:phone")
    assert kept.focus == "f-phone"
    again = post(MODEL, page_of(kept))
    assert again.payload()["phone"] == "a\u200bb"
    assert not again.has_removed_characters


def test_text_that_is_typed_afterwards_is_not_put_back() -> None:
    page = page_of(typed("a\u200bb"))
    page["f.phone"].type("other")
    form = post(MODEL, page)
    assert not form.has_removed_characters
    assert form.payload()["phone"] == "other"


@pytest.mark.parametrize("blank", ["\u200b", "\ufeff", "\u00ad", "\u3164", "\u2800", " \u200b "])
def test_a_required_field_is_not_filled_by_what_nobody_sees(blank: str) -> None:
    page = form_page(MODEL, {"name": "A", "phone": "1"})
    page["f.name"].type(blank)
    form = post(MODEL, page)
    assert not form.is_valid()
    assert form.errors == {"f.name": ["Enter the name."]}


def test_an_invisible_character_alone_is_no_change() -> None:
    form = typed("1\u200b")
    assert form.changes() == []
    assert form.has_removed_characters


def test_stored_ones_stay_where_nobody_typed() -> None:
    record = {
        "name": "A\u200b",
        "phone": "1\u202c",
        "choice": "A\u200b",
        "rows": [{"text": "\u2800"}],
    }
    form = post(MODEL, form_page(MODEL, record))
    assert form.payload() == record
    assert not form.has_removed_characters
    assert typed("1\u202c ", record).payload() == record
