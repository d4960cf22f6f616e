"""Whether the database responds, for the log: one line where it stops, one where it responds again."""

import logging
import threading

from django.db import InterfaceError, OperationalError

log = logging.getLogger(__name__)

# Errors after which the same statement may succeed later, on a new connection.
DATABASE_AWAY = (OperationalError, InterfaceError)


class Outage:
    """The threads of a worker whose last statement failed. The log has a line for the first and after the last."""

    def __init__(self) -> None:
        self._threads: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, thread: str, error: Exception) -> None:
        """Record that a thread's statement failed. The error's text is not logged: it may name the address."""
        with self._lock:
            is_first = not self._threads
            self._threads.add(thread)
        if is_first:
            log.warning("The database cannot be used (%s). Trying again.", type(error).__name__)

    def end(self, thread: str) -> None:
        """Record that a thread's statements succeed."""
        if thread not in self._threads:
            return
        with self._lock:
            self._threads.discard(thread)
            is_last = not self._threads
        if is_last:
            log.warning("The database can be used again.")
