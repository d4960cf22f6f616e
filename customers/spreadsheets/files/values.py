"""Stored numbers and dates of workbooks as texts: numbers in plain notation with all digits, dates as ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from customers.spreadsheets.files.tables import EXPONENT, NUMBER

# The format of a cell, as far as it matters: a date, a date without a day such as 36:00, or a count of digits to which
# zeros fill a number up. None is for all others.
DATE_FORMAT = "date"
ELAPSED_FORMAT = "elapsed"
CellFormat = str | int | None

# Excel's General format shows eleven digits, and stores fifteen.
SHOWN_DIGITS = 11
STORED_DIGITS = 15
# More digits than any double has in plain notation.
_MAX_EXPONENT = 310
_PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}", re.ASCII)

# The built-in formats of dates and times (ECMA-376, part 1, 18.8.30), those of East Asia included.
_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))
_BUILT_IN_ELAPSED = 46
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)

_DURATION = re.compile(
    r"PT(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6}(?:[.,][0-9]{1,12})?)S)?", re.ASCII
)

_EPOCH_1900 = datetime(1899, 12, 30, tzinfo=UTC)
_EPOCH_1904 = datetime(1904, 1, 1, tzinfo=UTC)
# Excel has a 29 February 1900 under this number; days before it are one off.
_NO_DAY = 60
_LAST_DAY = 2_958_466


def number_text(stored: str) -> tuple[str, str]:
    """A stored number as text in plain notation with its remark, NUMBER or EXPONENT; ValueError where it is none."""
    if _PLAIN_INTEGER.fullmatch(stored):
        digits = len(stored.lstrip("-"))
        return stored, EXPONENT if digits > SHOWN_DIGITS else NUMBER
    try:
        number = Decimal(stored)
    except InvalidOperation as error:
        raise ValueError(stored[:40]) from error
    if not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT:
        raise ValueError(stored[:40])
    if STORED_DIGITS < len(number.as_tuple().digits) <= 17:
        # Excel writes 1.1 as 1.1000000000000001: the shortest text for the same double is what was typed.
        number = Decimal(repr(float(number)))
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    is_long = abs(number) >= 10**SHOWN_DIGITS
    return text, EXPONENT if is_long else NUMBER


def filled(text: str, digits: int) -> str:
    """A whole number as a format such as `00000` shows it, with zeros in front."""
    return text.zfill(digits) if text.isdigit() else text


def date_text(stored: str, cell_format: str, *, is_1904: bool) -> str | None:
    """The date or time of a serial number, as ISO 8601; None where there is no such day.

    A number below 1 is a time of the day. In the format of elapsed time, hours may be more than 24.
    """
    try:
        serial = float(stored)
    except ValueError:
        return None
    if not 0 <= serial < _LAST_DAY:
        return None
    # A double holds a day of this century to less than a millisecond.
    elapsed = timedelta(milliseconds=round(serial * 86_400_000))
    if cell_format == ELAPSED_FORMAT:
        return _clock(elapsed)
    if serial < 1 and not is_1904:
        return _clock(elapsed % timedelta(days=1))
    if not is_1904 and _NO_DAY <= serial < _NO_DAY + 1:
        return None
    if not is_1904 and serial < _NO_DAY:
        elapsed += timedelta(days=1)
    return iso_text((_EPOCH_1904 if is_1904 else _EPOCH_1900) + elapsed)


def iso_text(moment: datetime) -> str:
    """A moment as `2026-03-31`, or `2026-03-31T09:30:00` where it has a time."""
    if not (moment.hour or moment.minute or moment.second or moment.microsecond):
        return moment.date().isoformat()
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision)


def stored_date(stored: str) -> str:
    """A date that is stored as ISO 8601, without the time where it is midnight; ValueError where it is none."""
    day, _, clock = stored.strip().partition("T")
    date.fromisoformat(day)
    clock = clock.removesuffix("Z")
    if not clock:
        return day
    moment = datetime.fromisoformat(f"{day}T{clock}")
    return iso_text(moment)


def duration_text(stored: str) -> str:
    """A duration such as `PT09H30M00S` as `09:30:00`, hours may be more than 24; ValueError where it is none."""
    match = _DURATION.fullmatch(stored)
    if match is None:
        raise ValueError(stored[:40])
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return _clock(timedelta(seconds=round(hours * 3600 + minutes * 60 + seconds, 3)))


def format_of(number: int, code: str | None) -> CellFormat:
    """What matters of a cell's format: its number and, where the workbook defines it, its code."""
    if code is None:
        if number == _BUILT_IN_ELAPSED:
            return ELAPSED_FORMAT
        return DATE_FORMAT if number in _BUILT_IN_DATES else None
    section = _LITERAL.sub("", code.partition(";")[0]).lower()
    if "[" in section:
        return ELAPSED_FORMAT
    if re.fullmatch("0{2,15}", section):
        return len(section)
    if "general" in section:
        return None
    return DATE_FORMAT if re.search("[ymdhs]", section) else None


def _clock(elapsed: timedelta) -> str:
    milliseconds = elapsed // timedelta(milliseconds=1)
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}" + (f".{rest:03}" if rest else "")
