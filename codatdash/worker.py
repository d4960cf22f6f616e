"""gunicorn's threaded worker, with limits on how long a peer may take to send a request.

gunicorn reads a request's head in a thread and waits for it without an end, so that as many half-sent requests as there
are threads stop the server. Here most threads only work on requests whose head, and the start of whose body, are there.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time

from gunicorn.workers.gthread import TConn, ThreadWorker

# Seconds until a request's head and the start of its body are there, and for each later part of the body.
REQUEST_TIMEOUT, BODY_TIMEOUT = 10.0, 20
# Seconds in which an honest client sends its head after connecting. So long any thread waits.
USUAL = 0.5
# The largest head that is waited for: request line and headers within gunicorn's own limits.
MAX_HEAD = 128 * 1024
# Bytes of a body that have to be there before a thread begins: most forms are smaller.
BODY_START = 16 * 1024
# Seconds between two looks at a head that is still incomplete.
_PAUSE = 0.05
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*(?:\r\n|$)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


class LimitedThreadWorker(ThreadWorker):
    """Closes connections whose request does not arrive in time.

    At most a quarter of the threads wait long for incomplete requests; a further incomplete request is closed after
    half a second.
    """

    def init_process(self) -> None:
        """Prepare the limit before the first connection."""
        self._waiting = threading.BoundedSemaphore(max(self.cfg.threads // 4, 1))
        super().init_process()

    def handle(self, conn: TConn) -> bool:
        """Handle one request, once its head and the start of its body are there; False closes the connection."""
        seconds, microseconds = BODY_TIMEOUT, 0
        with contextlib.suppress(OSError):
            # Receiving only: a slow download is sent for as long as it takes.
            conn.sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, microseconds)
            )
            if not self._has_request(conn):
                # At once: gunicorn's own close waits for the peer, in the thread that accepts connections.
                conn.sock.shutdown(socket.SHUT_RDWR)
                return False
        return super().handle(conn)

    def _has_request(self, conn: TConn) -> bool:
        # A kept connection is dispatched without new data where gunicorn has read its next request already.
        if (conn.initialized and _peek(conn.sock) is None) or _arrives(conn.sock, USUAL):
            return True
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return _arrives(conn.sock, REQUEST_TIMEOUT)
        finally:
            self._waiting.release()


def _arrives(sock: socket.socket, seconds: float) -> bool:
    """Wait for a request, at most so many seconds; whether it is there."""
    end = time.monotonic() + seconds
    while not _is_complete(sock):
        if time.monotonic() > end:
            return False
        time.sleep(_PAUSE)
    return True


def _is_complete(sock: socket.socket) -> bool:
    """Whether the head and the start of the body can be read, or the connection has ended. Consumes nothing."""
    received = _peek(sock)
    if received is None:
        return False
    # Without data the peer has closed; a head beyond the limit is gunicorn's to refuse.
    if not received or len(received) == MAX_HEAD:
        return True
    head, end, body = received.partition(_END)
    return bool(end) and len(body) >= min(_announced(head), BODY_START)


def _peek(sock: socket.socket) -> bytes | None:
    """What can be read now, left where it is; None while there is nothing."""
    try:
        return sock.recv(MAX_HEAD, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None


def _announced(head: bytes) -> int:
    """The length of the body that a head announces; 1 for one that comes in chunks."""
    if length := _LENGTH.search(head):
        return int(length[1])
    return 1 if _CHUNKED.search(head) else 0
