"""CSV files, for a spreadsheet program or exact."""

from __future__ import annotations

import csv
import enum
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from customers.codat.cell_text import BOM, protect, protect_ambiguous, storable
from customers.spreadsheets.files.cells import Cell, fits, plain_text
from customers.spreadsheets.files.limits import MAX_CELL, MAX_EXCEL_CELL

# Rows of one piece.
_PIECE = 100


class CsvStyle(enum.Enum):
    """For whom a CSV file is written.

    EXCEL is UTF-8 with a BOM, and a text that a spreadsheet program would change has an apostrophe in front, which the
    import takes off. EXACT is UTF-8 without a BOM and without apostrophes, for programs; only a text that begins with
    an apostrophe which the import would take off gets one more. Lines end with CR LF, as RFC 4180 says.
    """

    EXCEL = "excel"
    EXACT = "exact"


class CsvLines:
    """The lines of a CSV file. `left_out` counts texts that were too long for a cell."""

    def __init__(self, style: CsvStyle, delimiter: str = ",") -> None:
        self.left_out = 0
        self._is_excel = style is CsvStyle.EXCEL
        self._limit = MAX_EXCEL_CELL if self._is_excel else MAX_CELL
        self._delimiter = delimiter

    def start(self) -> bytes:
        """What comes before the first line."""
        return BOM.encode() if self._is_excel else b""

    def lines(self, rows: Iterable[Sequence[Cell]]) -> bytes:
        """Rows, the heading row among them, as lines."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self._delimiter)
        writer.writerows([self._text(cell) for cell in row] for row in rows)
        return text.getvalue().encode()

    def _text(self, cell: Cell) -> str:
        if not isinstance(cell, str):
            return plain_text(cell)
        text = storable(cell)
        text = protect(text) if self._is_excel else protect_ambiguous(text)
        if fits(text, self._limit):
            return text
        self.left_out += 1
        return ""


def csv_bytes(
    rows: Iterable[Sequence[Cell]], style: CsvStyle, delimiter: str = ","
) -> Iterator[bytes]:
    """A CSV file in pieces of 100 rows."""
    lines = CsvLines(style, delimiter)
    yield lines.start()
    source = iter(rows)
    while piece := list(islice(source, _PIECE)):
        yield lines.lines(piece)
