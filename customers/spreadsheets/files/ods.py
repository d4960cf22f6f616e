"""The rows of a sheet of an OpenDocument workbook, as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from customers.spreadsheets.files.archives import Archive
from customers.spreadsheets.files.limits import (
    DAMAGED,
    MAX_CELL,
    MAX_COLUMNS,
    MAX_HEADER_ROW,
    MAX_ROWS,
    MAX_SHEET_COLUMNS,
    MAX_SHEET_ROWS,
    MAX_SHEETS,
    Unreadable,
    check_cell,
    check_columns,
    whole_number,
)
from customers.spreadsheets.files.tables import BOOLEAN, DATE, ERROR, FORMULA, SheetRow
from customers.spreadsheets.files.values import duration_text, number_text, stored_date
from customers.spreadsheets.files.xml_parts import stream

CONTENT = "content.xml"
_MANIFEST = "META-INF/manifest.xml"

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_EXTENSIONS = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"

_CONTAINERS = {
    f"{{{_OFFICE}}}{name}"
    for name in ("document-content", "automatic-styles", "font-face-decls", "body", "spreadsheet")
} | {
    f"{{{_TABLE}}}{name}"
    for name in ("table", "table-row-group", "table-header-rows", "table-rows")
}
_TABLE_TAG, _ROW = f"{{{_TABLE}}}table", f"{{{_TABLE}}}table-row"
_CELL, _COVERED = f"{{{_TABLE}}}table-cell", f"{{{_TABLE}}}covered-table-cell"
_PARAGRAPH = f"{{{_TEXT}}}p"
# Elements of a paragraph that stand for characters.
_SPACES, _TAB, _LINE_BREAK = f"{{{_TEXT}}}s", f"{{{_TEXT}}}tab", f"{{{_TEXT}}}line-break"
# Elements of a paragraph whose texts are no part of it.
_NOTES = {f"{{{_OFFICE}}}annotation", f"{{{_TEXT}}}note", f"{{{_TEXT}}}ruby-text"}

# Rows of a sheet that are made, so that a row that stands for a million costs no memory: more than are ever read.
_MOST_ROWS = MAX_HEADER_ROW + MAX_ROWS + 1
_NAME, _FORMULA = f"{{{_TABLE}}}name", f"{{{_TABLE}}}formula"
_TYPE, _EXTENDED_TYPE = f"{{{_OFFICE}}}value-type", f"{{{_EXTENSIONS}}}value-type"
_BLANKS = re.compile("[ \t\r\n]+")
_NUMBERS = ("float", "currency", "percentage")


def is_encrypted(archive: Archive) -> bool:
    """Whether the workbook has a password."""
    return _MANIFEST in archive and b"encryption-data" in archive.read(_MANIFEST)


def first_rows(archive: Archive, count: int) -> dict[str, list[SheetRow]]:
    """The names of all sheets, in order, each with its first rows that have a text."""
    sheets: dict[str, list[SheetRow]] = {}
    rows: list[SheetRow] = []
    for element in stream(archive.pieces(CONTENT), _CONTAINERS):
        if element.tag == _TABLE_TAG:
            reader = _Rows(count)
            rows = sheets.setdefault(element.get(_NAME, ""), [])
            if len(sheets) > MAX_SHEETS:
                raise Unreadable(f"The workbook has more than {MAX_SHEETS} sheets.")
        elif element.tag == _ROW and sheets and len(rows) < count:
            rows += reader.rows(element)
    return sheets


def sheet_rows(archive: Archive, sheet: str) -> Iterator[SheetRow]:
    """The rows of a sheet that have a text, in order. Texts are as they are stored."""
    reader: _Rows | None = None
    for element in stream(archive.pieces(CONTENT), _CONTAINERS):
        if element.tag == _TABLE_TAG:
            if reader is not None:
                return
            if element.get(_NAME, "") == sheet:
                reader = _Rows(_MOST_ROWS)
        elif element.tag == _ROW and reader is not None:
            yield from reader.rows(element)
    if reader is None:
        raise Unreadable("The workbook does not have the chosen sheet.")


class _Rows:
    """Makes rows of elements, at most `count` of them. Of merged cells the first one has the value."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._number = 0

    def rows(self, element: Element) -> list[SheetRow]:
        """The rows that an element stands for, none where they have no text."""
        number = self._number + 1
        count = _repeats(element, "rows", number)
        self._number += count
        if self._number > MAX_SHEET_ROWS:
            raise Unreadable(DAMAGED, number)
        cells: list[str] = []
        remarks: dict[int, str] = {}
        column = width = 0
        for cell in element:
            if cell.tag not in (_CELL, _COVERED):
                continue
            repeats = _repeats(cell, "columns", number)
            text, remark = _cell(cell, number) if cell.tag == _CELL else ("", "")
            end = min(column + repeats, MAX_COLUMNS)
            if text:
                width = column + repeats
                cells += [""] * (min(column, end) - len(cells)) + [text] * (end - column)
            if remark:
                remarks.update(dict.fromkeys(range(column, end), remark))
            column += repeats
        check_columns(width, number)
        made = min(count, self._left) if cells else 0
        self._left -= made
        return [SheetRow(at, cells, remarks) for at in range(number, number + made)]


def _cell(cell: Element, row: int) -> tuple[str, str]:
    """A cell's text and remark; `Unreadable` where its value is none of its type."""
    if not len(cell) and _TYPE not in cell.keys():  # noqa: SIM118 (an element is no mapping)
        return "", ""
    try:
        text, remark = _value(cell)
    except ValueError as error:
        raise Unreadable(DAMAGED, row) from error
    check_cell(len(text), row)
    return text, FORMULA if cell.get(_FORMULA) is not None and remark != ERROR else remark


def _value(cell: Element) -> tuple[str, str]:
    """A cell's text and remark; ValueError where its value is none of its type."""
    kind = cell.get(_TYPE, "string")
    if cell.get(_EXTENDED_TYPE) == "error":
        return _shown(cell), ERROR
    if kind == "string":
        stored = cell.get(f"{{{_OFFICE}}}string-value")
        return (_shown(cell) if stored is None else stored), ""
    if kind in _NUMBERS:
        return number_text(cell.get(f"{{{_OFFICE}}}value", ""))
    if kind == "date":
        return stored_date(cell.get(f"{{{_OFFICE}}}date-value", "")), DATE
    if kind == "time":
        return duration_text(cell.get(f"{{{_OFFICE}}}time-value", "")), DATE
    if kind == "boolean":
        return cell.get(f"{{{_OFFICE}}}boolean-value", "false"), BOOLEAN
    return _shown(cell), ""


def _shown(cell: Element) -> str:
    """The paragraphs of a cell, each in a line. Comments and pictures of the cell are none of them."""
    paragraphs = [child for child in cell if child.tag == _PARAGRAPH]
    if len(paragraphs) == 1 and not len(paragraphs[0]):
        return _collapsed(paragraphs[0].text or "")
    return "\n".join("".join(_texts(paragraph)) for paragraph in paragraphs)


def _texts(element: Element) -> Iterator[str]:
    """The texts of a paragraph in order. Blanks, tabs and line breaks that count are elements."""
    yield _collapsed(element.text or "")
    for child in element:
        if child.tag == _SPACES:
            count = child.get(f"{{{_TEXT}}}c", "1")
            yield " " * min(int(count[:6]) if count.isdecimal() else 1, MAX_CELL + 1)
        elif child.tag == _TAB:
            yield "\t"
        elif child.tag == _LINE_BREAK:
            yield "\n"
        elif child.tag not in _NOTES:
            yield from _texts(child)
        yield _collapsed(child.tail or "")


def _collapsed(text: str) -> str:
    """A text with blanks and line breaks of the XML as one blank."""
    return text if "  " not in text and text.isprintable() else _BLANKS.sub(" ", text)


def _repeats(element: Element, what: str, row: int) -> int:
    """How many equal columns or rows an element stands for."""
    stored = element.get(f"{{{_TABLE}}}number-{what}-repeated")
    if stored is None:
        return 1
    limit = MAX_SHEET_COLUMNS if what == "columns" else MAX_SHEET_ROWS
    number = whole_number(stored, limit)
    if number is None:
        raise Unreadable(DAMAGED, row)
    return number
