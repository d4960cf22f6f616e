"""The reader of a page: what the person who is signed in has chosen, with defaults for everything else."""

import logging
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import Error
from django.http import HttpRequest

from customers import localisation
from customers.models import Preferences

logger = logging.getLogger(__name__)

_MAX_COLUMNS = 50
_MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class Reader:
    """What a page follows. Every value is valid, whatever is stored.

    `theme` and `density` are values of Preferences. `shortcuts`: whether keys of one character do something.
    `time_zone` is a name of the tz database, `locale` one of localisation.LOCALES. `list_columns` are names in order,
    empty for the default; who shows the list knows which of them exist.
    """

    theme: str = "system"
    density: str = "comfortable"
    shortcuts: bool = True
    time_zone: str = "UTC"
    locale: str = "en-GB"
    list_columns: tuple[str, ...] = ()


# For a page that has no context, such as that of a 500.
DEFAULT_READER = Reader()


def reader_of(request: HttpRequest) -> Reader:
    """The reader of a request. Read from the database once a request, and only for somebody who is signed in.

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


def preferences_of(user: User | AnonymousUser) -> Preferences:
    """The preferences of a person; those of nobody are the defaults."""
    if user.is_authenticated:
        try:
            return Preferences.objects.get(pk=user.pk)
        except Preferences.DoesNotExist:
            pass
    return Preferences()


def store(user: User, **values: Any) -> None:
    """Change some of a person's preferences. The values must be valid."""
    Preferences.objects.update_or_create(pk=user.pk, defaults=values)


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
    )


def _columns(stored: object) -> tuple[str, ...]:
    """The stored columns without what cannot be a name, each once."""
    if not isinstance(stored, list):
        return ()
    names = (name for name in stored[:_MAX_COLUMNS] if isinstance(name, str))
    return tuple(dict.fromkeys(name for name in names if 0 < len(name) <= _MAX_NAME))
