"""What a file says of itself: lines of a name and a value, for a sheet or a text file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from customers.spreadsheets.exporting.options import (
    COLUMNS_LABELS,
    FORMAT_LABELS,
    Format,
    Layout,
    Options,
)

Line = tuple[str, str]

SHEET = "About"
FILE = "About this file.txt"

_EMPTY_CELLS = "A cell is empty where Codat has no value: null, an empty text or nothing at all."
_APOSTROPHE = "A text that a spreadsheet would take for a formula begins with an apostrophe more than at Codat."
_MORE = "Values without a column are in “More values”, each with its customer and the name of its column."


@dataclass(frozen=True, slots=True)
class Source:
    """What an export is of, in words. `rows` is `412 customers: Status: Active`; `address` that of the list."""

    company_id: str
    company_name: str
    connection_id: str
    platform: str
    rows: str
    address: str
    username: str
    started_at: datetime
    synced_at: datetime | None


@dataclass(slots=True)
class Result:
    """What became of it: customers promised and written, `more` values without a column, and `remarks`."""

    promised: int
    is_by_id: bool
    written: int = 0
    more: int = 0
    remarks: list[str] = field(default_factory=list)


def about_lines(source: Source, options: Options, result: Result) -> list[Line]:
    """The lines, in order. A name is "" where a line goes on about the one before."""
    return [
        ("Company", source.company_name),
        ("Company ID", source.company_id),
        ("Accounting software", source.platform),
        ("Connection ID", source.connection_id),
        ("Customers", source.rows),
        ("List", source.address),
        ("Order", "By customer ID" if result.is_by_id else "As in the list"),
        ("Codat’s copy last synced", _moment(source.synced_at)),
        ("Exported by", source.username),
        ("Exported", _moment(source.started_at)),
        ("Columns", _columns(options)),
        ("Format", FORMAT_LABELS[options.format]),
        ("Customers announced by Codat", str(result.promised)),
        ("Customers in this file", str(result.written)),
        ("Values in “More values”", str(result.more)),
        *_named("Changed meanwhile", result.remarks or ["Nothing was noticed."]),
        *_named("Notes", _notes(options, result)),
    ]


def as_text(lines: Iterable[Line]) -> str:
    """The lines as a text file."""
    return "".join(f"{name}: {value}\r\n" if name else f"  {value}\r\n" for name, value in lines)


def _named(name: str, values: Sequence[str]) -> list[Line]:
    return [("" if index else name, value) for index, value in enumerate(values)]


def _notes(options: Options, result: Result) -> list[str]:
    if options.format is Format.JSON_LINES:
        return ["Each line is one customer as Codat sends it."]
    notes = [_EMPTY_CELLS]
    if options.format is Format.CSV_EXCEL:
        notes.append(_APOSTROPHE)
    if result.more:
        notes.append(_MORE)
    return notes


def _columns(options: Options) -> str:
    has_tables = options.layout is Layout.SHEETS and options.format is not Format.JSON_LINES
    layout = " Lists have tables of their own." if has_tables else ""
    return f"{COLUMNS_LABELS[options.columns]}.{layout}"


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else "Unknown"
