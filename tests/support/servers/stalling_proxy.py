"""A TCP proxy that can stop forwarding while it keeps its connections, like a server that hangs."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class StallingProxy:
    """Forwards connections to an address. After `stall()` nothing passes in either direction, until `resume()`."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._forwarding = threading.Event()
        self._forwarding.set()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        """Stop forwarding. Connections stay open, and new ones are accepted."""
        self._forwarding.clear()

    def resume(self) -> None:
        """Forward again, what has waited too."""
        self._forwarding.set()

    def close(self) -> None:
        """Close everything."""
        for sock in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self.resume()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                self._forwarding.wait()
                sink.sendall(piece)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def stalling_proxy(target: tuple[str, int]) -> Iterator[StallingProxy]:
    """A proxy for the duration of a test."""
    proxy = StallingProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
