"""The reader of a page: what the person who is signed in has chosen, with defaults for everything else."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import Error
from django.http import HttpRequest

from customers import localisation, scope
from customers.models import Preferences

logger = logging.getLogger(__name__)

# Companies used last, as many as are shown and stored.
MAX_RECENT = 5
# The same for what was opened last: customers, companies, batches.
MAX_RECORDS = 8
_MAX_COLUMNS = 50
_MAX_NAME = 64
# Texts of the choices of an export, and characters of each.
_MAX_EXPORT, _MAX_KEY = 1_000, 500


@dataclass(frozen=True, slots=True)
class RecentCompany:
    """A company that a person used, with the name that it had then."""

    company_id: str
    name: str


@dataclass(frozen=True, slots=True)
class RecentRecord:
    """Something that a person opened, without its name: who shows it finds out whether it still exists.

    `kind` is "customer", "company" or "batch"; `record_id` is "" for a company.
    """

    kind: str
    company_id: str
    record_id: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """What a page follows. Every value is valid, whatever is stored.

    `theme` and `density` are values of Preferences. `shortcuts`: whether keys of one character do something.
    `time_zone` is a name of the tz database, `locale` one of localisation.LOCALES. `list_columns` are names in order,
    empty for the default; who shows the list knows which of them exist. `export` are the choices of the latest export
    by their name, each a list of texts. `recent_companies` and `recent_records` begin with the latest.
    """

    theme: str = "system"
    density: str = "comfortable"
    shortcuts: bool = True
    time_zone: str = "UTC"
    locale: str = "en-GB"
    list_columns: tuple[str, ...] = ()
    export: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recent_companies: tuple[RecentCompany, ...] = ()
    recent_records: tuple[RecentRecord, ...] = ()


# For a page that has no context, such as that of a 500.
DEFAULT_READER = Reader()


def reader_of(request: HttpRequest) -> Reader:
    """The reader of a request. Read from the database with the user, and only for one who is signed in.

    While the database is away, everybody has the defaults: a page that needs it says so itself.
    """
    attributes = vars(request)
    if "reader" not in attributes:
        try:
            stored = preferences_of(getattr(request, "user", AnonymousUser()))
        except Error:
            logger.warning("preferences could not be read", exc_info=True)
            stored = Preferences()
        attributes["reader"] = _reader(stored)
    return cast(Reader, attributes["reader"])


def set_reader(request: HttpRequest, reader: Reader) -> None:
    """Let the rest of a request go by another reader."""
    vars(request)["reader"] = reader


def preferences_of(user: User | AnonymousUser) -> Preferences:
    """The preferences of a person; those of nobody are the defaults."""
    if user.is_authenticated:
        with suppress(Preferences.DoesNotExist):
            stored: Preferences = user.preferences
            return stored
    return Preferences()


def store(user: User, **values: Any) -> None:
    """Change some of a person's preferences. The values must be valid."""
    user.preferences, _ = Preferences.objects.update_or_create(pk=user.pk, defaults=values)


def _reader(stored: Preferences) -> Reader:
    has_zone = localisation.is_time_zone(stored.time_zone)
    has_locale = localisation.is_locale(stored.locale)
    has_theme = stored.theme in Preferences.Theme
    has_density = stored.density in Preferences.Density
    return Reader(
        theme=str(stored.theme if has_theme else Preferences.Theme.SYSTEM),
        density=str(stored.density if has_density else Preferences.Density.COMFORTABLE),
        shortcuts=stored.shortcuts,
        time_zone=stored.time_zone if has_zone else settings.DEFAULT_TIME_ZONE,
        locale=stored.locale if has_locale else settings.DEFAULT_LOCALE,
        list_columns=_columns(stored.list_columns),
        export=_export(stored.export),
        recent_companies=_companies(stored.recent_companies),
        recent_records=_records(stored.recent_records),
    )


def _companies(stored: object) -> tuple[RecentCompany, ...]:
    """The stored companies without what has another shape."""
    rows = stored[:MAX_RECENT] if isinstance(stored, list) else []
    pairs = (row for row in rows if isinstance(row, list) and len(row) == 2)
    return tuple(
        RecentCompany(company_id, name)
        for company_id, name in pairs
        if isinstance(company_id, str) and isinstance(name, str) and scope.may_see(company_id)
    )


def _records(stored: object) -> tuple[RecentRecord, ...]:
    """The stored records without what has another shape."""
    rows = stored[:MAX_RECORDS] if isinstance(stored, list) else []
    return tuple(
        RecentRecord(*row)
        for row in rows
        if isinstance(row, list)
        and len(row) == 3
        and all(isinstance(each, str) for each in row)
        and scope.may_see(row[1])
    )


def _columns(stored: object) -> tuple[str, ...]:
    """The stored columns without what cannot be a name, each once."""
    if not isinstance(stored, list):
        return ()
    names = (name for name in stored[:_MAX_COLUMNS] if isinstance(name, str))
    return tuple(dict.fromkeys(name for name in names if 0 < len(name) <= _MAX_NAME))


def _export(stored: object) -> dict[str, tuple[str, ...]]:
    """The stored choices of an export without what has another shape."""
    pairs = stored.items() if isinstance(stored, dict) else ()
    return {
        str(name): tuple(
            text for text in texts[:_MAX_EXPORT] if isinstance(text, str) and len(text) <= _MAX_KEY
        )
        for name, texts in pairs
        if isinstance(texts, list)
    }
