"""Dates and numbers in a reader's time zone and locale, by Babel.

One time zone and one locale are in force for a request (`customers/web/reader.py`), the dashboard's own for everything
else. Locales have the names that HTML uses: `en-GB`. The words of the product stay English in each of them.

Babel takes 5 microseconds for a date, and a list has hundreds of them; so texts are cached by day and by minute.
"""

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache, lru_cache

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, get_decimal_symbol
from django.conf import settings
from django.utils import timezone

# The locales to choose from. Those that write from right to left are left out: a date would need isolating wherever it
# stands in an English sentence.
LOCALES = (
    "bg-BG", "cs-CZ", "da-DK", "de-AT", "de-CH", "de-DE", "el-GR", "en-AU", "en-CA", "en-GB", "en-HK", "en-IE",
    "en-IN", "en-NZ", "en-SG", "en-US", "en-ZA", "es-ES", "es-MX", "et-EE", "fi-FI", "fr-BE", "fr-CA", "fr-CH",
    "fr-FR", "hr-HR", "hu-HU", "id-ID", "is-IS", "it-CH", "it-IT", "ja-JP", "ko-KR", "lt-LT", "lv-LV", "ms-MY",
    "nb-NO", "nl-BE", "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "sk-SK", "sl-SI", "sv-SE", "th-TH", "tr-TR",
    "uk-UA", "vi-VN", "zh-CN", "zh-TW",
)  # fmt: skip

# The parts of the tz database that are places, in the order of a list.
REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@dataclass(frozen=True, slots=True)
class Formats:
    """A time zone and a locale, both valid."""

    zone: tzinfo
    locale: str


_in_force: ContextVar[Formats | None] = ContextVar("formats", default=None)


def current() -> Formats:
    """The formats in force: a reader's, or the dashboard's own."""
    return _in_force.get() or _formats(settings.DEFAULT_TIME_ZONE, settings.DEFAULT_LOCALE)


@contextmanager
def defaults() -> Iterator[None]:
    """Have the dashboard's own formats in force; afterwards what was in force before, whatever was activated within."""
    token = _in_force.set(None)
    try:
        with timezone.override(current().zone):
            yield
    finally:
        _in_force.reset(token)


def activate(time_zone: str, locale: str) -> None:
    """Put a time zone and a locale in force, for Django's own pages too. Both must be valid. Only within `defaults`."""
    formats = _formats(time_zone, locale)
    _in_force.set(formats)
    timezone.activate(formats.zone)


@contextmanager
def using(time_zone: str, locale: str) -> Iterator[None]:
    """Have a time zone and a locale in force. Both must be valid."""
    with defaults():
        activate(time_zone, locale)
        yield


@lru_cache(maxsize=256)
def _formats(time_zone: str, locale: str) -> Formats:
    # datetime's own UTC is several times as fast as that of the tz database.
    return Formats(UTC if time_zone == "UTC" else zoneinfo.ZoneInfo(time_zone), locale)


@lru_cache(maxsize=1024)
def is_time_zone(name: str) -> bool:
    """Whether the tz database has a time zone of this name; browsers also use names that it has only as aliases."""
    if name != "UTC" and name.partition("/")[0] not in REGIONS:
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such file, a path that leaves the folder, a folder
        return False
    return True


def is_locale(name: str) -> bool:
    """Whether this is one of the locales to choose from."""
    return name in LOCALES


@cache
def time_zones() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The time zones to choose from, by region: each as its name and its place, `Europe/Berlin` and `Berlin`."""
    places: dict[str, list[tuple[str, str]]] = {region: [] for region in REGIONS}
    for name in zoneinfo.available_timezones():
        region, slash, place = name.partition("/")
        if slash and region in places:
            places[region].append((name, place.replace("_", " ").replace("/", ", ")))
    return tuple(
        (region, tuple(sorted(names, key=lambda pair: pair[1]))) for region, names in places.items()
    )


@cache
def locale_names() -> tuple[tuple[str, str], ...]:
    """The locales to choose from, each with its English name, in the order of these."""
    pairs = ((name, _locale(name).get_display_name("en") or name) for name in LOCALES)
    return tuple(sorted(pairs, key=lambda pair: pair[1]))


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name, sep="-")


def local(moment: datetime, zone: tzinfo) -> datetime:
    """A moment in a time zone; as it is at the ends of the calendar, where that has no date."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


@lru_cache(maxsize=8192)
def day(year: int, month: int, day_of_month: int, locale: str) -> str:
    """`24 Mar 2023`."""
    return format_date(date(year, month, day_of_month), "medium", locale=_locale(locale))


@lru_cache(maxsize=4096)
def clock(hour: int, minute: int, locale: str) -> str:
    """`16:07`."""
    return format_time(time(hour, minute), "short", locale=_locale(locale))


def zone_name(moment: datetime) -> str:
    """`UTC`, `CET`; `UTC+04:00` where a zone has no letters of its own."""
    name = moment.tzname() or ""
    if name.isalpha():
        return name
    offset = moment.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


@lru_cache(maxsize=1024)
def _whole(number: int, locale: str) -> str:
    return format_decimal(number, locale=_locale(locale))


def whole(number: int) -> str:
    """`5,000`."""
    if -1000 < number < 1000:
        return str(number)
    return _whole(number, current().locale)


def decimal(number: float) -> str:
    """`1.2`: with one decimal."""
    return f"{number:.1f}".replace(".", _decimal_symbol(current().locale))


@cache
def _decimal_symbol(locale: str) -> str:
    return get_decimal_symbol(_locale(locale))
