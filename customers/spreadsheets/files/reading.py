"""Reading a table from an uploaded file: the door to this room for all who read.

    reading = guess(content, file_name)         # by content; a person may correct it
    headings(content, reading)                  # the texts of the heading row
    for row in rows(content, reading): ...      # a stream of SheetRow

Every function here raises `Unreadable`, whose text is a sentence for people; `rows` also in the middle of a file.

What a cell becomes: a text as it is stored. Of a workbook, numbers are in plain notation with all digits (42, not
42.0), dates and times are ISO 8601 (`2026-03-31`, `2026-03-31T09:30:00`, `09:30:00`), booleans `true` and `false`, a
formula is its stored result, an error its name (`#N/A`). A number whose format is zeros only (`00000`) has the zeros
that it shows. `SheetRow.remarks` says by index of the cell what it was; see `tables`. Line breaks, blanks and tabs
stay. NUL and lone surrogates become U+FFFD. An apostrophe that protects a text is taken off once: the rule is in
`codat.cell_text`.

Of merged cells the first has the value. Hidden rows and columns are read. Macros, links to other files, embedded files
and pictures are never opened. Not read are: password-protected workbooks, old ones (.xls, .xlsb), archives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from customers.codat.cell_text import APOSTROPHE, unprotect
from customers.spreadsheets.files import ods, xlsx_book, xlsx_sheet
from customers.spreadsheets.files.archives import SIGNATURE, Archive
from customers.spreadsheets.files.encodings import guess_encoding, text_lines
from customers.spreadsheets.files.guessing import (
    SAMPLE_ROWS,
    guess_delimiter,
    guess_header,
    guess_sheet,
)
from customers.spreadsheets.files.kinds import check_kind
from customers.spreadsheets.files.limits import (
    MAX_COLUMNS,
    MAX_HEADER_ROW,
    Unreadable,
    check_columns,
    check_rows,
    check_size,
)
from customers.spreadsheets.files.tables import CSV, ODS, XLSX, Reading, SheetRow
from customers.spreadsheets.files.text_tables import named_delimiter, text_rows

__all__ = [
    "Reading",
    "SheetRow",
    "Unreadable",
    "guess",
    "headings",
    "preview",
    "raw_rows",
    "rows",
    "with_sheet",
]


def guess(content: bytes, file_name: str) -> Reading:
    """How a file is read, by its content. The name serves only to say why it cannot be read.

    `Unreadable` where no other reading would help: the file is no table, too large, damaged or empty. What another
    reading may mend, such as a wrong delimiter or heading row, is left to `headings` and `rows`.
    """
    check_size(content)
    check_kind(content, file_name)
    is_workbook = content.startswith(SIGNATURE)
    return _guess_workbook(Archive(content)) if is_workbook else _guess_text(content)


def with_sheet(content: bytes, reading: Reading, sheet: str) -> Reading:
    """The reading for another sheet of the workbook, with its heading row guessed; ValueError for an unknown name."""
    if sheet not in reading.sheets:
        raise ValueError(sheet)
    other = replace(reading, sheet=sheet, header_row=1)
    return replace(other, header_row=_header(preview(content, other, SAMPLE_ROWS)))


def headings(content: bytes, reading: Reading) -> list[str]:
    """The texts of the heading row, without empty ones at its end. `Unreadable` where it has none."""
    for row in raw_rows(content, reading):
        if row.number == reading.header_row:
            check_columns(len(row.cells), row.number)
            return _cleaned(row).cells
        if row.number > reading.header_row:
            break
    raise Unreadable(f"Row {reading.header_row:,} has no headings.", reading.header_row)


def rows(content: bytes, reading: Reading) -> Iterator[SheetRow]:
    """The rows below the heading that have a text. `Unreadable` where there is none, too many, or too many columns."""
    count = 0
    for row in raw_rows(content, reading):
        if row.number <= reading.header_row or not any(map(str.strip, row.cells)):
            continue
        count += 1
        check_rows(count, row.number)
        check_columns(len(row.cells), row.number)
        yield _cleaned(row)
    if not count:
        raise Unreadable("The table has no rows below its heading.")


def preview(content: bytes, reading: Reading, rows: int = 20) -> list[SheetRow]:
    """The first rows that have a text, the heading row among them, with at most `MAX_COLUMNS` cells each."""
    found = islice(raw_rows(content, reading), rows)
    return [_cleaned(replace(row, cells=row.cells[:MAX_COLUMNS])) for row in found]


def raw_rows(content: bytes, reading: Reading) -> Iterator[SheetRow]:
    """All rows that have a text, with protecting apostrophes, as they are in the file."""
    check_size(content)
    if reading.format == CSV:
        return text_rows(content, reading)
    archive = Archive(content)
    if reading.format == ODS:
        return ods.sheet_rows(archive, reading.sheet)
    book = xlsx_book.open_book(archive)
    if reading.sheet not in book.parts:
        raise Unreadable("The workbook does not have the chosen sheet.")
    return xlsx_sheet.sheet_rows(book, book.parts[reading.sheet])


def _cleaned(row: SheetRow) -> SheetRow:
    """A row without protecting apostrophes."""
    if not any(cell[:1] == APOSTROPHE for cell in row.cells):
        return row
    return SheetRow(row.number, [unprotect(cell) for cell in row.cells], row.remarks)


def _guess_workbook(archive: Archive) -> Reading:
    if ods.CONTENT in archive:
        if ods.is_encrypted(archive):
            raise Unreadable("The workbook is protected by a password. Save it without one.")
        samples = ods.first_rows(archive, SAMPLE_ROWS)
        kind, active, hidden = ODS, "", set[str]()
    else:
        book = xlsx_book.open_book(archive)
        samples = {
            name: xlsx_sheet.first_rows(book, part, SAMPLE_ROWS)
            for name, part in book.parts.items()
        }
        kind, active, hidden = XLSX, book.active, book.hidden
    visible = {name: rows for name, rows in samples.items() if name not in hidden}
    if not any(samples.values()):
        raise Unreadable("The workbook is empty.")
    sheet = guess_sheet(visible or samples, active)
    header_row = _header(samples[sheet])
    return Reading(kind, sheet=sheet, header_row=header_row, sheets=tuple(samples))


def _guess_text(content: bytes) -> Reading:
    encoding = guess_encoding(content)
    lines = list(islice(text_lines(content, encoding), 2 * SAMPLE_ROWS))
    delimiter = named_delimiter(content, encoding) or guess_delimiter(lines)
    reading = Reading(CSV, encoding=encoding, delimiter=delimiter, quote='"')
    if delimiter == "\t" and not _is_quoted(content, reading):
        # Cells that were copied from a spreadsheet have quotation marks as they are.
        reading = replace(reading, quote="")
    if not any(map(str.strip, lines)):
        raise Unreadable("The file is empty: it has no text.")
    sample = islice(_until_unreadable(text_rows(content, reading)), SAMPLE_ROWS)
    return replace(reading, header_row=_header(list(sample)))


def _until_unreadable(rows: Iterator[SheetRow]) -> Iterator[SheetRow]:
    """The rows before the place that cannot be read."""
    try:
        yield from rows
    except Unreadable:
        return


def _header(sample: Sequence[SheetRow]) -> int:
    return min(guess_header(sample), MAX_HEADER_ROW)


def _is_quoted(content: bytes, reading: Reading) -> bool:
    """Whether the quotation marks of the file match."""
    try:
        for _ in text_rows(content, reading):
            pass
    except Unreadable:
        return False
    return True
