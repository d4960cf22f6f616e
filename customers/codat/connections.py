"""Under the client: connections that keep a deadline and know whether they have sent anything.

``requests`` bounds the wait for one piece of an answer, not for the whole: a header or a body that
drips in byte by byte holds a page for ever. And where a call fails it does not say whether the request
had left. Here a `Call` goes with each exchange; the connection notes on it what happened, and asks it
before each read how long it may wait.
"""

from __future__ import annotations

import http.client
import io
import queue
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util.connection import allowed_gai_family, create_connection

from customers.codat.errors import (
    ClientDisconnected,
    CodatError,
    ConnectionLost,
    InvalidResponse,
    TimedOut,
    Unreachable,
)
from customers.codat.text import log_text

# What a broken exchange can raise at this level; anything else is a mistake of ours.
FAILURES = (HTTPError, http.client.HTTPException, OSError)


_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_watched: ContextVar[int | None] = ContextVar("watched", default=None)

# Said by the system when the other side of a socket has ended the connection. Linux alone tells before reading.
_GONE = getattr(select, "POLLRDHUP", 0)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """All calls inside end within so many seconds. Nested ones only ever shorten.

    A thread started inside does not know of it unless it runs in a copy of the context.
    """
    until, outer = time.monotonic() + seconds, _deadline.get()
    token = _deadline.set(until if outer is None else min(outer, until))
    try:
        yield
    finally:
        _deadline.reset(token)


def ends_at(seconds: float) -> float:
    """When a call that may take so many seconds must end, on the monotonic clock."""
    until, outer = time.monotonic() + seconds, _deadline.get()
    return until if outer is None else min(outer, until)


@contextmanager
def watching(fileno: int | None) -> Iterator[None]:
    """Calls inside end with `ClientDisconnected` once the peer of this socket is gone. None watches nothing."""
    token = _watched.set(fileno)
    try:
        yield
    finally:
        _watched.reset(token)


class BrowserGone(OSError):
    """Nobody waits for the answer any more."""


class Call:
    """One exchange. ``until`` is on the monotonic clock; None leaves only the read timeout."""

    __slots__ = ("fresh", "read_timeout", "reused", "sent", "until", "watched")

    def __init__(self, until: float, read_timeout: float, *, fresh: bool) -> None:
        self.until: float | None = until
        self.read_timeout = read_timeout
        self.fresh = fresh  # not over a connection kept from before
        self.reused = False  # it went over one
        self.sent = False  # the first byte may have left
        self.watched = _watched.get()  # the socket of whoever waits, as a file descriptor

    def patience(self, limit: float) -> float:
        """Seconds to wait for the next piece, at most ``limit``. TimeoutError where none is left."""
        if self.until is None:
            return limit
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return min(left, limit)


_call: ContextVar[Call] = ContextVar("call")


@contextmanager
def under(call: Call) -> Iterator[None]:
    """Connections used inside belong to this call."""
    token = _call.set(call)
    try:
        yield
    finally:
        _call.reset(token)


class _Timed(io.RawIOBase):
    """What `http.client` reads an answer from, each read within the call's patience."""

    def __init__(self, raw: Any, sock: socket.socket, call: Call) -> None:
        super().__init__()
        self._raw, self._sock, self._call = raw, sock, call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        patience = self._call.patience(self._call.read_timeout)
        if self._call.watched is not None:
            _wait(self._sock, self._call.watched, patience)
        self._sock.settimeout(patience)
        count: int | None = self._raw.readinto(buffer)
        if count and isinstance(self._sock, ssl.SSLSocket):
            count += self._at_hand(memoryview(buffer)[count:])
        return count

    def _at_hand(self, rest: memoryview) -> int:
        """Read on for as long as nothing has to be waited for: TLS gives 16 KiB at a time."""
        got = 0
        self._sock.settimeout(0)
        with suppress(ssl.SSLWantReadError):
            while got < len(rest) and (count := self._raw.readinto(rest[got:])):
                got += count
        return got

    def close(self) -> None:
        try:
            self._raw.close()
        finally:
            super().close()


def _wait(sock: socket.socket, watched: int, patience: float) -> None:
    """Wait until there is something to read; `BrowserGone` if the watched socket ends first."""
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    poll.register(watched, _GONE)
    ready = [fileno for fileno, _ in poll.poll(patience * 1000)]
    if watched in ready:
        raise BrowserGone("the browser went away")
    if not ready:
        raise TimeoutError("timed out")


class _TimedSocket:
    """A socket as far as `http.client.HTTPResponse` needs one."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        raw = self._sock.makefile("rb", buffering=0)
        return io.BufferedReader(_Timed(raw, self._sock, _call.get()))


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]  # as far as it is used


def _resolve(host: str, port: int, patience: float) -> list[str]:
    """The host's addresses. In a thread, because the system's resolver takes no timeout."""
    answer: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM)
            answer.put([str(address[0]) for *_, address in found])
        except (OSError, UnicodeError) as error:
            answer.put(error if isinstance(error, OSError) else OSError("not a host name"))

    threading.Thread(target=ask, daemon=True, name="resolve").start()
    try:
        found = answer.get(timeout=patience)
    except queue.Empty:
        raise TimeoutError("resolving the name took too long") from None
    if isinstance(found, OSError):
        raise found
    return list(dict.fromkeys(found))


class _Connection(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        call, limit = _call.get(), float(self.timeout or 0)
        failure: OSError = OSError("the name has no address")
        for address in _resolve(self._dns_host, self.port, call.patience(limit)):
            try:
                return create_connection(
                    (address, self.port),
                    call.patience(limit),
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except OSError as error:
                failure = error
        raise failure

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.is_closed:
            self.connect()
        _call.get().sent = True
        super().request(*args, **kwargs)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection, call = super()._get_conn(timeout), _call.get()
        if call.fresh:
            connection.close()
        call.reused = not connection.is_closed
        return connection


class _SecurePool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS = {"http": _Pool, "https": _SecurePool}


def broken(error: Exception, call: Call, what: str, *, write: bool) -> CodatError:
    """Our error for an exchange that failed. Raise it outside of the ``except`` that caught it.

    Its cause is the innermost failure alone: the layers above repeat the address with its query, and
    the frames and contexts around it hold the request's headers.
    """
    root: BaseException = error
    while isinstance(inner := root.__cause__ or root.__context__, FAILURES):
        root = inner
    root.__traceback__ = root.__cause__ = root.__context__ = None
    # Escaped: the text may quote what upstream sent, and the log has one line per event.
    told = log_text(str(root))
    detail = f"{what}: {type(root).__name__}: {told}"
    ours: CodatError
    if not call.sent:
        ours = Unreachable(detail)
    elif isinstance(root, BrowserGone):
        ours = ClientDisconnected(detail, may_have_arrived=write)
    elif isinstance(root, TimeoutError):
        ours = TimedOut(detail, may_have_arrived=write)
    elif isinstance(root, OSError | http.client.IncompleteRead):
        ours = ConnectionLost(detail, may_have_arrived=write)
    else:
        ours = InvalidResponse(detail, may_have_arrived=write)
    ours.__cause__ = root
    return ours
