"""Values of Codat's JSON: dates, sizes, ids, and what counts as empty."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeGuard

# Bytes: no file is larger. JSON has numbers of any length, and what is beyond is no size.
LARGEST_FILE = 2**63 - 1


_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?))?\s*([Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


def parse_date(value: object) -> datetime | None:
    """A date as Codat writes it -> aware datetime in UTC (microseconds; finer digits are cut).

    None for everything that is no date, and for year 1, by which Codat means that it does not know.
    """
    if isinstance(value, str):
        value = _read(value.strip())
    if not isinstance(value, datetime):
        return None
    try:
        moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        return None
    return moment if moment.year > 1 else None


def _read(value: str) -> datetime | None:
    """ISO 8601 with dashes and colons only: digits alone are more likely a number."""
    found = _DATE.fullmatch(value)
    if found is None:
        return None
    date, time, zone = found.groups()
    try:
        return datetime.fromisoformat(f"{date}T{time or '00:00'}{(zone or '').upper()}")
    except ValueError:
        return None


def is_unknown_date(value: object) -> bool:
    """Whether this is the date by which Codat says that it knows none."""
    return isinstance(value, str) and value.startswith("0001-01-01")


def is_empty(value: object) -> bool:
    """Whether there is nothing in a value: null, blank text, an empty list or object, or only such inside."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, Mapping):
        return all(is_empty(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(is_empty(item) for item in value)
    return False


def is_size(value: object) -> TypeGuard[int]:
    """Whether this can be a number of bytes."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_FILE


# Codat's ids of companies.
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def company_id(value: str) -> str:
    """A company's id in the one spelling that is kept."""
    return value.lower() if UUID.fullmatch(value) else value
