"""Awkward files: each becomes what its case says, or is refused with a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from customers.spreadsheets.files.reading import (
    Reading,
    SheetRow,
    Unreadable,
    guess,
    headings,
    preview,
    rows,
)
from tests.spreadsheets.corpus import CASES, Case

READABLE = {name: case for name, case in CASES.items() if not case.refused}
REFUSED = {name: case for name, case in CASES.items() if case.refused}


def read(case: Case) -> tuple[list[str], list[SheetRow]]:
    content = case.content()
    reading = replace(guess(content, case.file_name), **case.chosen)
    return headings(content, reading), list(rows(content, reading))


@pytest.mark.parametrize("name", READABLE)
def test_an_awkward_file_is_read(name: str) -> None:
    case = READABLE[name]
    found, below = read(case)
    assert found == list(case.headings)
    assert {row.number: row.cells for row in below} == {
        number: list(cells) for number, cells in case.rows.items()
    }
    assert {row.number: row.remarks for row in below if row.remarks} == case.remarks


@pytest.mark.parametrize("name", READABLE)
def test_its_reading_is_guessed(name: str) -> None:
    case = READABLE[name]
    content = case.content()
    reading = guess(content, case.file_name)
    assert {part: getattr(reading, part) for part in case.reading} == case.reading
    assert Reading.from_json(reading.to_json()) == reading


@pytest.mark.parametrize("name", READABLE)
def test_its_first_rows_show_the_heading(name: str) -> None:
    case = READABLE[name]
    content = case.content()
    reading = replace(guess(content, case.file_name), **case.chosen)
    shown = {row.number: row.cells for row in preview(content, reading)}
    assert shown[reading.header_row] == list(case.headings)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_says_why(name: str) -> None:
    case = REFUSED[name]
    with pytest.raises(Unreadable) as error:
        read(case)
    assert case.refused in str(error.value)
    assert error.value.line == case.line
