"""Guesses about a table: the delimiter of a text, the heading row, the sheet that has the table."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from customers.spreadsheets.files.tables import DELIMITERS, SheetRow

# Rows that are looked at.
SAMPLE_ROWS = 50
# A heading has nearly as many texts as the fullest row: one or two columns may have no heading.
_NEARLY = 0.8
# Characters of a line that are looked at, and of a heading.
_LINE = 20_000
_HEADING = 200
# Numbers, dates and addresses are values, not headings.
_VALUE = re.compile(r"[\W\d_]*|true|false|\S+@\S+|\S*://\S*|\d{4}-\d\d-\d\dT.*", re.IGNORECASE)
_LEAST_COLUMNS = 3


def guess_delimiter(lines: Sequence[str]) -> str:
    """The delimiter that gives most rows the same number of columns, and of equal ones the most columns.

    Where none does, the table has one column, and the result is a delimiter that the lines do not have.
    """
    scores = []
    for delimiter in DELIMITERS:
        widths = _widths(lines, delimiter)
        width, count = max(
            Counter(widths).items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0)
        )
        # Where rows end at their last text, their numbers of columns differ.
        divided = sum(width > 1 for width in widths) / 2
        share = max(count, divided) / len(widths) if widths else 0
        if width > 1 and share > 0.3:
            scores.append((round(share, 1), width, delimiter))
    if scores:
        best = max(share for share, _, _ in scores)
        return max((width, sign) for share, width, sign in scores if share >= best - 0.3)[1]
    text = "".join(lines)
    return next((sign for sign in ("\t", "|", ";", ",") if sign not in text), ",")


def _widths(lines: Sequence[str], delimiter: str) -> list[int]:
    """How many columns each row has that is not blank."""
    records = csv.reader((line[:_LINE] for line in lines), delimiter=delimiter)
    try:
        return [len(row) for row in records if row]
    except csv.Error:  # a very long text
        return []


def guess_header(rows: Sequence[SheetRow]) -> int:
    """The number of the heading row: the first one with nearly as many different texts as the row with the most."""
    counts = [(_heading_count(row), row.number) for row in rows]
    most = max((count for count, _ in counts), default=0)
    if not most:
        return rows[0].number if rows else 1
    return next(number for count, number in counts if count >= most * _NEARLY)


def guess_sheet(sheets: Mapping[str, Sequence[SheetRow]], active: str = "") -> str:
    """The sheet with the table: the one that was open where it has a table, else the one with the widest heading."""
    widths = {
        name: max((_heading_count(row) for row in rows), default=0) if len(rows) > 1 else 0
        for name, rows in sheets.items()
    }
    if widths.get(active, 0) >= _LEAST_COLUMNS:
        return active
    return max(widths, key=lambda name: widths[name])


def _heading_count(row: SheetRow) -> int:
    """How many different texts of a row could be headings."""
    texts = {
        cell.strip().casefold()
        for index, cell in enumerate(row.cells)
        if index not in row.remarks and len(cell) <= _HEADING and not _VALUE.fullmatch(cell.strip())
    }
    return len(texts)
