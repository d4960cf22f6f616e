"""The uploaded table with columns added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from customers.spreadsheets.files.reading import Reading, guess, headings, rows
from customers.spreadsheets.files.writing import copy_format, copy_with_columns
from tests.spreadsheets.corpus import CASES
from tests.spreadsheets.corpus.building import line, xlsx

READABLE = [name for name, case in CASES.items() if not case.refused]


def copied(content: bytes, reading: Reading, extra: Sequence[str] = ("Problem", "Change")) -> bytes:
    return b"".join(
        copy_with_columns(
            content, reading, extra, lambda row: [f"=row {row}", *[""] * (len(extra) - 1)]
        )
    )


@pytest.mark.parametrize("name", READABLE)
def test_a_copy_is_read_as_the_original_was(name: str) -> None:
    case = CASES[name]
    content = case.content()
    reading = replace(guess(content, case.file_name), **case.chosen)
    copy = copied(content, reading)
    again = guess(copy, "")
    assert copy_format(reading) == again.format
    if again.format == "csv":
        assert (again.encoding, again.delimiter) == (reading.encoding, reading.delimiter)
    # The heading row and the sheet are those of the original.
    again = replace(again, header_row=reading.header_row)
    if again.format == "csv":
        again = reading
    width = len(case.headings)
    assert headings(copy, again) == [*case.headings, "Problem", "Change"]
    found = {row.number: row.cells for row in rows(copy, again)}
    assert set(found) == set(case.rows)
    for number, cells in case.rows.items():
        padded = [*cells, *[""] * (width - len(cells))]
        expected = [*padded[:width], f"=row {number}", "", *padded[width:]]
        assert [*found[number], *[""] * (len(expected) - len(found[number]))] == expected


def test_a_column_that_is_there_is_filled_again() -> None:
    content = b"ID,problem ,Name\n1,old,a\n2\n"
    assert copied(content, guess(content, ""), ("Problem",)) == (
        b"ID,Problem,Name\n1,'=row 2,a\n2,'=row 3,\n"
    )


def test_a_copy_of_a_text_keeps_its_form() -> None:
    content = 'sep=;\r"Title"\r\rID;"Straße"\r1;"a;b"\r\r3;\'+44\r'.encode("cp1252")
    reading = guess(content, "")
    assert (reading.header_row, reading.encoding) == (3, "cp1252")
    copy = b"".join(copy_with_columns(content, reading, ["Problem"], lambda _: ["→ ü"]))
    assert copy == 'sep=;\rTitle\r\rID;Straße;Problem\r1;"a;b";? ü\r\r3;\'+44;? ü\r'.encode(
        "cp1252"
    )


def test_a_copy_of_a_text_without_quotation_marks_around_cells_adds_none() -> None:
    content = b'Name\tPhone\tProblem\n"Big" Joe\t1\told\n"\t\t\n'
    reading = guess(content, "")
    assert (reading.delimiter, reading.quote) == ("\t", "")
    added = ["Enter \"x\",\tor\r\n'y'.", "Refused"]
    copy = b"".join(copy_with_columns(content, reading, ["Problem", "Outcome"], lambda _: added))
    problem = "Enter \"x\", or 'y'."
    assert {row.number: row.cells for row in rows(copy, reading)} == {
        2: ['"Big" Joe', "1", problem, "Refused"],
        3: ['"', "", problem, "Refused"],
    }
    only = replace(guess(b"Problem\nold\n2\n", ""), quote="")
    copy = b"".join(copy_with_columns(b"Problem\nold\n2\n", only, ["Problem"], lambda _: [""]))
    assert copy == b"Problem\n\n\n"


def test_a_copy_of_a_workbook_keeps_the_kinds_of_its_cells() -> None:
    case = CASES["xlsx-dates"]
    content = case.content()
    copy = copied(content, guess(content, ""))
    assert {row.number: row.remarks for row in rows(copy, guess(copy, ""))} == {
        number: {column: kind for column, kind in remarks.items() if number != 5}
        for number, remarks in case.remarks.items()
    } | {5: {}}, "a duration of more than a day becomes a text"


def test_an_empty_row_keeps_its_place_in_a_copy() -> None:
    content = xlsx(line("ID", "Name"), "", "", line("1", "a"))
    copy = copied(content, guess(content, ""))
    assert [row.number for row in rows(copy, guess(copy, ""))] == [4]
