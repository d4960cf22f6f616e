"""The rows of a CSV file, as a stream."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from customers.spreadsheets.files.encodings import NOT_A_TEXT, check_text, text_lines
from customers.spreadsheets.files.limits import MAX_CELL, MAX_SHEET_COLUMNS, Unreadable
from customers.spreadsheets.files.tables import DELIMITERS, ERROR, EXPONENT, Reading, SheetRow

# The first line of a file for Excel may name its delimiter. It is no row.
_DELIMITER_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
_EXPONENT = re.compile(r"-?[0-9](?:[.,][0-9]+)?E[+-]?[0-9]{1,3}", re.ASCII)
_ERROR = re.compile(r"#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!|SPILL!|CALC!)")


def delimiter_line(content: bytes, encoding: str) -> str:
    """The line `sep=;` with its end, "" where the file has none."""
    line = text_lines(content, encoding).readline(20)
    match = _DELIMITER_LINE.fullmatch(line)
    return line if match and match[1] in DELIMITERS else ""


def named_delimiter(content: bytes, encoding: str) -> str:
    """The delimiter that the line `sep=;` names, "" where the file has no such line."""
    match = _DELIMITER_LINE.fullmatch(delimiter_line(content, encoding))
    return match[1] if match else ""


def text_rows(content: bytes, reading: Reading) -> Iterator[SheetRow]:
    """The rows of a CSV file that have a text, in order. Texts are as they are stored.

    `Unreadable` where quotation marks do not match, for a row with very many columns, or a wrong encoding.
    """
    try:
        yield from _rows(content, reading)
    except UnicodeError as error:
        check_text(content, reading.encoding)
        raise Unreadable("The file is not a text in the chosen encoding.") from error


def _rows(content: bytes, reading: Reading) -> Iterator[SheetRow]:
    lines = _Lines(content, reading)
    records = csv.reader(
        lines,
        delimiter=reading.delimiter,
        quotechar=reading.quote or None,
        quoting=csv.QUOTE_MINIMAL if reading.quote else csv.QUOTE_NONE,
        strict=True,
    )
    number = 0
    while True:
        lines.start_record()
        try:
            cells = next(records, None)
        except csv.Error as error:
            raise _reason(error, lines) from error
        if cells is None:
            return
        number += 1
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield SheetRow(number, cells, _remarks(cells))


class _Lines:
    """The lines of a file for the CSV reader. It refuses a record before the reader makes a long list of it."""

    def __init__(self, content: bytes, reading: Reading) -> None:
        self._lines = text_lines(content, reading.encoding)
        self._delimiter = reading.delimiter
        self.number = self.start = self._columns = 0
        if skipped := delimiter_line(content, reading.encoding):
            self._lines.readline(len(skipped))
            self.number = 1

    def start_record(self) -> None:
        """The next line begins a record."""
        self.start = self.number + 1
        self._columns = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        if "\0" in line:
            raise Unreadable(NOT_A_TEXT, self.number)
        self._columns += line.count(self._delimiter)
        if self._columns > MAX_SHEET_COLUMNS and self.number > self.start:
            raise _unclosed(self.start)
        if self._columns > MAX_SHEET_COLUMNS:
            raise Unreadable(
                f"Line {self.number:,} has {self._columns:,} columns. Choose another delimiter.",
                self.number,
            )
        return line


def _unclosed(line: int) -> Unreadable:
    return Unreadable(
        f"Line {line:,}: a quotation mark opens a text, and no other one closes it.", line
    )


def _reason(error: csv.Error, lines: _Lines) -> Unreadable:
    """An error of the CSV reader for people, with its line."""
    words = str(error)
    if "unexpected end" in words:
        return _unclosed(lines.start)
    if "field larger" in words and lines.number > lines.start:
        return _unclosed(lines.start)
    if "field larger" in words:
        return Unreadable(
            f"Line {lines.start:,}: a cell has more than {MAX_CELL:,} characters.", lines.start
        )
    return Unreadable(
        f"Line {lines.number:,}: there is more text after a closing quotation mark. "
        "Inside a text, quotation marks are doubled.",
        lines.number,
    )


def _remarks(cells: list[str]) -> dict[int, str]:
    """What Excel wrote in place of a value when it saved the file."""
    remarks = {}
    for index, cell in enumerate(cells):
        if cell[:1] == "#":
            if _ERROR.fullmatch(cell):
                remarks[index] = ERROR
        elif "E" in cell and _EXPONENT.fullmatch(cell):
            remarks[index] = EXPONENT
    return remarks
