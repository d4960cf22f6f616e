"""Values of Codat's JSON: dates, sizes, IDs, and what counts as empty."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeGuard

from customers.codat.text import is_blank

# Bytes. Upper bound of a file's size: JSON integers are unbounded.
MAX_FILE_SIZE = 2**63 - 1

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?))?\s*([Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


def parse_date(value: object) -> datetime | None:
    """A date as Codat writes it, as an aware datetime in UTC (microseconds; finer digits are cut).

    None for everything that is not a date, and for year 1, Codat's value for "unknown".
    """
    if isinstance(value, str):
        value = _from_iso(value.strip())
    if not isinstance(value, datetime):
        return None
    try:
        moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        return None
    return moment if moment.year > 1 else None


def _from_iso(value: str) -> datetime | None:
    """ISO 8601 with dashes and colons only: digits alone are more likely a number."""
    match = _DATE.fullmatch(value)
    if match is None:
        return None
    date, time, zone = match.groups()
    try:
        return datetime.fromisoformat(f"{date}T{time or '00:00'}{(zone or '').upper()}")
    except ValueError:
        return None


def is_unknown_date(value: object) -> bool:
    """Whether this is Codat's value for an unknown date."""
    return isinstance(value, str) and value.startswith("0001-01-01")


def is_empty(value: object) -> bool:
    """Whether a value is null, blank text, an empty list or object, or holds only such values."""
    if value is None:
        return True
    if isinstance(value, str):
        return is_blank(value)
    if isinstance(value, Mapping):
        return all(is_empty(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(is_empty(item) for item in value)
    return False


def is_size(value: object) -> TypeGuard[int]:
    """Whether this can be a number of bytes."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_FILE_SIZE


def is_uuid(value: str) -> bool:
    """Whether a text is a UUID, as Codat's IDs of companies are."""
    return _UUID.fullmatch(value) is not None


def canonical_company_id(value: str) -> str:
    """A company's ID as it is stored: a UUID in lower case."""
    return value.lower() if is_uuid(value) else value


def has_more_values(value: object, limit: int) -> bool:
    """Whether a JSON value holds more than so many values, at all depths."""
    level = [value]
    count = 0
    while level:
        count += len(level)
        if count > limit:
            return True
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return False
