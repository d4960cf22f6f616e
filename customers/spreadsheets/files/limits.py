"""How large a file may be, in one place, and the error that says why a file cannot be read.

Files come from strangers. Each limit holds while a file is read: sizes that a file states about itself are checked, and
not relied upon. Reading takes memory for the file, its shared texts and one row.
"""

from __future__ import annotations

MIB = 1024 * 1024

# Bytes of an uploaded file.
MAX_FILE_BYTES = 20 * MIB
# Rows below the heading that have a text, and columns of these rows and of the heading.
MAX_ROWS = 50_000
MAX_COLUMNS = 200
# Characters of a cell. It is the limit of Python's csv module; Excel's own is `MAX_EXCEL_CELL`.
MAX_CELL = 131_072
# UTF-16 units of a cell in Excel.
MAX_EXCEL_CELL = 32_767
# Numbers of rows and columns in Excel. A row or a column beyond them is a sign of a damaged file.
MAX_SHEET_ROWS = 1_048_576
MAX_SHEET_COLUMNS = 16_384
# A heading row further down cannot be chosen.
MAX_HEADER_ROW = 1_000

# Workbooks are ZIP archives. Files in one; bytes of all of them; bytes of shared texts; bytes of a small part, such as
# styles.
MAX_ARCHIVE_FILES = 5_000
MAX_UNPACKED_BYTES = 512 * MIB
MAX_SHARED_BYTES = 64 * MIB
MAX_PART_BYTES = 16 * MIB
# Unpacked to packed bytes of an archive. Sheets of equal rows reach 100.
MAX_RATIO = 250
# An archive that unpacks to less is accepted at any ratio.
MIN_BOMB_BYTES = 32 * MIB
MAX_SHEETS = 200

# XML: elements inside each other, and bytes of one element that is held in memory, such as a row.
MAX_DEPTH = 64
MAX_ELEMENT_BYTES = 4 * MIB

# Digits of a number that a file or a form states: more than any limit has.
_MAX_DIGITS = 9

DAMAGED = "The workbook is damaged. Open it in a spreadsheet program and save it again."


class Unreadable(Exception):
    """A file cannot be read. `str()` is a sentence for people.

    `line` is the line of a text file or the row of a sheet where reading ended, where it is known.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


def check_size(content: bytes) -> None:
    """Raise `Unreadable` for a file that is empty or too large."""
    if not content:
        raise Unreadable("The file is empty.")
    if len(content) > MAX_FILE_BYTES:
        raise Unreadable(
            f"The file has {len(content) / MIB:,.1f} MB. At most {MAX_FILE_BYTES // MIB} MB can be read."
        )


def whole_number(text: str, most: int) -> int | None:
    """The whole number from 1 to `most` that a text is; None for any other text, also for one with more digits."""
    if not text.isdecimal() or len(text) > _MAX_DIGITS:
        return None
    number = int(text)
    return number if 1 <= number <= most else None


def check_columns(count: int, row: int) -> None:
    """Raise `Unreadable` for a row with too many columns."""
    if count > MAX_COLUMNS:
        raise Unreadable(
            f"Row {row:,} has {count:,} columns. At most {MAX_COLUMNS} can be read: delete the others.",
            row,
        )


def check_rows(count: int, row: int) -> None:
    """Raise `Unreadable` where a table has too many rows."""
    if count > MAX_ROWS:
        raise Unreadable(
            f"The table has more than {MAX_ROWS:,} rows. Split it into several files.", row
        )


def check_cell(length: int, row: int) -> None:
    """Raise `Unreadable` for a cell with too many characters."""
    if length > MAX_CELL:
        raise Unreadable(f"Row {row:,}: a cell has more than {MAX_CELL:,} characters.", row)
