"""Connections that keep a call's deadline and record whether anything was sent.

``requests`` limits the wait for each read, not the whole response: a response that arrives byte by byte
would block a page without a limit. It also does not say whether a failed request was sent. Here each connection
belongs to a `Call`, which gives the time-out of each read and records whether the request was sent.

The framing of a response is read by `framing`, more strictly than `http.client` does: `begin` is overridden.

urllib3 has no public hook for resolving a name with a timeout: `HTTPConnection._new_conn` is overridden.
`tests/codat/test_hooks.py` names a hook that is used here and no longer exists.
"""

from __future__ import annotations

import http
import http.client
import io
import queue
import select
import socket
import ssl
import threading
from contextlib import suppress
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import allowed_gai_family, create_connection

from customers.codat.http import framing
from customers.codat.http.call_context import Call, current_call

# The poll event of a peer that closed its end. Linux only; elsewhere a disconnect is not noticed before a read.
_PEER_CLOSED = getattr(select, "POLLRDHUP", 0)


class ClientClosed(OSError):
    """The client of the dashboard has disconnected before this response was complete."""


class _DeadlineReader(io.RawIOBase):
    """What `http.client` reads a response from; each read ends within the call's deadline."""

    def __init__(self, raw: Any, sock: socket.socket, call: Call) -> None:
        super().__init__()
        self._raw, self._sock, self._call = raw, sock, call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        timeout = self._call.remaining(self._call.read_timeout)
        if self._call.client_socket is not None:
            _wait(self._sock, self._call.client_socket, timeout)
        self._sock.settimeout(timeout)
        count: int | None = self._raw.readinto(buffer)
        if count and isinstance(self._sock, ssl.SSLSocket):
            count += self._read_available(memoryview(buffer)[count:])
        return count

    def _read_available(self, buffer: memoryview) -> int:
        """Read on without waiting: TLS returns at most 16 KiB at a time."""
        total = 0
        self._sock.settimeout(0)
        with suppress(ssl.SSLWantReadError):
            while total < len(buffer) and (count := self._raw.readinto(buffer[total:])):
                total += count
        return total

    def close(self) -> None:
        try:
            self._raw.close()
        finally:
            super().close()


def _wait(sock: socket.socket, client_socket: int, timeout: float) -> None:
    """Wait until the socket is readable. `ClientClosed` if the client disconnects first."""
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    poll.register(client_socket, _PEER_CLOSED)
    ready = [fileno for fileno, _ in poll.poll(timeout * 1000)]
    if client_socket in ready:
        raise ClientClosed("the client disconnected")
    if not ready:
        raise TimeoutError("timed out")


class _DeadlineSocket:
    """The part of a socket that `http.client.HTTPResponse` uses."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        raw = self._sock.makefile("rb", buffering=0)
        return io.BufferedReader(_DeadlineReader(raw, self._sock, current_call()))


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_DeadlineSocket(sock), *args, **kwargs)  # type: ignore[arg-type]  # all that is used

    def begin(self) -> None:
        """Read the headers. Interim responses (1xx) are skipped; `http.client` skips 100 alone."""
        super().begin()
        while 100 <= self.status < 200 and self.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            framing.check_complete(self.headers)
            self.headers = self.msg = None  # type: ignore[assignment]  # what makes it read the next response
            super().begin()
        framing.check_complete(self.headers)
        self._set_framing()

    def _set_framing(self) -> None:
        """Use one parse of the framing and the encoding for this class, for urllib3 and for the dashboard."""
        chunked, length = framing.is_chunked(self.headers), framing.content_length(self.headers)
        self._replace_header("Transfer-Encoding", "chunked" if chunked else "")
        self._replace_header("Content-Encoding", ", ".join(framing.content_codings(self.headers)))
        if chunked and not self.chunked:
            self.chunked, self.chunk_left, self.length = True, None, None
        elif not chunked and length is not None:
            self._replace_header("Content-Length", str(length))
            self.length = length if self.length is None else self.length

    def _replace_header(self, name: str, value: str) -> None:
        del self.headers[name]
        if value:
            self.headers[name] = value


def _resolve(host: str, port: int, timeout: float) -> list[str]:
    """The host's addresses. In a thread, because the system's resolver has no timeout."""
    result: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            infos = socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM)
            result.put([str(address[0]) for *_, address in infos])
        except (OSError, UnicodeError) as error:
            result.put(error if isinstance(error, OSError) else OSError("not a host name"))

    threading.Thread(target=resolve, daemon=True, name="resolve").start()
    try:
        addresses = result.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError("resolving the name took too long") from None
    if isinstance(addresses, OSError):
        raise addresses
    return list(dict.fromkeys(addresses))


class _Connection(HTTPConnection):
    response_class = _Response
    used = False  # whether a request was sent since the connection was opened

    def _new_conn(self) -> socket.socket:
        call, limit = current_call(), float(self.timeout or 0)
        failure = OSError("the name has no address")
        for address in _resolve(self.host, self.port, call.remaining(limit)):
            try:
                return create_connection(
                    (address, self.port),
                    call.remaining(limit),
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except OSError as error:
                failure = error
        raise failure

    def connect(self) -> None:
        super().connect()
        self.used = False

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.is_closed:
            self.connect()
        call = current_call()
        call.reused, self.used = self.used, True
        call.sent = True
        super().request(*args, **kwargs)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _SecurePool}
