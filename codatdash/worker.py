"""gunicorn's threaded worker, with limits on how long a peer may take to send a request.

gunicorn reads a request's head in a thread, without a timeout, so one incomplete request per thread stops the server.
Here most threads handle only requests whose head, and the start of whose body, have arrived.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time

from gunicorn.workers.gthread import TConn, ThreadWorker

# Seconds until a request's head and the start of its body must have arrived, and for each later part of the body.
REQUEST_TIMEOUT, BODY_TIMEOUT = 10.0, 20
# Seconds that every thread waits for a request; an ordinary client sends its head within them.
SHORT_WAIT = 0.5
# Bytes that are inspected: request line and headers within gunicorn's own limits.
MAX_HEAD = 128 * 1024
# Bytes of a body that must have arrived before a thread begins; most forms are smaller.
BODY_START = 16 * 1024
# Seconds between two checks of an incomplete request.
POLL_INTERVAL = 0.05
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
        """Handle one request, once its head and the start of its body have arrived. False closes the connection."""
        seconds, microseconds = BODY_TIMEOUT, 0
        with contextlib.suppress(OSError):
            # For receiving only: a slow download may take as long as it needs.
            conn.sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, microseconds)
            )
            if not self._has_request(conn):
                # Immediately: gunicorn's own close waits for the peer, in the thread that accepts connections.
                conn.sock.shutdown(socket.SHUT_RDWR)
                return False
        return super().handle(conn)

    def _has_request(self, conn: TConn) -> bool:
        # A persistent connection is dispatched without new data where gunicorn has read its next request already.
        if (conn.initialized and _peek(conn.sock) is None) or _arrives(conn.sock, SHORT_WAIT):
            return True
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return _arrives(conn.sock, REQUEST_TIMEOUT)
        finally:
            self._waiting.release()


def _arrives(sock: socket.socket, seconds: float) -> bool:
    """Wait for a request, at most so many seconds; whether it has arrived."""
    end = time.monotonic() + seconds
    while not _is_complete(sock):
        if time.monotonic() > end:
            return False
        time.sleep(POLL_INTERVAL)
    return True


def _is_complete(sock: socket.socket) -> bool:
    """Whether the head and the start of the body can be read, or the connection has ended. Consumes nothing."""
    received = _peek(sock)
    if received is None:
        return False
    # No data: the peer has closed. A head beyond the limit is refused by gunicorn.
    if not received or len(received) == MAX_HEAD:
        return True
    head, end, body = received.partition(_END)
    return bool(end) and len(body) >= min(_content_length(head), BODY_START)


def _peek(sock: socket.socket) -> bytes | None:
    """The received bytes, without consuming them; None while there are none."""
    try:
        return sock.recv(MAX_HEAD, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None


def _content_length(head: bytes) -> int:
    """The content length that a head states; 1 for a chunked body."""
    if length := _LENGTH.search(head):
        return int(length[1])
    return 1 if _CHUNKED.search(head) else 0
