"""Ends a wait for a database server that keeps its connections and does not respond.

The server's own `statement_timeout` needs a server that works, and TCP's time-outs need a peer that is disconnected. A
server, or a proxy in front of it, that hangs is neither: its kernel acknowledges all data. So the client limits its
waits, too. After a time-out new connections fail immediately for some seconds, and then one of them is the probe.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base

# Seconds after a time-out in which no connection is opened.
COOL_DOWN = 5.0
# Seconds more than the server's `statement_timeout`, so that a server that works reports its own error.
MARGIN = 1.0


class ConnectionBreaker:
    """Fails new connections immediately after a time-out; after the cool-down, lets one at a time through."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open_until = 0.0

    def open(self) -> None:
        """Open the breaker, after a time-out."""
        with self._lock:
            self._open_until = time.monotonic() + COOL_DOWN

    def close(self) -> None:
        """Close the breaker, after a response."""
        with self._lock:
            self._open_until = 0.0

    def check(self) -> None:
        """Raise OperationalError where no connection may be opened now."""
        with self._lock:
            if not self._open_until:
                return
            now = time.monotonic()
            if now < self._open_until:
                raise psycopg.OperationalError("the database did not respond a few seconds ago")
            # This connection is the probe; others wait for its result.
            self._open_until = now + COOL_DOWN


breaker = ConnectionBreaker()


class LimitedConnection(psycopg.Connection[Any]):
    """A connection that closes itself where the server does not respond in time."""

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **kwargs: Any) -> Any:
        """psycopg's wait for one exchange with the server. Raises OperationalError."""
        seconds = settings.DATABASE_TIMEOUT
        if not seconds:
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(_limited(gen, seconds + MARGIN), *args, **kwargs)
        except TimeoutError:
            breaker.open()
            self.close()
            raise psycopg.OperationalError("the database did not respond in time") from None


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend, with limited waits."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> LimitedConnection:
        """A connection. Raises OperationalError where none is made within `connect_timeout`."""
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        breaker.check()
        try:
            connection = LimitedConnection.connect(**conn_params)
        except psycopg.errors.ConnectionTimeout:
            breaker.open()
            raise
        breaker.close()
        return connection


def _limited(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """The same exchange. Raises TimeoutError where nothing arrives for too long; psycopg looks every tenth second."""
    end = time.monotonic() + seconds
    try:
        event = next(gen)
        while True:
            ready = yield event
            if ready:
                end = time.monotonic() + seconds
            elif time.monotonic() > end:
                raise TimeoutError
            event = gen.send(ready)
    except StopIteration as stop:
        return stop.value
