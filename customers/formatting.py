"""Values from Codat as text for a page: dates, sizes, labels, JSON.

Codat's dates are ISO 8601 in UTC, with or without `Z`, with up to seven decimals; `0001-01-01T00:00:00` means unknown.
Every date, time, number and size on a page is formatted here, in the reader's time zone and locale
(`customers/localisation.py`); the words stay English. Exports and JSON do not use these functions: they are in UTC.
Empty, null and missing values are all shown as a dash. Nothing is escaped for HTML, except by `when`, `when_day`,
`long_ago` and `since`: they return a <time> element, because lists of thousands of rows have one in each (row of the
bench: "A company list of 10,000, 2,000 on a page").
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import Any

import simplejson
from django.utils.safestring import SafeString

from customers import localisation
from customers.codat.text import is_blank, marked_text, page_text, without_invisible
from customers.codat.values import is_size, is_unknown_date, parse_date

DASH = "–"

# A customer's status by Codat's value, and by the values of create/update models: one word for one thing on form, list
# and detail. What is sent is the value.
STATUS_LABELS = {
    "Active": "Active",
    "Archived": "Archived",
    "InActive": "Archived",
    "Unknown": "Unknown",
}

# Before a capital of camelCase, before a digit, and at underscores and blanks.
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=\d)|(?<=[A-Z])(?=[A-Z][a-z])|[_\s]+")


# A date without a time, or with a midnight of no zone: a day of the calendar, the same in each time zone.
# Characters of a date in text, and some more.
_MAX_DATE = 40
_WHOLE_DAY = re.compile(r"\s*\d{4}-\d\d-\d\d(?:[Tt ]00:00(?::00(?:[.,]0+)?)?)?\s*", re.ASCII)


def day(value: object) -> str:
    """`24 Mar 2023`; a dash for an unknown date, and the text itself where it is not a date."""
    moment = parse_date(value)
    if moment is None:
        return text_or_dash(None if is_unknown_date(value) else value)
    formats = localisation.current()
    if not _is_whole_day(value):
        moment = localisation.local(moment, formats.zone)
    return _local_day(moment, formats.locale)


def day_and_time(value: object) -> str:
    """`24 Mar 2023, 16:07 UTC`, in the reader's time zone; otherwise like `day`."""
    moment = parse_date(value)
    if moment is None or _is_whole_day(value):
        return day(value)
    formats = localisation.current()
    return _exact(localisation.local(moment, formats.zone), formats.locale)


def _is_whole_day(value: object) -> bool:
    return isinstance(value, str) and value[-1:] != "Z" and bool(_WHOLE_DAY.fullmatch(value))


def _exact(moment: datetime, locale: str) -> str:
    """The day and time of a moment in its own time zone."""
    return f"{_local_day(moment, locale)}, {_clock(moment, locale)}"


def _clock(moment: datetime, locale: str) -> str:
    """The time of a moment in its own time zone, with its name."""
    clock = localisation.clock(moment.hour, moment.minute, locale)
    return f"{clock} {localisation.zone_name(moment)}"


def _local_day(moment: datetime, locale: str) -> str:
    return localisation.day(moment.year, moment.month, moment.day, locale)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 change`, `412 changes`; `plural` for a noun that takes more than an s."""
    return f"{thousands(number)} {noun if number == 1 else plural or f'{noun}s'}"


def distance(moment: datetime, now: datetime) -> str:
    """`just now`, `5 minutes ago`, `in 2 hours`; from two weeks on, the day."""
    seconds = (now - moment).total_seconds()
    duration = abs(seconds)
    if duration < 45:
        return "just now"
    if duration < 45 * 60:
        amount = counted(max(round(duration / 60), 1), "minute")
    elif duration < 22 * 3600:
        amount = counted(max(round(duration / 3600), 1), "hour")
    elif duration < 14 * 86400:
        amount = counted(max(round(duration / 86400), 1), "day")
    else:
        return day(moment)
    return f"{amount} ago" if seconds > 0 else f"in {amount}"


# Days of a month and of a year on average.
_MONTH, _YEAR = 30.44, 365.25


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago something was, however long: `5 minutes ago`, `6 weeks ago`, `20 months ago`, `3 years ago`."""
    now = now or datetime.now(UTC)
    days = (now - moment).total_seconds() / 86400
    if days < 14:
        return distance(moment, now)
    if days < 60:
        return f"{counted(round(days / 7), 'week')} ago"
    if days < 2 * _YEAR:
        return f"{counted(round(days / _MONTH), 'month')} ago"
    return f"{counted(round(days / _YEAR), 'year')} ago"


def long_ago(value: object) -> SafeString:
    """A date as `<time>` with its age, the exact time as its title; a dash when unknown."""
    return _time_element(value, lambda local, _: age(local))


def when(value: object) -> SafeString:
    """A date as `<time>` with the day and time; a dash when unknown."""
    return _time_element(value, None)


def when_day(value: object) -> SafeString:
    """A date as `<time>` with the day, the time of that day as its title; a dash when unknown.

    It has no seconds, and its title no day: in a list each of them is a fiftieth of the page.
    """
    if isinstance(value, str) and len(value) <= _MAX_DATE:
        return _text_day(value, localisation.current())
    return _time_element(value, _local_day, is_day=True)


@lru_cache(maxsize=4096)
def _text_day(value: str, formats: localisation.Formats) -> SafeString:
    """Cached by the reader's `formats`: a list that is opened again mostly has the same dates."""
    return _time_element(value, _local_day, is_day=True)


def since(value: object, now: datetime | None = None) -> SafeString:
    """A date as `<time>` with its distance from now, the exact time as its title; a dash when unknown."""
    return _time_element(value, lambda local, _: distance(local, now or datetime.now(UTC)))


def _time_element(
    value: object, text: Callable[[datetime, str], str] | None, *, is_day: bool = False
) -> SafeString:
    """A <time>: `datetime` for machines and the end of `title` are in UTC, for every reader.

    `text` makes the content from the moment in the reader's time zone and the locale; the title then begins with the
    exact time of the reader, without the day where that is the content (`is_day`). Dates of a locale contain nothing to
    escape.
    """
    moment = parse_date(value)
    if moment is None:
        return SafeString(escape(day(value)))
    if _is_whole_day(value):
        return SafeString(f'<time datetime="{moment.date()}">{day(value)}</time>')
    formats = localisation.current()
    locale, local = formats.locale, moment
    name = _clock if is_day else _exact
    exact = title = name(moment, locale)
    if formats.zone is not UTC:
        local = localisation.local(moment, formats.zone)
        exact = name(local, locale)
        if text:
            title = f"{exact} = {_exact(moment, locale)}"
    machine = moment.replace(tzinfo=None).isoformat(timespec="minutes" if is_day else "seconds")
    shown = text(local, locale) if text else exact
    return SafeString(f'<time datetime="{machine}Z" title="{title}">{shown}</time>')


def text_or_dash(value: object) -> str:
    """Any JSON value as one line of text, without invisible characters; a dash where nothing can be seen."""
    if isinstance(value, str):
        if value.isascii() and value.isprintable() and not value.isspace():
            return value or DASH
        return DASH if is_blank(value) else page_text(without_invisible(value))
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict | list):
        return page_text(without_invisible(_json(value))) if value else DASH
    return str(value)


def status_label(value: object) -> str:
    """The word for a customer's status, also of a contact: `InActive` -> `Archived`; else like `text_or_dash`."""
    known = STATUS_LABELS.get(value) if isinstance(value, str) else None
    return known or text_or_dash(value)


def marked_or_dash(value: object) -> str:
    """Like `text_or_dash`, for the two sides of a difference: what cannot be seen is marked."""
    if isinstance(value, str):
        return marked_text(value) if value.strip() else DASH
    if isinstance(value, dict | list):
        return marked_text(_json(value)) if value else DASH
    return text_or_dash(value)


def label(name: object) -> str:
    """The label of a property: `registrationNumber` -> `Registration number`; a dash where the name is not text."""
    words = (
        [word for word in _WORD_BREAK.split(name.strip()) if word] if isinstance(name, str) else []
    )
    if not words:
        return DASH
    rest = [word if word.isupper() and len(word) > 1 else word.lower() for word in words[1:]]
    return " ".join([words[0][:1].upper() + words[0][1:], *rest])


def singular(words: str) -> str:
    """A label in the singular: `Addresses` -> `Address`, `Line items` -> `Line item`; unchanged where unsure."""
    if words.lower().endswith("people"):
        return words[:-5] + "erson"
    if words.lower().endswith("ies") and len(words) > 4:
        return words[:-3] + "y"
    if re.search(r"(?:ss|x|ch|sh)es$", words, re.IGNORECASE):
        return words[:-2]
    return words[:-1] if re.search(r"[^siu]s$", words, re.IGNORECASE) else words


def path_label(path: Iterable[str | int], *, name_label: Callable[[str], str] = label) -> str:
    """The label of a field from its path: `("addresses", 0, "line1")` -> `Address 1, Line 1`.

    A str is the name of a property, an int the index of a list item, from 0. `name_label` makes the label of a
    property; `str` where the path holds labels already. "" for an empty path.
    """
    labels: list[str] = []
    for part in path:
        if isinstance(part, str):
            labels.append(name_label(part))
        elif labels:
            labels[-1] = f"{singular(labels[-1])} {part + 1}"
        else:
            labels.append(str(part + 1))
    return ", ".join(labels)


def path_parts(text: str) -> list[str | int]:
    """The names and indexes of a path in text: `addresses[0].line1` -> `["addresses", 0, "line1"]`.

    Any punctuation separates. Codat names fields so in `itemId`, without a documented syntax.
    """
    tokens = [token for token in re.split(r"[^\w]+", text) if token]
    return [int(token[:9]) if token.isdecimal() else token for token in tokens]


def size(value: object) -> str:
    """A number of bytes as `340 bytes`, `1.2 MB` (powers of 1,000); a dash where it is not a number of bytes."""
    if not is_size(value):
        return DASH
    if value < 1000:
        return counted(value, "byte")
    amount = float(value)
    unit = ""
    for name in ("kB", "MB", "GB", "TB"):
        amount, unit = amount / 1000, name
        if amount < 999.5:
            break
    return f"{amount:.0f} {unit}" if amount >= 99.5 else f"{localisation.decimal(amount)} {unit}"


def thousands(value: object) -> str:
    """`5,000`; the text of what is not a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return localisation.whole(value)
    return text_or_dash(value)


def pretty_json(value: Any) -> str:
    """A JSON value as indented text, with its names in their order and all digits of its numbers."""
    return _json(value, indent=2)


def _json(value: Any, indent: int | None = None) -> str:
    return str(
        simplejson.dumps(value, ensure_ascii=False, use_decimal=True, default=str, indent=indent)
    )
