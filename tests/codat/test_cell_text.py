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

CHANGED = [
    # Formulas
    "=1+1", "+44 20 7946", "-", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n1", "  =1", "＝1", "－x", "＠a", "−5",
    # Numbers
    "007", "1.50", "1,5", "1,000", "1 000", "1'000", "123456789012", "12345678901234567890", "1E5", "12E3", "4.4E+11",
    "1e-7", "１２３", "٣", "(5)", "50%", "$5", "£1,000.00", "5 €", ".5", " 7", "1 1/2",
    # Dates and times
    "1-2", "1/2", "31.03.2026", "2026-03-31", "2026-03-31T09:30:00Z", "10:30", "5 pm", "5PM", "12 a", "3 May", "May 3",
    "March 2026", "3-Mar-26", "3. März 2026", "1 août 2026", "Sept 5",
    # Words
    "TRUE", "false", "Wahr", "#N/A", "#DIV/0!",
]  # fmt: skip
UNCHANGED = [
    "", "Ltd", "a=b", "1", "0", "42", "12345678901", "10115", "12 High Street", "12A", "5th Avenue", "E5", "SW1A 1AA",
    "May", "Mayfair 5", "Marina 7", "Café", "東京 5", "a@b.c", "N/A", "Truett", "’t", "customer-17",
    "INV-0001", "x" * 200,
    "0 " * 100 + "x",
]  # fmt: skip
APOSTROPHES = ["'t Hooft BV", "'s-Hertogenbosch", "'", "''", "'quoted'", "'99ers"]
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
