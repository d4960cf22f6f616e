"""The rows of a sheet of an XLSX workbook, as a stream."""

from __future__ import annotations

from collections.abc import Iterator

from customers.spreadsheets.files.limits import (
    DAMAGED,
    MAX_CELL,
    MAX_SHEET_COLUMNS,
    MAX_SHEET_ROWS,
    Unreadable,
    check_cell,
)
from customers.spreadsheets.files.tables import BOOLEAN, DATE, ERROR, FORMULA, SheetRow
from customers.spreadsheets.files.values import (
    CellFormat,
    date_text,
    filled,
    number_text,
    stored_date,
)
from customers.spreadsheets.files.xlsx_book import TRUE, Book, names, unescaped
from customers.spreadsheets.files.xml_parts import Nesting, parse

_DIGITS = "0123456789"


def sheet_rows(book: Book, part: str) -> Iterator[SheetRow]:
    """The rows of a sheet that have a text, in order. Texts are as they are stored; columns are not limited here."""
    handler = _SheetHandler(book)
    for _ in parse(book.archive.pieces(part), handler):
        yield from handler.rows
        handler.rows.clear()


class _SheetHandler:
    """Makes rows of elements. Merged cells have their value in the first of them, as it is stored."""

    _NAMES = names("row", "c", "v", "f", "t", "rPh")
    _columns: dict[str, int] = {}

    def __init__(self, book: Book) -> None:
        self.rows: list[SheetRow] = []
        self._book, self._nesting = book, Nesting()
        self._number = self._column = 0
        self._cells: dict[int, str] = {}
        self._remarks: dict[int, str] = {}
        self._type = self._style = ""
        self._pieces: list[str] = []
        self._length = 0
        self._is_open = self._has_formula = self._is_reading_aid = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._nesting.enter()
        kind = self._NAMES.get(name)
        if kind == "c":
            self._start_cell(attributes)
        elif kind in ("v", "t"):
            self._is_open = not self._is_reading_aid
        elif kind == "row":
            self._start_row(attributes.get("r"))
        elif kind == "f":
            self._has_formula = True
        elif kind == "rPh":
            self._is_reading_aid = True

    def end(self, name: str) -> None:
        self._nesting.leave()
        kind = self._NAMES.get(name)
        if kind == "c":
            if self._pieces or self._has_formula:
                self._end_cell()
        elif kind in ("v", "t"):
            self._is_open = False
        elif kind == "row":
            self._end_row()
        elif kind == "rPh":
            self._is_reading_aid = False

    def text(self, data: str) -> None:
        if self._is_open:
            self._pieces.append(data)
            self._length += len(data)
            if self._length > MAX_CELL:
                check_cell(self._length, self._number)

    def _start_row(self, number: str | None) -> None:
        if number is None:
            self._number += 1
        elif not number.isdigit() or not self._number < int(number[:9]) <= MAX_SHEET_ROWS:
            raise Unreadable(DAMAGED, self._number or None)
        else:
            self._number = int(number)
        self._column = -1
        self._cells, self._remarks = {}, {}

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        self._column = self._column + 1 if reference is None else self._index(reference)
        if self._column >= MAX_SHEET_COLUMNS:
            raise Unreadable(DAMAGED, self._number)
        self._type = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        if self._pieces:
            self._pieces = []
        self._length = 0
        self._has_formula = False

    def _end_cell(self) -> None:
        try:
            text, remark = self._value("".join(self._pieces))
        except (ValueError, IndexError) as error:
            raise Unreadable(DAMAGED, self._number) from error
        if text:
            self._cells[self._column] = text
        if remark or self._has_formula:
            self._remarks[self._column] = (
                FORMULA if self._has_formula and remark != ERROR else remark
            )

    def _end_row(self) -> None:
        if self._cells or self._remarks:
            cells = [""] * (max((*self._cells, *self._remarks)) + 1)
            for column, text in self._cells.items():
                cells[column] = text
            self.rows.append(SheetRow(self._number, cells, self._remarks))

    def _value(self, stored: str) -> tuple[str, str]:
        """A cell's text and remark; ValueError or IndexError where the stored value is none of its type."""
        kind = self._type
        if kind == "s":
            text = self._book.texts[int(stored)]
            check_cell(len(text), self._number)
            return text, ""
        if kind in ("inlineStr", "str"):
            return unescaped(stored), ""
        if kind == "n":
            return self._number_value(stored.strip())
        if kind == "b":
            return ("true" if stored.strip() in TRUE else "false"), BOOLEAN
        if kind == "d":
            return stored_date(stored), DATE
        if kind == "e":
            return stored, ERROR
        raise ValueError(kind)

    def _number_value(self, stored: str) -> tuple[str, str]:
        if not stored:
            return "", ""
        cell_format: CellFormat = self._book.formats.get(self._style)
        if isinstance(cell_format, str):
            moment = date_text(stored, cell_format, is_1904=self._book.is_1904)
            if moment is not None:
                return moment, DATE
        text, remark = number_text(stored)
        return filled(text, cell_format) if isinstance(cell_format, int) else text, remark

    def _index(self, reference: str) -> int:
        """The index of a column, from 0, of a cell such as `AB12`."""
        letters = reference.rstrip(_DIGITS)
        index = self._columns.get(letters)
        if index is None:
            if not (letters.isascii() and letters.isalpha()) or len(letters) > 3:
                raise Unreadable(DAMAGED, self._number)
            index = 0
            for letter in letters.upper():
                index = index * 26 + ord(letter) - ord("A") + 1
            index -= 1
            self._columns[letters] = index
        return index
