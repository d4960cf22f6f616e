"""The rows of a sheet of an XLSX workbook, as a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from xml.etree.ElementTree import Element

from customers.spreadsheets.files.limits import (
    DAMAGED,
    MAX_SHEET_COLUMNS,
    MAX_SHEET_ROWS,
    Unreadable,
    check_cell,
    whole_number,
)
from customers.spreadsheets.files.tables import BOOLEAN, DATE, ERROR, FORMULA, SheetRow
from customers.spreadsheets.files.values import date_text, filled, number_text, stored_date
from customers.spreadsheets.files.xlsx_book import TRUE, Book, tags, text_of, unescaped
from customers.spreadsheets.files.xml_parts import stream

# Pieces of 64 KiB in which a sheet shows its heading: 8 MiB.
_FIRST_PIECES = 128

_CONTAINERS = tags("worksheet", "sheetData")
_DATA, _ROW, _CELL = tags("sheetData"), tags("row"), tags("c")
_VALUE, _INLINE, _FORMULA = tags("v"), tags("is"), tags("f")
_DIGITS = "0123456789"


def sheet_rows(book: Book, part: str) -> Iterator[SheetRow]:
    """The rows of a sheet that have a text, in order. Texts are as they are stored; columns are not limited here."""
    return _rows(book, book.archive.pieces(part), is_whole=True)


def first_rows(book: Book, part: str, count: int) -> list[SheetRow]:
    """The first of these rows, as far as they are near the beginning of the sheet."""
    pieces = islice(book.archive.pieces(part), _FIRST_PIECES)
    return list(islice(_rows(book, pieces, is_whole=False), count))


def _rows(book: Book, pieces: Iterable[bytes], *, is_whole: bool) -> Iterator[SheetRow]:
    reader = _Rows(book)
    is_in_data = False
    for element in stream(pieces, _CONTAINERS, is_whole=is_whole):
        if element.tag in _ROW:
            row = reader.row(element)
            if row.cells:
                yield row
        elif element.tag in _DATA:
            is_in_data = True
        elif is_in_data:
            return  # what comes after the rows is not needed


class _Rows:
    """Makes rows of elements. Of merged cells the first one has the value: so it is stored."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._number = 0
        # Indexes of columns by their letters.
        self._columns: dict[str, int] = {}

    def row(self, element: Element) -> SheetRow:
        """A row; `Unreadable` where it is not behind the one before, or a value is none of its type."""
        stored = element.get("r", str(self._number + 1))
        number = whole_number(stored, MAX_SHEET_ROWS)
        if number is None or number <= self._number:
            raise Unreadable(DAMAGED, self._number or None)
        self._number = number
        cells: list[str] = []
        remarks: dict[int, str] = {}
        column = -1
        for cell in element:
            if cell.tag not in _CELL:
                continue
            reference = cell.get("r")
            column = column + 1 if reference is None else self._index(reference)
            if not len(cell):
                continue  # it has a style only
            text, remark = self._cell(cell)
            if text:
                _put(cells, column, text)
            if remark:
                remarks[column] = remark
        return SheetRow(self._number, cells, remarks)

    def _cell(self, cell: Element) -> tuple[str, str]:
        """A cell's text and remark."""
        stored: str | None = None
        inline: str | None = None
        has_formula = False
        for child in cell:
            if child.tag in _VALUE:
                stored = child.text
            elif child.tag in _INLINE:
                inline = text_of(child)
            elif child.tag in _FORMULA:
                has_formula = True
        try:
            text, remark = self._value(cell, stored or "") if inline is None else (inline, "")
        except (ValueError, IndexError) as error:
            raise Unreadable(DAMAGED, self._number) from error
        check_cell(len(text), self._number)
        return text, FORMULA if has_formula and remark != ERROR else remark

    def _value(self, cell: Element, stored: str) -> tuple[str, str]:
        """The text and remark of a stored value; ValueError or IndexError where it is none of its type."""
        kind = cell.get("t", "n")
        if kind == "s":
            return self._book.texts[int(stored)], ""
        if not stored:
            return "", ""
        if kind == "n":
            return self._number_value(stored.strip(), cell.get("s", ""))
        if kind == "str":
            return unescaped(stored), ""
        if kind == "b":
            return ("true" if stored.strip() in TRUE else "false"), BOOLEAN
        if kind == "d":
            return stored_date(stored), DATE
        if kind == "e":
            return stored, ERROR
        raise ValueError(kind)

    def _number_value(self, stored: str, style: str) -> tuple[str, str]:
        cell_format = self._book.formats.get(style)
        if isinstance(cell_format, str):
            moment = date_text(stored, cell_format, is_1904=self._book.is_1904)
            if moment is not None:
                return moment, DATE
        text, remark = number_text(stored)
        return filled(text, cell_format) if isinstance(cell_format, int) else text, remark

    def _index(self, reference: str) -> int:
        """The index of the column, from 0, of a cell such as `AB12`."""
        letters = reference.rstrip(_DIGITS)
        index = self._columns.get(letters)
        if index is None:
            index = -1
            if letters.isascii() and letters.isalpha() and len(letters) <= 3:
                for letter in letters.upper():
                    index = (index + 1) * 26 + ord(letter) - ord("A")
            if not 0 <= index < MAX_SHEET_COLUMNS:
                raise Unreadable(DAMAGED, self._number)
            self._columns[letters] = index
        return index


def _put(cells: list[str], column: int, text: str) -> None:
    """Store a text at an index of a list that grows."""
    if column == len(cells):
        cells.append(text)
        return
    if column > len(cells):
        cells += [""] * (column + 1 - len(cells))
    cells[column] = text
