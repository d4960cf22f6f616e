"""A server that sends the bytes of a test, over a real socket, with or without TLS.

`raw_server.pem` is a self-signed certificate for 127.0.0.1 and its key, for tests only.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

CERTIFICATE = Path(__file__).with_name("raw_server.pem")

# Bytes are sent and the connection is kept. A function is called with the socket, which is closed afterwards.
Reply = bytes | Callable[[socket.socket], None]


def ok(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A complete response that keeps the connection."""
    return head(f"Content-Length: {len(body)}", *headers, status=status) + body


def head(*headers: str, status: str = "200 OK") -> bytes:
    """The head of a response."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1")


def then_close(data: bytes) -> Reply:
    """Send this and close the connection."""
    return lambda sock: sock.sendall(data)


def then_reset(data: bytes = b"") -> Reply:
    """Send this, then reset the connection."""

    def reply(sock: socket.socket) -> None:
        if data:
            sock.sendall(data)
            time.sleep(0.05)  # a reset overtakes the data before it
        # With this option the close is a reset. A TLS socket would send its own end first.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return reply


def drip(first: bytes, rest: bytes, seconds: float = 0.03) -> Reply:
    """Send `first`, then `rest` byte by byte, until the client disconnects."""

    def reply(sock: socket.socket) -> None:
        sock.sendall(first)
        with contextlib.suppress(OSError):
            for byte in rest:
                sock.sendall(bytes([byte]))
                time.sleep(seconds)

    return reply


def hang(first: bytes = b"") -> Reply:
    """Send this and no more, until the client disconnects."""

    def reply(sock: socket.socket) -> None:
        sock.sendall(first)
        with contextlib.suppress(OSError):
            sock.recv(1)

    return reply


class RawServer:
    """Responds to each request with the next reply, and repeats the last one."""

    def __init__(self, *replies: Reply, tls: bool = False) -> None:
        self.replies = list(replies)
        self.requests: list[bytes] = []
        self.connections = 0
        self._tls = tls
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def paths(self) -> list[str]:
        """The targets of the requests so far, as they were received."""
        return [request.split(b" ", 2)[1].decode("latin-1") for request in self.requests]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._open.append(sock)
                threading.Thread(target=self._serve, args=[sock], daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            if self._tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(CERTIFICATE)
                sock = context.wrap_socket(sock, server_side=True)
            stack.enter_context(sock)
            while request := _request(sock):
                with self._lock:
                    self.requests.append(request)
                    reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                if callable(reply):
                    reply(sock)
                    return
                sock.sendall(reply)


def _request(sock: socket.socket) -> bytes:
    """One request, body included. Empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (part := sock.recv(65536)):
            return b""
        data += part
    start, _, body = data.partition(b"\r\n\r\n")
    for line in start.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            missing = int(line.partition(b":")[2]) - len(body)
            while missing > 0 and (part := sock.recv(65536)):
                data += part
                missing -= len(part)
    return data
