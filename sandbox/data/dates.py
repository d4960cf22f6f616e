"""The dates of the data: all are relative to one moment, so that the sandbox can begin at any time.

The data is made as if it were `REFERENCE`. A sandbox that begins at another moment moves it by the difference.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

Record = dict[str, Any]

REFERENCE = datetime(2025, 3, 15, 20, 47, 10, tzinfo=UTC)
# When most companies were synced last.
SYNC_AGE = timedelta(minutes=12)
SYNCED = REFERENCE - SYNC_AGE
# The parts of a date; what follows the seconds stays as it is.
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(.*)")
_FORMAT = "%Y-%m-%dT%H:%M:%S"
_UNKNOWN = "0001-01-01"
# The dates of a record that Codat documents, and the lists that contain records.
_NAMES = ("modifiedDate", "sourceModifiedDate")
_LISTS = ("contacts",)


def stamp(moment: datetime) -> str:
    """A date as Codat writes most of its own."""
    return moment.astimezone(UTC).strftime(_FORMAT) + "Z"


def parse(text: str) -> datetime:
    """A date as `stamp` writes it. Raises ValueError."""
    return datetime.strptime(text, _FORMAT + "Z").replace(tzinfo=UTC)


def moved(text: str, by: timedelta) -> str:
    """The same date later; an unknown one, and what is no date, as it is."""
    parts = _DATE.fullmatch(text)
    if not by or parts is None or text.startswith(_UNKNOWN):
        return text
    moment = datetime.strptime(parts[1], _FORMAT).replace(tzinfo=UTC) + by
    return moment.strftime(_FORMAT) + parts[2]


def moved_record(record: Record, by: timedelta) -> Record:
    """A copy of a record whose dates are later."""
    changes: Record = {
        name: moved(record[name], by) for name in _NAMES if isinstance(record.get(name), str)
    }
    for name in _LISTS:
        if record.get(name):
            changes[name] = [
                moved_record(item, by) if isinstance(item, dict) else item for item in record[name]
            ]
    return record | changes
