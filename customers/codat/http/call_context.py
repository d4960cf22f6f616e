"""The context of calls to Codat: their deadline, the client socket that is watched, and whether one was a write."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_writes: ContextVar[list[bool] | None] = ContextVar("writes", default=None)
_client_socket: ContextVar[int | None] = ContextVar("client_socket", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """End all calls inside within so many seconds. A nested deadline can only shorten the outer one.

    Another thread is included only if it runs in a copy of the context.
    """
    token = _deadline.set(ends_at(seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def no_deadline() -> Iterator[None]:
    """End calls inside by their time-outs alone, for work that takes as long as it has pages to read."""
    token = _deadline.set(None)
    try:
        yield
    finally:
        _deadline.reset(token)


def ends_at(seconds: float) -> float:
    """The monotonic time at which a call that may take so many seconds must end."""
    end, outer = time.monotonic() + seconds, _deadline.get()
    return end if outer is None else min(outer, end)


@contextmanager
def abort_when_closed(fileno: int | None) -> Iterator[None]:
    """End calls inside with `ClientDisconnected` once the peer of this socket (fd) disconnects, if any."""
    token = _client_socket.set(fileno)
    try:
        yield
    finally:
        _client_socket.reset(token)


@contextmanager
def watch_writes() -> Iterator[None]:
    """Record whether a call that changes something was started inside.

    Another thread is included only if it runs in a copy of the context.
    """
    token = _writes.set([])
    try:
        yield
    finally:
        _writes.reset(token)


def record_write() -> None:
    """Record that a call that changes something is started."""
    writes = _writes.get()
    if writes is not None:
        writes.append(True)


def may_have_written() -> bool:
    """Whether a call that changes something was started. True outside of `watch_writes`, where that is not known."""
    writes = _writes.get()
    return writes is None or bool(writes)


class Call:
    """One request and its response on one connection.

    ``until`` is monotonic time; None leaves only the timeouts, which are in seconds: ``connect_timeout``
    for each address, ``read_timeout`` for each read.
    """

    __slots__ = (
        "client_socket",
        "connect_timeout",
        "new_connection",
        "read_timeout",
        "reused",
        "sent",
        "until",
    )

    def __init__(
        self, until: float, connect_timeout: float, read_timeout: float, *, new_connection: bool
    ) -> None:
        self.until: float | None = until
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.new_connection = new_connection  # do not use a pooled connection
        self.reused = False  # a pooled connection was used
        self.sent = False  # the first byte may have been sent
        self.client_socket = _client_socket.get()  # fd, None where no client is watched

    def remaining(self, limit: float) -> float:
        """Seconds to wait for the next read, at most ``limit``. TimeoutError once the deadline has passed."""
        if self.until is None:
            return limit
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return min(left, limit)


_call: ContextVar[Call] = ContextVar("call")


@contextmanager
def bound(call: Call) -> Iterator[None]:
    """Connections used inside belong to this call."""
    token = _call.set(call)
    try:
        yield
    finally:
        _call.reset(token)


def current_call() -> Call:
    """The call that the current connection belongs to."""
    return _call.get()
