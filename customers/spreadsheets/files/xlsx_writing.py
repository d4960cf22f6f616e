"""XLSX workbooks, with flat memory: rows go to temporary files, which are deleted at the end.

xlsxwriter is imported with the first workbook: pages import this module and write none.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO, Self

from customers.codat.cell_text import protect_ambiguous, storable
from customers.spreadsheets.files.cells import Cell, fits, plain_text
from customers.spreadsheets.files.values import STORED_DIGITS

if TYPE_CHECKING:
    import xlsxwriter

_OPTIONS = {
    "constant_memory": True,
    "strings_to_numbers": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
}
_MAX_NAME = 31
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
# Characters of a column: Excel's own width, and one that leaves room for others.
_MIN_WIDTH, _MAX_WIDTH = 9, 50
_DATE_FORMATS = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm:ss", time: "hh:mm:ss"}
# Excel has no dates before.
_FIRST_YEAR = 1900


class XlsxFile:
    """A workbook that is written to a file that is open for writing bytes.

    It is complete when its `with` block ends. Where the block raises, nothing more is written. `left_out` counts texts
    that were too long for a cell.
    """

    def __init__(self, target: BinaryIO) -> None:
        import xlsxwriter

        self.left_out = 0
        self._folder = tempfile.TemporaryDirectory(prefix="xlsx-")
        self._workbook = xlsxwriter.Workbook(target, {**_OPTIONS, "tmpdir": self._folder.name})
        self._sheets: list[XlsxSheet] = []
        self.bold = self._workbook.add_format({"bold": True})
        self.dates = {
            kind: self._workbook.add_format({"num_format": code})
            for kind, code in _DATE_FORMATS.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            for sheet in self._sheets:
                sheet.finish()
            if kind is None:
                self._workbook.close()
        finally:
            self._folder.cleanup()

    def sheet(
        self, name: str, headings: Sequence[str] = (), *, is_active: bool = False
    ) -> XlsxSheet:
        """A new sheet, behind the others. The active one is shown when the workbook is opened; else it is the first.

        `headings` become a bold row that stays in sight and has filters.
        """
        names = {sheet.name.casefold() for sheet in self._sheets}
        worksheet = self._workbook.add_worksheet(_sheet_name(name, names))
        if is_active:
            worksheet.activate()
        sheet = XlsxSheet(self, worksheet)
        self._sheets.append(sheet)
        if headings:
            sheet.add_headings(headings)
        return sheet


class XlsxSheet:
    """A sheet of a workbook. Rows are written in their order."""

    def __init__(self, file: XlsxFile, worksheet: xlsxwriter.worksheet.Worksheet) -> None:
        self.name: str = worksheet.get_name()
        self._file, self._sheet = file, worksheet
        # Rows so far, and the index of the heading row with its columns.
        self._next = 0
        self._heading: tuple[int, int] | None = None
        self._widths: list[int] = []

    def add_headings(self, headings: Sequence[str], number: int | None = None) -> None:
        """Append the heading row. `number` is its number from 1, where rows are left free above it."""
        row = self._row(number)
        for column, text in enumerate(headings):
            self._sheet.write_string(row, column, self._text(text), self._file.bold)
            self._widen(column, len(text) + 3)  # with the button of the filter
        self._heading = row, len(headings)
        self._sheet.freeze_panes(row + 1, 0)

    def add(self, cells: Sequence[Cell], number: int | None = None) -> None:
        """Append a row. `number` is its number from 1, where rows are left free above it."""
        row = self._row(number)
        for column, cell in enumerate(cells):
            if cell is None or cell == "":
                continue
            self._write(row, column, cell)

    def finish(self) -> None:
        """Set the widths of columns and the filters, which need all rows."""
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, min(max(width, _MIN_WIDTH), _MAX_WIDTH))
        if self._heading and self._heading[1]:
            row, columns = self._heading
            self._sheet.autofilter(row, 0, max(self._next - 1, row), columns - 1)

    def _write(self, row: int, column: int, cell: Cell) -> None:
        if isinstance(cell, (int, float, Decimal)) and _is_kept(cell):
            self._sheet.write_number(row, column, cell)
        elif isinstance(cell, (date, time)) and getattr(cell, "year", _FIRST_YEAR) >= _FIRST_YEAR:
            self._sheet.write_datetime(row, column, cell, self._file.dates[type(cell)])
        else:
            text = self._text(cell if isinstance(cell, str) else plain_text(cell))
            self._widen(column, text.find("\n") + 1 or len(text) + 1)
            if text.startswith("<r>") and text.endswith("</r>"):
                # XlsxWriter would take it for XML that it has made before.
                self._sheet.write_rich_string(row, column, text[:1], text[1:2], text[2:])
            else:
                self._sheet.write_string(row, column, text)

    def _text(self, text: str) -> str:
        """A text that a cell holds, "" where it is too long."""
        text = protect_ambiguous(storable(text))
        if fits(text):
            return text
        self._file.left_out += 1
        return ""

    def _row(self, number: int | None) -> int:
        row = self._next if number is None else number - 1
        self._next = row + 1
        return row

    def _widen(self, column: int, width: int) -> None:
        while len(self._widths) <= column:
            self._widths.append(0)
        if width > self._widths[column]:
            self._widths[column] = width


def _is_kept(number: float | Decimal) -> bool:
    """Whether Excel keeps all digits of a number. A boolean is none."""
    if isinstance(number, bool):
        return False
    decimal = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    return (
        decimal.is_finite()
        and len(decimal.normalize().as_tuple().digits) <= STORED_DIGITS
        and abs(decimal.adjusted()) < 300
    )


def _sheet_name(name: str, others: set[str]) -> str:
    """A name that Excel accepts and no other sheet has."""
    plain = _NOT_IN_A_NAME.sub(" ", storable(name)).strip(" '") or "Sheet"
    if plain.casefold() == "history":  # Excel's own
        plain += " 1"
    result, count = plain[:_MAX_NAME], 1
    while result.casefold() in others or not fits(result, _MAX_NAME):
        count += 1
        ending = f" {count}"
        result = plain[: _MAX_NAME - len(ending)].rstrip(" '") + ending
    return result
