"""Workbooks that state numbers of many digits: all of them count, not the first ones alone."""

from __future__ import annotations

from tests.spreadsheets.corpus.building import (
    line,
    ods,
    sheet,
    table,
    text_cell,
    xlsx_parts,
    zipped,
)
from tests.spreadsheets.corpus.case import Case

_DAMAGED = "The workbook is damaged."
_LARGE = "0000000029999999999"
# More digits than Python makes a number of.
_ENDLESS = "000000002" + "9" * 5000


def _with_row(number: str) -> bytes:
    """A workbook whose second row has this number."""
    rows = f'<row r="1">{line("a", "b")}</row><row r="{number}">{line("a")}</row>'
    return zipped({**xlsx_parts({"Sheet1": ""}), "xl/worksheets/sheet1.xml": sheet(rows)})


def _repeated(number: str) -> bytes:
    """A workbook with a cell that stands for so many."""
    cell = f'<table:table-cell table:number-columns-repeated="{number}"/>'
    return ods(table("T", text_cell("ID", "Name"), cell))


CASES: dict[str, Case] = {
    "row-of-many-digits": Case("a.xlsx", lambda: _with_row(_LARGE), refused=_DAMAGED, line=1),
    "row-of-endless-digits": Case("a.xlsx", lambda: _with_row(_ENDLESS), refused=_DAMAGED, line=1),
    "ods-repetition-of-many-digits": Case(
        "a.ods", lambda: _repeated(_LARGE), refused=_DAMAGED, line=2
    ),
    "ods-repetition-of-endless-digits": Case(
        "a.ods", lambda: _repeated(_ENDLESS), refused=_DAMAGED, line=2
    ),
}
