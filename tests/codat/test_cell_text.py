"""The apostrophe that keeps a spreadsheet from changing a text."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from customers.codat.cell_text import (
    is_changed_by_spreadsheets,
    protect,
    protect_ambiguous,
    storable,
    unprotect,
)
from tests.support.cases.cell_texts import APOSTROPHES, CHANGED, UNCHANGED

# Half of the texts are made of characters that matter.
TEXTS = st.text(max_size=40) | st.text(
    alphabet="'=+-@ \t\r\n0123456789.,:/%eEtTzZapmy", max_size=12
)


@pytest.mark.parametrize("text", CHANGED)
def test_a_text_that_a_spreadsheet_would_change_has_an_apostrophe(text: str) -> None:
    assert is_changed_by_spreadsheets(text)
    assert protect(text) == f"'{text}"
    assert unprotect(f"'{text}") == text


@pytest.mark.parametrize("text", UNCHANGED)
def test_others_have_none(text: str) -> None:
    assert not is_changed_by_spreadsheets(text)
    assert protect(text) == protect_ambiguous(text) == unprotect(text) == text


@pytest.mark.parametrize("text", APOSTROPHES)
def test_a_real_apostrophe_stays_in_every_file(text: str) -> None:
    assert protect(text) == protect_ambiguous(text) == unprotect(text) == text


@given(TEXTS)
@example("'007")
@example("''=1")
def test_what_was_protected_comes_back(text: str) -> None:
    assert unprotect(protect(text)) == text
    assert unprotect(protect_ambiguous(text)) == text


@given(TEXTS)
def test_a_protected_text_is_safe_for_a_spreadsheet(text: str) -> None:
    assert not is_changed_by_spreadsheets(protect(text))


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "\udc00\ud800"])
def test_what_no_file_holds_is_replaced(text: str) -> None:
    stored = storable(text)
    assert stored.replace("\ufffd", "") == "".join(char for char in text if char in "ab")
    stored.encode()


def test_two_halves_of_a_character_are_joined() -> None:
    assert storable("\ud83d\ude00") == "😀"


@given(TEXTS)
def test_all_other_characters_stay(text: str) -> None:
    assert storable(text) == text.replace("\0", "\ufffd")


def test_a_hostile_text_takes_no_time() -> None:
    start = time.process_time()
    for text in (
        "1" * 100_000,
        "'" * 100_000 + "1",
        "1e" * 50_000,
        "may " * 25_000,
        "\u0301" * 100_000,
    ):
        protect(text)
    assert time.process_time() - start < 1
