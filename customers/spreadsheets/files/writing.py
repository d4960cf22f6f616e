"""Writing tables as files: the door to this room for all who write.

    csv_bytes(rows, CsvStyle.EXCEL)            # a whole CSV file in pieces
    CsvLines(CsvStyle.EXCEL)                   # the same page by page
    json_line(record)                          # a line of JSON lines
    with XlsxFile(target) as file:             # a workbook
        sheet = file.sheet("Customers", headings)
        sheet.add(cells)
    copy_with_columns(...)                     # an uploaded table with columns added

What is written comes back: `reading.rows` returns the same texts, also when a spreadsheet program has saved the file
in between. Two things change in every format. NUL and lone surrogates become U+FFFD (`storable`). A text with more
characters than a cell of the format holds is left out: an empty cell changes nothing when it is imported. `left_out`
counts them, so that the page can say it. A spreadsheet program makes one kind of line break (LF) of all.

A cell is a text, a number, a boolean, a date or none. Texts stay texts. In a workbook a number with more than 15 digits
is a text, because Excel would lose the others; so is a boolean, because LibreOffice saves it as 1 in an ODS file.
"""

from __future__ import annotations

from customers.codat.cell_text import protect, protect_ambiguous, storable, unprotect
from customers.spreadsheets.files.cells import Cell, fits
from customers.spreadsheets.files.copying import copy_format, copy_with_columns
from customers.spreadsheets.files.csv_writing import CsvLines, CsvStyle, csv_bytes
from customers.spreadsheets.files.json_writing import json_line
from customers.spreadsheets.files.xlsx_writing import XlsxFile, XlsxSheet

__all__ = [
    "Cell",
    "CsvLines",
    "CsvStyle",
    "XlsxFile",
    "XlsxSheet",
    "copy_format",
    "copy_with_columns",
    "csv_bytes",
    "fits",
    "json_line",
    "protect",
    "protect_ambiguous",
    "storable",
    "unprotect",
]
