"""Files on their way from Codat to a browser.

A file holds a thread of the server for as long as the browser takes, so only so many may be under way at once in a
process: a `Transfer` holds one of these places until it is closed, however it ends.
"""

from __future__ import annotations

import errno
import functools
import logging
import os
import socket
import struct
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

from django.conf import settings
from django.http import HttpRequest

from customers.codat.client import watching
from customers.codat.errors import ClientDisconnected, TooManyConcurrentCalls

logger = logging.getLogger(__name__)

# Seconds without a byte taken after which a browser is given up; nginx waits as long.
STALLED = 60
# Seconds after which to come again where all places are taken.
COME_BACK = 10

_CROWDED = (
    "As many files are on their way as the dashboard sends at once, so this one was not begun. "
    "Try again in a few seconds."
)


class Body(Protocol):
    """What goes to a browser, piece by piece."""

    def __next__(self) -> bytes: ...

    def close(self) -> None: ...


B = TypeVar("B", bound=Body)


class Places:
    """Files that may be on their way at once in this process."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self._lock = threading.Lock()

    def take(self) -> None:
        """Take a place. Raises `TooManyConcurrentCalls` at once where there is none."""
        with self._lock:
            if self.taken < self.most:
                self.taken += 1
                return
        raise TooManyConcurrentCalls(
            "no place for another download", sentence=_CROWDED, retry_after=COME_BACK
        )

    def leave(self) -> None:
        """Give a place back."""
        with self._lock:
            self.taken -= 1


@functools.cache
def places() -> Places:
    """The places of this process."""
    return Places(settings.CODAT_MAX_DOWNLOADS)


class Browser:
    """The socket that an answer goes to, where the server lets us have it (gunicorn does)."""

    def __init__(self, request: HttpRequest) -> None:
        self._socket: Any = request.META.get("gunicorn.socket")

    @property
    def fileno(self) -> int | None:
        """The file descriptor; None where there is none."""
        return self._socket.fileno() if self._socket else None

    def bound(self) -> None:
        """From now on a write ends with an error when the browser takes nothing for `STALLED` seconds."""
        if self._socket:
            limit = struct.pack("ll", STALLED, 0)
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def reset(self) -> bool:
        """Break the connection so that nobody can take what was sent for the whole. False where that is not ours to do.

        To a client that speaks HTTP/1.0, as nginx does to what is behind it, the end of a connection is the end of
        the file. The server would end it politely; so the socket under its hands is exchanged for an unconnected one.
        """
        if not self._socket:
            return False
        with suppress(OSError), socket.socket() as blank:
            at_once = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            os.dup2(blank.fileno(), self._socket.fileno(), inheritable=False)
            return True
        return False


class Transfer(Generic[B]):
    """A body on its way: iterate once and close it. ``what`` is its name in the log.

    ``begin`` makes the body; its errors come out of the constructor, and so does `TooManyConcurrentCalls`. A body
    that fails later breaks the connection to the browser.
    """

    def __init__(self, request: HttpRequest, what: str, begin: Callable[[], B]) -> None:
        self._browser, self._what = Browser(request), what
        self._sent, self._outcome, self._started = 0, "", time.monotonic()
        places().take()
        # Called once, whoever comes first: close(), or the end of an object that nobody closed.
        self._leave = weakref.finalize(self, places().leave)
        try:
            with watching(self._browser.fileno):
                self.body = begin()
        except BaseException:
            self._leave()
            raise
        self._browser.bound()

    def __iter__(self) -> Transfer[B]:
        return self

    def __next__(self) -> bytes:
        try:
            with watching(self._browser.fileno):
                piece = next(self.body)
        except StopIteration:
            self._outcome = "whole"
            self.close()
            raise
        except Exception as error:
            self._outcome = type(error).__name__
            self.close()
            if isinstance(error, ClientDisconnected) or self._browser.reset():
                # The server knows this one, and says no more about it.
                raise ConnectionResetError(errno.ECONNRESET, "the file broke off") from error
            raise
        self._sent += len(piece)
        return piece

    def close(self) -> None:
        """End the transfer and give its place back. Safe to repeat."""
        if self._leave.alive:
            try:
                self.body.close()
            finally:
                self._leave()
            facts = {
                "event": "transfer",
                "what": self._what,
                "outcome": self._outcome or "browser gone",
                "bytes": self._sent,
                "ms": round((time.monotonic() - self._started) * 1000, 1),
            }
            logger.info("transfer", extra={"facts": facts})
