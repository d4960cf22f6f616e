"""How a file is read, as JSON from a database or a form; and what a person corrects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from customers.spreadsheets.files.reading import (
    Reading,
    Unreadable,
    guess,
    headings,
    preview,
    rows,
    with_sheet,
)
from tests.spreadsheets.corpus import CASES

CSV = Reading("csv", encoding="utf-8-sig", delimiter=",", quote='"')
BOOK = Reading("xlsx", sheet="A", sheets=("A", "B"), header_row=3)


@pytest.mark.parametrize("reading", [CSV, BOOK])
def test_a_reading_survives_json(reading: Reading) -> None:
    assert Reading.from_json(reading.to_json()) == reading


@pytest.mark.parametrize(
    ("reading", "part"),
    [
        (CSV, {"format": "exe"}),
        (CSV, {"encoding": "rot13"}),
        (CSV, {"encoding": ["utf-8-sig"]}),
        (CSV, {"encoding": None}),
        (CSV, {"delimiter": "\n"}),
        (CSV, {"delimiter": ",,"}),
        (CSV, {"quote": "'"}),
        (CSV, {"sheet": "A"}),
        (CSV, {"sheets": ["A"]}),
        (CSV, {"header_row": 0}),
        (CSV, {"header_row": 1001}),
        (CSV, {"header_row": True}),
        (CSV, {"header_row": "1"}),
        (CSV, {"header_row": 1.5}),
        (CSV, {"more": 1}),
        (BOOK, {"sheet": "C"}),
        (BOOK, {"sheets": "AB"}),
        (BOOK, {"sheets": [1]}),
        (BOOK, {"sheets": ["A"] * 201}),
        (BOOK, {"encoding": "utf-8-sig"}),
        (BOOK, {"format": []}),
    ],
)
def test_anything_else_is_no_reading(reading: Reading, part: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="reading"):
        Reading.from_json({**reading.to_json(), **part})


@pytest.mark.parametrize("value", [None, [], "x", {}, {"format": "csv"}])
def test_other_json_is_no_reading(value: object) -> None:
    with pytest.raises(ValueError, match="reading"):
        Reading.from_json(value)


def test_another_sheet_has_a_heading_row_of_its_own() -> None:
    content = CASES["xlsx-several-sheets"].content()
    reading = guess(content, "")
    other = with_sheet(content, reading, "Hidden")
    assert (other.sheet, other.header_row) == ("Hidden", 1)
    assert headings(content, other) == ["a", "b", "c", "d", "e"]
    with pytest.raises(ValueError, match="C"):
        with_sheet(content, reading, "C")


def test_a_sheet_that_is_not_in_the_file_is_said() -> None:
    for name, format_ in (("xlsx-several-sheets", "xlsx"), ("ods-repeated", "ods")):
        with pytest.raises(Unreadable, match="does not have the chosen sheet"):
            next(rows(CASES[name].content(), Reading(format_, sheet="C", sheets=("C",))))


def test_a_heading_row_without_headings_is_said() -> None:
    with pytest.raises(Unreadable, match="Row 2 has no headings") as error:
        headings(b"ID,Name\n\n1,a\n", Reading("csv", "utf-8-sig", ",", '"', header_row=2))
    assert error.value.line == 2


def test_a_preview_shows_a_wide_row_in_part() -> None:
    content = CASES["wide-csv"].content()
    [first, _] = preview(content, guess(content, ""))
    assert len(first.cells) == 200


def test_a_file_with_a_problem_in_its_table_can_still_be_guessed() -> None:
    content = CASES["quote-never-closed"].content()
    reading = guess(content, "")
    assert (reading.delimiter, reading.header_row) == (",", 1)
    shown = preview(content, replace(reading, quote=""))
    assert [row.cells for row in shown[:2]] == [["ID", "Name"], ["1", "a"]]
