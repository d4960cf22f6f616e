"""What a table is made of: rows of texts, what is to be known about a cell besides its text, and how a file is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from customers.spreadsheets.files.limits import MAX_HEADER_ROW, MAX_SHEETS

# Remarks: what a spreadsheet program may have made of a cell. Of several the last one in this list is given.
# A boolean, where the text "true" could have been.
BOOLEAN: Final = "boolean"
# A number, where text could have been: zeros in front are lost.
NUMBER: Final = "number"
# A number of twelve digits or more, which Excel shows as 4.4E+11, or such a text in a CSV file. Of a number all digits
# after the fifteenth are lost, of the text all that it does not show.
EXPONENT: Final = "exponent"
# A date or a time, where text could have been.
DATE: Final = "date"
# The stored result of a formula.
FORMULA: Final = "formula"
# An error in place of a value, such as #N/A.
ERROR: Final = "error"

CSV: Final = "csv"
XLSX: Final = "xlsx"
ODS: Final = "ods"
FORMATS = (CSV, XLSX, ODS)

# Delimiters of a CSV file with their names for people.
DELIMITERS: Mapping[str, str] = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}

# Encodings of a CSV file, as Python names them, with their names for people.
ENCODINGS: Mapping[str, str] = {
    "utf-8-sig": "UTF-8",
    "cp1252": "Western European (Windows-1252)",
    "iso8859-15": "Western European (ISO 8859-15)",
    "mac-roman": "Western European (Mac)",
    "cp850": "Western European (DOS, 850)",
    "cp437": "Western European (DOS, 437)",
    "cp1250": "Central European (Windows-1250)",
    "iso8859-2": "Central European (ISO 8859-2)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp932": "Japanese (Shift JIS)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "cp949": "Korean (949)",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, little-endian, no BOM",
    "utf-16-be": "UTF-16, big-endian, no BOM",
    "utf-32": "UTF-32",
}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of a table.

    `number` is the one that a spreadsheet program shows, from 1. Of a CSV file it counts records and blank lines; line
    breaks inside a cell, and the line `sep=;`, do not count. `cells` has no empty texts at its end. `remarks` are by
    index of the cell.
    """

    number: int
    cells: list[str]
    remarks: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read. `guess` makes it, a person may correct it with `dataclasses.replace`.

    Of a CSV file `encoding`, `delimiter` and `quote` count, of a workbook `sheet`. `quote` is `"` where quotation marks
    enclose texts, and empty where they are characters like any other. `header_row` is the number of the heading row,
    as in `SheetRow`. `sheets` are the names of the workbook's sheets in its order.
    """

    format: str
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    sheet: str = ""
    header_row: int = 1
    sheets: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, for `from_json`."""
        return {**asdict(self), "sheets": list(self.sheets)}

    @classmethod
    def from_json(cls, value: object) -> Reading:
        """A reading from JSON that came from a database or a form; ValueError for anything else."""
        if not isinstance(value, Mapping) or set(value) != {part.name for part in fields(cls)}:
            raise ValueError("not a reading")
        sheets = value["sheets"]
        if not isinstance(sheets, (list, tuple)) or len(sheets) > MAX_SHEETS:
            raise ValueError("sheets of a reading")
        reading = cls(**{**value, "sheets": tuple(sheets)})
        reading.check()
        return reading

    def check(self) -> None:
        """Raise ValueError where a part of it is not possible."""
        texts = (self.format, self.encoding, self.delimiter, self.quote, self.sheet, *self.sheets)
        row = self.header_row
        if not all(isinstance(text, str) for text in texts) or not isinstance(row, int):
            raise ValueError("type of a part of a reading")
        if isinstance(row, bool) or not 1 <= row <= MAX_HEADER_ROW:
            raise ValueError("heading row of a reading")
        if self.format == CSV:
            possible = (
                self.encoding in ENCODINGS
                and self.delimiter in DELIMITERS
                and self.quote in ("", '"')
                and not self.sheet
                and not self.sheets
            )
        else:
            possible = (
                self.format in FORMATS
                and self.sheet in self.sheets
                and not (self.encoding or self.delimiter or self.quote)
            )
        if not possible:
            raise ValueError("a reading that is not possible")
