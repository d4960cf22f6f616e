"""What a person chooses for an export: which columns, how lists are laid out, and the format of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from customers.spreadsheets.columns import key_of
from customers.spreadsheets.exporting.fields import DEFAULT_NAMES, ID, Field

# Fields that somebody chooses, and characters of a key.
_MAX_OWN, _MAX_KEY = 900, 500


class Columns(StrEnum):
    """Which fields have columns."""

    DEFAULT = "default"
    ALL = "all"
    OWN = "own"


class Layout(StrEnum):
    """Whether addresses, contacts and other lists are numbered columns, or tables of their own."""

    COLUMNS = "columns"
    SHEETS = "sheets"


class Format(StrEnum):
    """The format of the file."""

    XLSX = "xlsx"
    CSV_EXCEL = "csv"
    CSV_EXACT = "csv-exact"
    JSON_LINES = "jsonl"


COLUMNS_LABELS = {
    Columns.DEFAULT: "Default",
    Columns.ALL: "All",
    Columns.OWN: "My own",
}
FORMAT_LABELS = {
    Format.XLSX: "Excel workbook (XLSX)",
    Format.CSV_EXCEL: "CSV for Excel",
    Format.CSV_EXACT: "CSV, exact",
    Format.JSON_LINES: "JSON lines",
}

LAYOUT_LABELS = {
    Layout.COLUMNS: "Numbered columns",
    Layout.SHEETS: "Tables of their own",
}

_XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Options:
    """What was chosen. `own` are the keys of one's own fields, also while other columns are chosen."""

    columns: Columns = Columns.DEFAULT
    own: tuple[str, ...] = ()
    layout: Layout = Layout.COLUMNS
    format: Format = Format.XLSX

    def has(self, field: Field) -> bool:
        """Whether a field is exported. The customer's ID always is."""
        if field == ID or self.columns is Columns.ALL:
            return True
        if self.columns is Columns.OWN:
            return key_of(field) in self.own
        return field[0] in DEFAULT_NAMES

    @property
    def problem(self) -> str:
        """Why nothing can be exported so, as a sentence; "" where it can."""
        if self.columns is Columns.OWN and not self.own:
            return "Tick at least one column, or choose “Default”."
        return ""

    def stored(self) -> dict[str, list[str]]:
        """The choices as they are stored, and read by `options_of`."""
        return {
            "columns": [self.columns],
            "own": list(self.own),
            "layout": [self.layout],
            "format": [self.format],
        }


def options_of(values: Mapping[str, Sequence[str]]) -> Options:
    """The choices in a post, or as they were stored; the default for what is missing or unknown."""
    own = (key for key in values.get("own", ()) if 0 < len(key) <= _MAX_KEY)
    return Options(
        columns=_one(Columns, values.get("columns", ()), Columns.DEFAULT),
        own=tuple(dict.fromkeys(own))[:_MAX_OWN],
        layout=_one(Layout, values.get("layout", ()), Layout.COLUMNS),
        format=_one(Format, values.get("format", ()), Format.XLSX),
    )


def _one(kind: type[E], texts: Sequence[str], default: E) -> E:
    text = texts[-1] if texts else ""
    return next((each for each in kind if each.value == text), default)


def media_type(file_format: Format) -> str:
    """The Content-Type of a file. CSV and JSON lines come in an archive."""
    return _XLSX_TYPE if file_format is Format.XLSX else "application/zip"


def suffix(file_format: Format) -> str:
    """The suffix of the name of a file."""
    return ".xlsx" if file_format is Format.XLSX else ".zip"
