"""Files streamed from Codat to a browser.

A download occupies a server thread for as long as the browser takes, so each process limits how many run at the same
time: a `Transfer` holds a download slot until it is closed, however it ends.
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

from customers.codat.errors import ClientDisconnected, TooManyConcurrentCalls
from customers.codat.http.call_context import abort_when_closed

logger = logging.getLogger(__name__)

# Seconds without progress after which sending to a browser fails; nginx's default is the same.
SEND_TIMEOUT = 60
# Retry-After in seconds while all slots are in use.
RETRY_AFTER = 10

_NO_SLOT = (
    "This download was not started; too many downloads are running. Try again in a few seconds."
)


class Body(Protocol):
    """A response body, piece by piece."""

    def __next__(self) -> bytes: ...

    def close(self) -> None: ...


B = TypeVar("B", bound=Body)


class DownloadSlots:
    """Limits the downloads that run at the same time in this process."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_use = 0
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Take a slot. Raises `TooManyConcurrentCalls` without waiting where none is free."""
        with self._lock:
            if self.in_use < self.limit:
                self.in_use += 1
                return
        raise TooManyConcurrentCalls(
            "no free download slot", sentence=_NO_SLOT, retry_after=RETRY_AFTER
        )

    def release(self) -> None:
        """Give a slot back."""
        with self._lock:
            self.in_use -= 1


@functools.cache
def download_slots() -> DownloadSlots:
    """The download slots of this process."""
    return DownloadSlots(settings.CODAT_MAX_DOWNLOADS)


class ClientSocket:
    """The browser's connection, where the server gives access to it (gunicorn does)."""

    def __init__(self, request: HttpRequest) -> None:
        self._socket: Any = request.META.get("gunicorn.socket")

    @property
    def fileno(self) -> int | None:
        """The file descriptor; None where the server gives no access."""
        return self._socket.fileno() if self._socket else None

    def set_send_timeout(self) -> None:
        """From now on sending fails when the browser accepts nothing for `SEND_TIMEOUT` seconds."""
        if self._socket:
            limit = struct.pack("ll", SEND_TIMEOUT, 0)
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def reset(self) -> bool:
        """Reset the connection, so that an incomplete file is not taken for a complete one. False without access.

        For an HTTP/1.0 client, such as nginx towards its upstream, a normal end of the connection is the end of the
        file. The server would end it normally; so its file descriptor is replaced by an unconnected socket.
        """
        if not self._socket:
            return False
        with suppress(OSError), socket.socket() as unconnected:
            reset_on_close = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_on_close)
            os.dup2(unconnected.fileno(), self._socket.fileno(), inheritable=False)
            return True
        return False


class Transfer(Generic[B]):
    """A response body that holds a download slot: iterate once, then close. ``what`` is its name in the log.

    ``open_body`` makes the body; its errors are raised by the constructor, and so is `TooManyConcurrentCalls`. A
    body that fails later resets the browser's connection.
    """

    def __init__(self, request: HttpRequest, what: str, open_body: Callable[[], B]) -> None:
        self._client, self._what = ClientSocket(request), what
        self._sent, self._outcome, self._started = 0, "", time.monotonic()
        download_slots().acquire()
        # Runs once: by close(), or when the object is garbage collected without it.
        self._release = weakref.finalize(self, download_slots().release)
        try:
            with abort_when_closed(self._client.fileno):
                self.body = open_body()
        except BaseException:
            self._release()
            raise
        self._client.set_send_timeout()

    def __iter__(self) -> Transfer[B]:
        return self

    def __next__(self) -> bytes:
        try:
            with abort_when_closed(self._client.fileno):
                piece = next(self.body)
        except StopIteration:
            self._outcome = "complete"
            self.close()
            raise
        except Exception as error:
            self._outcome = type(error).__name__
            self.close()
            if isinstance(error, ClientDisconnected) or self._client.reset():
                # gunicorn handles this error without a traceback in its log.
                raise ConnectionResetError(errno.ECONNRESET, "the download failed") from error
            raise
        self._sent += len(piece)
        return piece

    def close(self) -> None:
        """End the transfer and release its slot. Safe to repeat."""
        if self._release.alive:
            try:
                self.body.close()
            finally:
                self._release()
            facts = {
                "event": "transfer",
                "what": self._what,
                "outcome": self._outcome or "client disconnected",
                "bytes": self._sent,
                "ms": round((time.monotonic() - self._started) * 1000, 1),
            }
            logger.info("transfer", extra={"facts": facts})
