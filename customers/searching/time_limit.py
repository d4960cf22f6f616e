"""Ends a search that takes our own database too long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

# Steps of SQLite's machine between two looks at the clock: some milliseconds.
_STEPS = 100_000


class TooSlow(Exception):
    """The database did not finish a search in time."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """End queries inside after so many seconds. Raises TooSlow."""
    end = time.monotonic() + seconds
    try:
        if connection.vendor == "sqlite":
            with _interrupted_at(end):
                yield
        else:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [int(seconds * 1000)])
                yield
    except OperationalError as error:
        if time.monotonic() < end:
            raise
        raise TooSlow from error


@contextmanager
def _interrupted_at(end: float) -> Iterator[None]:
    connection.ensure_connection()
    database = connection.connection
    database.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    finally:
        database.set_progress_handler(None, 0)
