"""What is written is read again, whatever the texts."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from customers.spreadsheets.files.reading import guess, headings, rows
from customers.spreadsheets.files.writing import (
    Cell,
    CsvStyle,
    XlsxFile,
    csv_bytes,
    storable,
)

HEADINGS = ["Customer ID", "Name", "Note"]
AWKWARD = st.text(
    alphabet="'=+-@ \t\r\n0123456789.,;:/%\"eE<>&_x\0\ud800\ufffe\x07\x1f\x85", max_size=12
)
TEXTS = st.text(max_size=30) | AWKWARD
RECORDS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8)

Table = Sequence[Sequence[Cell]]


def xlsx(table: Table) -> bytes:
    target = io.BytesIO()
    with XlsxFile(target) as file:
        sheet = file.sheet("Customers", [str(cell) for cell in table[0]])
        for row in table[1:]:
            sheet.add(row)
    return target.getvalue()


def excel(table: Table) -> bytes:
    return b"".join(csv_bytes(table, CsvStyle.EXCEL))


def exact(table: Table) -> bytes:
    return b"".join(csv_bytes(table, CsvStyle.EXACT))


FORMATS = [xlsx, excel, exact]


@pytest.mark.parametrize("write", FORMATS)
@settings(deadline=None, max_examples=60)
@given(RECORDS)
@example([("_x0041_", "<r><t>a</t></r>"), (" a ", "\r\n"), ("'007", "=1"), ("\ud83d\ude00", "x\0")])
def test_texts_come_back(write: Callable[[Table], bytes], records: list[tuple[str, str]]) -> None:
    table = [HEADINGS, *([f"id {at}", *record] for at, record in enumerate(records))]
    content = write(table)
    reading = guess(content, "")
    assert headings(content, reading) == HEADINGS
    width = len(HEADINGS)
    found = [(row.cells + [""] * width)[:width] for row in rows(content, reading)]
    assert found == [[storable(text) for text in row] for row in table[1:]]


@pytest.mark.parametrize("write", FORMATS)
def test_numbers_and_booleans_come_back(write: Callable[[Table], bytes]) -> None:
    values: list[Cell] = [
        42, -5, Decimal("1000.50"), Decimal("1E+3"), 0.1, Decimal("0.000001"), True, False,
        123456789012345, Decimal("12345678901234567890.123"), Decimal("99999999999.99"),
    ]  # fmt: skip
    content = write([["ID", "Value"], *([f"n{at}", value] for at, value in enumerate(values))])
    found = [row.cells[1] for row in rows(content, guess(content, ""))]
    assert [cell for cell in found if cell in ("true", "false")] == ["true", "false"]
    numbers = [Decimal(cell) for cell in found if cell not in ("true", "false")]
    assert numbers == [Decimal(str(value)) for value in values if not isinstance(value, bool)]


def test_a_number_that_excel_would_cut_is_a_text() -> None:
    content = xlsx([["ID", "A", "B"], ["x", 123456789012345, 1234567890123456]])
    [row] = rows(content, guess(content, ""))
    assert row.remarks == {1: "exponent"}
    assert row.cells[2] == "1234567890123456"


def test_an_export_for_excel_begins_with_a_bom() -> None:
    assert excel([HEADINGS]).startswith(b"\xef\xbb\xbfCustomer ID,")
    assert exact([HEADINGS]) == b"Customer ID,Name,Note\r\n"


@pytest.mark.parametrize(
    ("text", "is_kept"), [("a" * 32_767, True), ("a" * 32_768, False), ("😀" * 16_384, False)]
)
@pytest.mark.parametrize("style", CsvStyle)
def test_a_text_that_is_too_long_for_a_cell_is_left_out_and_counted(
    text: str, is_kept: bool, style: CsvStyle
) -> None:
    target = io.BytesIO()
    with XlsxFile(target) as file:
        file.sheet("A", ["ID", "Name"]).add(["1", text])
    content = target.getvalue()
    [row] = rows(content, guess(content, ""))
    assert row.cells[1:] == ([text] if is_kept else [])
    assert file.left_out == (0 if is_kept else 1)


def test_an_exact_file_has_longer_texts() -> None:
    content = exact([["ID", "Name"], ["1", "a" * 131_072], ["2", "a" * 131_073]])
    assert [len(row.cells) for row in rows(content, guess(content, ""))] == [2, 1]
