"""The rows of a sheet of an OpenDocument workbook, as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator

from customers.spreadsheets.files.archives import Archive
from customers.spreadsheets.files.limits import (
    DAMAGED,
    MAX_SHEET_COLUMNS,
    MAX_SHEET_ROWS,
    MAX_SHEETS,
    Unreadable,
    check_cell,
    check_columns,
    check_rows,
)
from customers.spreadsheets.files.tables import BOOLEAN, DATE, ERROR, FORMULA, SheetRow
from customers.spreadsheets.files.values import duration_text, number_text, stored_date
from customers.spreadsheets.files.xml_parts import Nesting, parse

CONTENT = "content.xml"
_MANIFEST = "META-INF/manifest.xml"

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_DRAW = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
_EXTENSIONS = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"

_NAMES = {
    f"{_TABLE} table": "table",
    f"{_TABLE} table-row": "row",
    f"{_TABLE} table-cell": "cell",
    f"{_TABLE} covered-table-cell": "covered",
    f"{_TEXT} p": "p",
    f"{_TEXT} s": "s",
    f"{_TEXT} tab": "tab",
    f"{_TEXT} line-break": "break",
    # Texts in these are no texts of cells.
    f"{_OFFICE} annotation": "skip",
    f"{_TABLE} tracked-changes": "skip",
    f"{_TABLE} shapes": "skip",
    f"{_DRAW} frame": "skip",
    f"{_DRAW} custom-shape": "skip",
}
_BLANKS = re.compile("[ \t\r\n]+")
_NUMBERS = ("float", "currency", "percentage")


def is_encrypted(archive: Archive) -> bool:
    """Whether the workbook has a password."""
    return _MANIFEST in archive and b"encryption-data" in archive.read(_MANIFEST)


def first_rows(archive: Archive, count: int) -> dict[str, list[SheetRow]]:
    """The names of all sheets, in order, each with its first rows that have a text."""
    handler = _ContentHandler(None, count)
    for _ in parse(archive.pieces(CONTENT), handler):
        pass
    return handler.first


def sheet_rows(archive: Archive, sheet: str) -> Iterator[SheetRow]:
    """The rows of a sheet that have a text, in order. Texts are as they are stored."""
    handler = _ContentHandler(sheet, MAX_SHEET_ROWS)
    for _ in parse(archive.pieces(CONTENT), handler):
        rows = handler.first.get(sheet, [])
        yield from rows
        rows.clear()
        if handler.is_past:
            return
    if sheet not in handler.first:
        raise Unreadable(DAMAGED)


class _ContentHandler:
    """Makes rows of elements: of one sheet, or of all of them."""

    def __init__(self, sheet: str | None, count: int) -> None:
        self.first: dict[str, list[SheetRow]] = {}
        self.is_past = False
        self._sheet, self._count = sheet, count
        self._nesting = Nesting()
        self._skipped = 0
        self._rows: list[SheetRow] | None = None
        self._number = self._taken = self._row_repeats = 0
        self._cells: list[str] = []
        self._remarks: dict[int, str] = {}
        self._column = 0
        self._attributes: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._length = 0
        self._in_cell = self._in_paragraph = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._nesting.enter()
        kind = _NAMES.get(name)
        if kind == "skip" or self._skipped:
            self._skipped += 1
        elif kind == "table":
            self._start_table(attributes.get(f"{_TABLE} name", ""))
        elif self._rows is None or kind is None:
            return
        elif kind == "cell":
            self._attributes, self._in_cell = attributes, True
            self._paragraphs, self._length = [], 0
        elif kind == "covered":
            self._column += _repeats(attributes, "columns", self._number)
        elif kind == "row":
            self._row_repeats = _repeats(attributes, "rows", self._number)
            self._number += 1
            self._cells, self._remarks, self._column = [], {}, 0
        elif self._in_cell:
            self._start_text(kind, attributes)

    def end(self, name: str) -> None:
        self._nesting.leave()
        if self._skipped:
            self._skipped -= 1
            return
        kind = _NAMES.get(name)
        if kind == "table":
            self.is_past = self._sheet is not None and self._sheet in self.first
            self._rows = None
        elif self._rows is None or kind is None:
            return
        elif kind == "cell":
            self._end_cell()
        elif kind == "p":
            self._in_paragraph = False
        elif kind == "row":
            self._end_row()

    def text(self, data: str) -> None:
        if self._in_paragraph and not self._skipped:
            self._add(_BLANKS.sub(" ", data))

    def _start_table(self, name: str) -> None:
        if name in self.first:
            return  # a table in a cell, or a damaged file: two sheets never have the same name
        if len(self.first) >= MAX_SHEETS:
            raise Unreadable(f"The workbook has more than {MAX_SHEETS} sheets.")
        if self._sheet is None or self._sheet == name:
            self._rows = self.first[name] = []
        self._number = self._taken = 0

    def _start_text(self, kind: str, attributes: dict[str, str]) -> None:
        if kind == "p":
            self._paragraphs.append("\n" if self._paragraphs else "")
            self._in_paragraph = True
        elif kind == "s":
            count = attributes.get(f"{_TEXT} c", "1")
            self._add(" " * (int(count[:6]) if count.isdigit() else 1))
        elif kind in ("tab", "break"):
            self._add("\t" if kind == "tab" else "\n")

    def _add(self, text: str) -> None:
        self._length += len(text)
        check_cell(self._length, self._number)
        self._paragraphs.append(text)

    def _end_cell(self) -> None:
        self._in_cell = False
        repeats = _repeats(self._attributes, "columns", self._number)
        try:
            text, remark = self._value()
        except ValueError as error:
            raise Unreadable(DAMAGED, self._number) from error
        if text or remark:
            check_columns(self._column + repeats, self._number)
            self._cells += [""] * (self._column - len(self._cells)) + [text] * repeats
            if remark:
                for column in range(self._column, self._column + repeats):
                    self._remarks[column] = remark
        self._column += repeats

    def _end_row(self) -> None:
        if self._cells and self._rows is not None:
            check_rows(self._row_repeats, self._number)
            for number in range(self._number, self._number + self._row_repeats):
                if self._taken < self._count:
                    self._taken += 1
                    self._rows.append(SheetRow(number, self._cells, self._remarks))
        self._number += self._row_repeats - 1
        if self._number > MAX_SHEET_ROWS:
            raise Unreadable(DAMAGED, self._number)

    def _value(self) -> tuple[str, str]:
        """A cell's text and remark; ValueError where its value is none of its type."""
        get = self._attributes.get
        shown = "".join(self._paragraphs)
        kind = get(f"{_OFFICE} value-type", "string")
        if get(f"{_EXTENSIONS} value-type") == "error":
            return shown, ERROR
        if kind in _NUMBERS:
            text, remark = number_text(get(f"{_OFFICE} value", ""))
        elif kind == "date":
            text, remark = stored_date(get(f"{_OFFICE} date-value", "")), DATE
        elif kind == "time":
            text, remark = duration_text(get(f"{_OFFICE} time-value", "")), DATE
        elif kind == "boolean":
            text, remark = get(f"{_OFFICE} boolean-value", "false"), BOOLEAN
        else:
            text, remark = get(f"{_OFFICE} string-value", shown), ""
        return text, FORMULA if f"{_TABLE} formula" in self._attributes else remark


def _repeats(attributes: dict[str, str], what: str, row: int) -> int:
    """How many equal columns or rows an element stands for."""
    stored = attributes.get(f"{_TABLE} number-{what}-repeated")
    if stored is None:
        return 1
    limit = MAX_SHEET_COLUMNS if what == "columns" else MAX_SHEET_ROWS
    if not stored.isdigit() or not 1 <= int(stored[:9]) <= limit:
        raise Unreadable(DAMAGED, row or None)
    return int(stored)
