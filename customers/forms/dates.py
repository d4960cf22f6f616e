"""Dates in the browser's own inputs: which text of a record one can show, and what a post of it means.

The text of a field stays what the record has, or what is sent. `<input type="date">` and `datetime-local` show it where
nothing is lost; any other date is typed as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from customers.forms.values import is_same_moment

_STORED = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}):(\d{2})(?:\.(\d{1,7}))?Z?)?", re.ASCII)
_POSTED = re.compile(r"\d{4,6}-\d{2}-\d{2}(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?", re.ASCII)
# Milliseconds: all that a browser's input can hold.
_MAX_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class DateInput:
    """A browser's input for a date: its type, its value, and the step that the value needs, "" for the usual one."""

    type: str
    value: str
    step: str = ""


_BLANK = DateInput("date", "")


def date_input(text: str) -> DateInput | None:
    """The input for the text of a date; None where the browser could not show all of it."""
    if not text:
        return _BLANK
    match = _STORED.fullmatch(text)
    if not match or not _exists(text):
        return None
    day, minutes, seconds, decimals = match[1], match[2], match[3], (match[4] or "").rstrip("0")
    if len(decimals) > _MAX_DECIMALS:
        return None
    if decimals:
        return DateInput("datetime-local", f"{day}T{minutes}:{seconds}.{decimals}", "0.001")
    if seconds not in (None, "00"):
        return DateInput("datetime-local", f"{day}T{minutes}:{seconds}", "1")
    if minutes in (None, "00:00"):
        return DateInput("date", day)
    return DateInput("datetime-local", f"{day}T{minutes}")


def posted_date(posted: str, initial: str) -> str:
    """What a posted date means: the initial text where it is the same moment, else the date in the initial's zone."""
    if not _POSTED.fullmatch(posted):
        return posted
    if is_same_moment(posted, initial):
        return initial
    if not initial.endswith("Z") or date_input(initial) is None:
        return posted
    return f"{posted}Z" if "T" in posted else f"{posted}T00:00:00Z"


def _exists(text: str) -> bool:
    """Whether there is such a day and time: a browser shows nothing for any other."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
