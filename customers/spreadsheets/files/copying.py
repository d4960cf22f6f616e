"""An uploaded table with columns added: the file with its problems, the file with its outcomes."""

from __future__ import annotations

import codecs
import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from customers.codat.cell_text import protect, unprotect
from customers.spreadsheets.files.cells import Cell
from customers.spreadsheets.files.encodings import UTF_8, text_lines
from customers.spreadsheets.files.reading import raw_rows
from customers.spreadsheets.files.tables import (
    CSV,
    DATE,
    EXPONENT,
    NUMBER,
    XLSX,
    Reading,
    SheetRow,
)
from customers.spreadsheets.files.text_tables import delimiter_line
from customers.spreadsheets.files.xlsx_writing import XlsxFile

_PIECE_ROWS = 100
_PIECE_BYTES = 64 * 1024

Texts = Callable[[int], Sequence[str]]


def copy_format(reading: Reading) -> str:
    """The format of a copy: `csv` for `csv`, `xlsx` for all workbooks."""
    return CSV if reading.format == CSV else XLSX


def copy_with_columns(
    content: bytes, reading: Reading, extra: Sequence[str], texts: Texts
) -> Iterator[bytes]:
    """The table with columns `extra` behind its last heading, as a file in pieces.

    `texts(number)` gives the texts of the added columns for a row below the heading. A column that the table has
    already under the same heading is filled again and not added. All cells stay in their rows, which keep their
    numbers, and as they are stored. Read with the same `Reading` the copy gives the same rows; of CSV it has the same
    delimiter and encoding, and "?" where an added text has a character that the encoding has not; where no quotation
    marks stand around cells, blanks for what would end a cell. Of a workbook it has the chosen sheet, with dates and
    numbers as such, results in place of formulas, and no other formats.
    """
    table = _Wider(reading, extra, texts)
    if reading.format == CSV:
        return _csv_copy(content, reading, table)
    return _xlsx_copy(content, reading, table)


class _Wider:
    """Adds the columns to rows."""

    def __init__(self, reading: Reading, extra: Sequence[str], texts: Texts) -> None:
        self._header_row, self._extra, self._texts = reading.header_row, extra, texts
        self._width = 0
        self._columns: list[int | None] = [None] * len(extra)

    def cells(self, row: SheetRow, values: list[Cell], added: Callable[[str], str]) -> list[Cell]:
        """The cells of a row with those of the added columns. `added` prepares an added text for the format."""
        is_blank = not any(map(str.strip, row.cells))
        if row.number < self._header_row or (is_blank and row.number > self._header_row):
            return values
        if row.number == self._header_row:
            texts: Sequence[str] = self._extra
            known = [cell.strip().casefold() for cell in row.cells]
            self._width = len(known)
            self._columns = [
                known.index(heading.casefold()) if heading.casefold() in known else None
                for heading in self._extra
            ]
        else:
            texts = self._texts(row.number)
        values += [None] * (self._width - len(values))
        new: list[Cell] = []
        for column, text in zip(self._columns, texts, strict=True):
            if column is None:
                new.append(added(text))
            else:
                values[column] = added(text)
        return values[: self._width] + new + values[self._width :]


def _csv_copy(content: bytes, reading: Reading, table: _Wider) -> Iterator[bytes]:
    first = next(iter(text_lines(content, reading.encoding)), "")
    ending = first[len(first.rstrip("\r\n")) :] or "\r\n"
    text = io.StringIO(newline="")
    text.write(delimiter_line(content, reading.encoding))
    write, added = _line_writer(text, reading, ending)
    encoding = reading.encoding
    if encoding == UTF_8 and not content.startswith(codecs.BOM_UTF8):
        encoding = "utf-8"
    encoder = codecs.getincrementalencoder(encoding)(errors="replace")
    last = 0
    for row in raw_rows(content, reading):
        for _ in range(last + 1, row.number):
            write(())
        last = row.number
        write(table.cells(row, list(row.cells), added))
        if last % _PIECE_ROWS == 0:
            yield encoder.encode(_taken(text))
    yield encoder.encode(_taken(text))


def _line_writer(
    text: io.StringIO, reading: Reading, ending: str
) -> tuple[Callable[[Sequence[Cell]], object], Callable[[str], str]]:
    """What writes the cells of a row, and what prepares an added text for it."""
    delimiter = reading.delimiter
    if reading.quote:
        return csv.writer(text, delimiter=delimiter, lineterminator=ending).writerow, protect

    def write(cells: Sequence[Cell]) -> None:
        text.write(delimiter.join(str(cell or "") for cell in cells) + ending)

    def added(words: str) -> str:
        # Nothing can stand around a cell here that has an end of line or of a cell in it.
        return protect(" ".join(words.replace(delimiter, " ").split()))

    return write, added


def _taken(buffer: io.StringIO) -> str:
    """What was written since the last time."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _xlsx_copy(content: bytes, reading: Reading, table: _Wider) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as target:
        with XlsxFile(target) as file:
            sheet = file.sheet(reading.sheet)
            for row in raw_rows(content, reading):
                values = [_value(cell, row.remarks.get(at)) for at, cell in enumerate(row.cells)]
                cells = table.cells(row, values, str)
                if row.number == reading.header_row:
                    sheet.add_headings([str(cell or "") for cell in cells], row.number)
                else:
                    sheet.add(cells, row.number)
        target.seek(0)
        while piece := target.read(_PIECE_BYTES):
            yield piece


def _value(text: str, remark: str | None) -> Cell:
    """The value that was stored. Of texts the writer takes care that they are read the same."""
    if remark in (NUMBER, EXPONENT):
        number = Decimal(text)
        return number if format(number, "f") == text and not _is_filled(text) else text
    if remark == DATE:
        return _moment(text)
    return unprotect(text)


def _is_filled(text: str) -> bool:
    return len(text) > 1 and text.startswith("0") and not text.startswith("0.")


def _moment(text: str) -> Cell:
    """A date, a date with a time, or a time of the day; a duration of more than a day stays a text."""
    for parse in (date.fromisoformat, datetime.fromisoformat, time.fromisoformat):
        try:
            return parse(text)
        except ValueError:
            continue
    return text
