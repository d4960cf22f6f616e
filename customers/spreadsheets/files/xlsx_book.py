"""What a sheet of an XLSX workbook needs from the other parts: its file, formats of cells, shared texts."""

from __future__ import annotations

import posixpath
import re
from array import array
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from customers.codat.cell_text import storable
from customers.spreadsheets.files.archives import Archive
from customers.spreadsheets.files.limits import (
    DAMAGED,
    MAX_CELL,
    MAX_SHARED_BYTES,
    MAX_SHEETS,
    Unreadable,
)
from customers.spreadsheets.files.values import CellFormat, format_of
from customers.spreadsheets.files.xml_parts import stream, visit

_SPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_RELATION_ID = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)
_ESCAPED = re.compile("_x([0-9a-fA-F]{4})_")
TRUE: Final = ("1", "true", "on")


def tags(*names: str) -> frozenset[str]:
    """The tags of elements, in both namespaces."""
    return frozenset(f"{{{space}}}{name}" for space in _SPACES for name in names)


_TEXTS, _TEXT, _RUN, _T = tags("sst"), tags("si"), tags("r"), tags("t")


def text_of(element: Element) -> str:
    """The text of an element that has one, or several of different style. Readings of its signs are left out."""
    if len(element) == 1 and element[0].tag in _T:
        return unescaped(element[0].text or "")
    parts = [part for child in element for part in (child if child.tag in _RUN else (child,))]
    return unescaped("".join(part.text or "" for part in parts if part.tag in _T))


def unescaped(text: str) -> str:
    """A text of a workbook with its control characters, which are stored as `_x000D_`."""
    if "_x" not in text:
        return text
    return storable(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), text))


class SharedTexts:
    """The shared texts as one block of UTF-8 with the ends of each: a list of texts would take several times more."""

    def __init__(self) -> None:
        self._block = bytearray()
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        """Append a text."""
        self._block += text.encode("utf-8")
        self._ends.append(len(self._block))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self):
            raise IndexError(index)
        start, end = self._ends[index], self._ends[index + 1]
        return self._block[start:end].decode("utf-8")


@dataclass(slots=True)
class Book:
    """A workbook without its sheets."""

    archive: Archive
    # Names of worksheets with their parts, in order; those that are hidden; the one that was open.
    parts: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    active: str = ""
    is_1904: bool = False
    # By the index of a style as text; the others have no format that matters.
    formats: dict[str, CellFormat] = field(default_factory=dict)
    texts: SharedTexts = field(default_factory=SharedTexts)


def open_book(archive: Archive) -> Book:
    """The workbook of an archive; `Unreadable` where it is none, has no sheets, or too many."""
    main = _related(archive, "_rels/.rels", "").get("officeDocument", [])
    if not main or main[0][1] not in archive:
        raise Unreadable(DAMAGED)
    path = main[0][1]
    if path.casefold().endswith(".bin"):
        raise Unreadable("This is a binary workbook (.xlsb). Save it as .xlsx and upload that.")
    folder, _, name = path.rpartition("/")
    related = _related(archive, f"{folder}/_rels/{name}.rels".lstrip("/"), folder)
    book = Book(archive)
    _read_workbook(book, path, dict(related.get("worksheet", [])))
    for _, part in related.get("styles", [])[:1]:
        _read_styles(book, part)
    for _, part in related.get("sharedStrings", [])[:1]:
        _read_texts(book, part)
    return book


def _related(archive: Archive, part: str, folder: str) -> dict[str, list[tuple[str, str]]]:
    """IDs and parts by the last word of their type. What is external is left out: nothing outside is ever read."""
    related: dict[str, list[tuple[str, str]]] = {}

    def see(_parent: str, name: str, attributes: dict[str, str]) -> None:
        if name != "Relationship" or attributes.get("TargetMode") == "External":
            return
        target = attributes.get("Target", "").replace("\\", "/")
        path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        kind = attributes.get("Type", "").rpartition("/")[2]
        related.setdefault(kind, []).append((attributes.get("Id", ""), path))

    visit(archive.pieces(part), see)
    return related


def _read_workbook(book: Book, path: str, parts: dict[str, str]) -> None:
    active = [0]
    sheets: list[str] = []

    def see(parent: str, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            book.is_1904 = attributes.get("date1904", "").lower() in TRUE
        elif name == "workbookView" and (tab := attributes.get("activeTab", "0")).isdecimal():
            active[0] = int(tab[:9])
        elif name == "sheet" and parent == "sheets":
            title = attributes.get("name", "")
            relation = next((attributes[key] for key in _RELATION_ID if key in attributes), "")
            sheets.append(title)
            if relation in parts:  # the others are charts
                book.parts[title] = parts[relation]
            if attributes.get("state", "visible") != "visible":
                book.hidden.add(title)

    visit(book.archive.pieces(path), see)
    if len(sheets) > MAX_SHEETS:
        raise Unreadable(
            f"The workbook has {len(sheets):,} sheets. At most {MAX_SHEETS} can be read."
        )
    if not book.parts:
        raise Unreadable("The workbook has no sheet with cells.")
    book.active = sheets[active[0]] if active[0] < len(sheets) else ""


def _read_styles(book: Book, part: str) -> None:
    codes: dict[str, str] = {}
    styles = [0]

    def see(parent: str, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt" and parent == "numFmts":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "xf" and parent == "cellXfs":
            number = attributes.get("numFmtId", "0")
            cell_format = format_of(int(number) if number.isdigit() else 0, codes.get(number))
            if cell_format is not None:
                book.formats[str(styles[0])] = cell_format
            styles[0] += 1

    if part in book.archive:
        visit(book.archive.pieces(part), see)


def _read_texts(book: Book, part: str) -> None:
    if part not in book.archive:
        return
    for element in stream(book.archive.pieces(part, MAX_SHARED_BYTES), _TEXTS):
        if element.tag in _TEXT:
            # One character more than may be, so that the row that uses the text can be named.
            book.texts.add(text_of(element)[: MAX_CELL + 1])
