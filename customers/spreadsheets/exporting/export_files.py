"""The file of an export in each format: what is written to it as records come, and the bytes that it becomes.

CSV and JSON lines are streamed in an archive with everything that belongs to them. XLSX is a file that can be sent only
when it is whole. What is kept meanwhile is in temporary files without a name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Protocol

from customers.attachments.filenames import UniqueNames
from customers.attachments.zip_writer import StreamedEntry, ZipWriter
from customers.codat.text import file_name_text
from customers.spreadsheets.exporting.about import FILE, SHEET, Line, as_text
from customers.spreadsheets.exporting.fields import Field
from customers.spreadsheets.exporting.options import Columns, Format, Options
from customers.spreadsheets.exporting.reading import Record
from customers.spreadsheets.exporting.tables import CUSTOMERS, Tables, pruned
from customers.spreadsheets.files import limits
from customers.spreadsheets.files.writing import (
    Cell,
    CsvLines,
    CsvStyle,
    XlsxFile,
    XlsxSheet,
    json_line,
)

# Bytes of one piece of what was written before, and of a table that is kept in memory.
_PIECE, _IN_MEMORY = 256 * 1024, 256 * 1024
_STYLES = {Format.CSV_EXCEL: CsvStyle.EXCEL, Format.CSV_EXACT: CsvStyle.EXACT}
_ABOUT_HEADINGS = ("About this file", "")


class ExportFile(Protocol):
    """A file that is being written; close it in any case.

    `is_streamed`: what `write` returns is sent at once; else `size`, in bytes, is known after `finish`. `more` counts
    the values without a column so far. `pieces` is what is left to send after `finish`.
    """

    is_streamed: bool
    more: int
    size: int | None

    def write(self, records: Sequence[Record]) -> bytes: ...

    def finish(self, about: Sequence[Line]) -> None: ...

    def pieces(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


def longest_text(file_format: Format) -> int:
    """How many UTF-16 units a text in a cell may have, with room for an apostrophe in front."""
    is_exact = file_format is Format.CSV_EXACT
    return (limits.MAX_CELL if is_exact else limits.MAX_EXCEL_CELL) - 1


def file_of(options: Options, tables: Tables) -> ExportFile:
    """A new file in the format that was chosen."""
    if options.format is Format.XLSX:
        return Workbook(tables)
    if options.format is Format.JSON_LINES:
        return JsonArchive(None if options.columns is Columns.ALL else options.has)
    return CsvArchive(tables, _STYLES[options.format])


class _Archive:
    """An archive whose first entry is streamed; what comes after it is written at the end."""

    is_streamed = True

    def __init__(self, name: str) -> None:
        self.more = 0
        self.size: int | None = None
        self._zip = ZipWriter(datetime.now(UTC))
        self._entry: StreamedEntry = self._zip.start(name, None, compress=True)
        self._unsent = self._entry.header
        self._about = b""

    def _sent(self, data: bytes) -> bytes:
        """Data of the first entry, as they are sent. Raises `TooLarge`."""
        unsent, self._unsent = self._unsent, b""
        return unsent + self._entry.write(data)

    def finish(self, about: Sequence[Line]) -> None:
        self._about = as_text(about).encode()

    def pieces(self) -> Iterator[bytes]:
        yield self._unsent + self._entry.finish()
        yield from self._others()
        yield self._zip.add(FILE, self._about, compress=True) + self._zip.close()

    def _others(self) -> Iterator[bytes]:
        """The entries between the first one and the text about the file."""
        return iter(())

    def close(self) -> None:
        """Nothing is open."""


class JsonArchive(_Archive):
    """Records as JSON lines. `has` says which fields are exported, None for whole records."""

    def __init__(self, has: Callable[[Field], bool] | None) -> None:
        super().__init__(f"{CUSTOMERS}.jsonl")
        self._has = has

    def write(self, records: Sequence[Record]) -> bytes:
        """Lines of records, with the fields alone that are exported."""
        has = self._has
        return self._sent(
            b"".join(json_line(pruned(record, has) if has else record) for record in records)
        )


class CsvArchive(_Archive):
    """Tables as CSV: the customers are streamed, the rows of the others are kept until then."""

    def __init__(self, tables: Tables, style: CsvStyle) -> None:
        names = UniqueNames(FILE)
        self._names = [names.add(file_name_text(f"{table.name}.csv")) for table in tables.tables]
        super().__init__(self._names[0])
        self._tables = tables
        self._lines = CsvLines(style)
        self._kept: dict[int, IO[bytes]] = {}
        self._is_begun = False

    def write(self, records: Sequence[Record]) -> bytes:
        """The lines of customers; those of other tables are kept."""
        rows: dict[int, list[Sequence[Cell]]] = {}
        for record in records:
            for number, row in self._tables.rows(record):
                rows.setdefault(number, []).append(row)
        self.more += len(rows.get(self._tables.more, ()))
        data = b"" if self._is_begun else self._begin(0)
        self._is_begun = True
        for number, lines in rows.items():
            if number:
                self._file(number).write(self._lines.lines(lines))
        return self._sent(data + self._lines.lines(rows.get(0, ())))

    def _begin(self, number: int) -> bytes:
        """What a table begins with: its heading row."""
        return self._lines.start() + self._lines.lines([self._tables.tables[number].headings])

    def _file(self, number: int) -> IO[bytes]:
        """The temporary file of a table."""
        if number not in self._kept:
            # Closed by `close`.
            self._kept[number] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
            self._kept[number].write(self._begin(number))
        return self._kept[number]

    def _others(self) -> Iterator[bytes]:
        for number in sorted(self._kept):
            entry = self._zip.start(self._names[number], None, compress=True)
            yield entry.header
            for piece in _pieces(self._kept[number]):
                yield entry.write(piece)
            yield entry.finish()

    def close(self) -> None:
        for file in self._kept.values():
            file.close()


class Workbook:
    """Tables as sheets of one workbook. The first sheet says what the file is, the second one is shown first."""

    is_streamed = False

    def __init__(self, tables: Tables) -> None:
        self.more = 0
        self.size: int | None = None
        self._tables = tables
        self._target = tempfile.TemporaryFile()  # noqa: SIM115  closed by `close`
        self._file = XlsxFile(self._target)
        self._about = self._file.sheet(SHEET, _ABOUT_HEADINGS)
        self._sheets: dict[int, XlsxSheet] = {}
        self._rows: dict[int, int] = {}
        self._add(0, None)

    def write(self, records: Sequence[Record]) -> bytes:
        """Write the rows of records; nothing can be sent yet."""
        for record in records:
            for row in self._tables.rows(record):
                self._add(*row)
        return b""

    def finish(self, about: Sequence[Line]) -> None:
        for line in about:
            self._about.add(line)
        self._file.__exit__(None, None, None)
        self.size = self._target.tell()

    def pieces(self) -> Iterator[bytes]:
        return _pieces(self._target)

    def close(self) -> None:
        if self.size is None:
            self._file.__exit__(Exception, None, None)
        self._target.close()

    def _add(self, number: int, row: Sequence[Cell] | None) -> None:
        """Add a row to a table. One with more rows than a sheet goes on in another sheet."""
        if self._rows.get(number, limits.MAX_SHEET_ROWS) >= limits.MAX_SHEET_ROWS:
            table = self._tables.tables[number]
            self._sheets[number] = self._file.sheet(
                table.name, table.headings, is_active=number == 0 and row is None
            )
            self._rows[number] = 1
        if row is not None:
            self._sheets[number].add(row)
            self._rows[number] += 1
            self.more += number == self._tables.more


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A temporary file from its beginning."""
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece
