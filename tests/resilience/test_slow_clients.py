"""Requests that never arrive: they take no thread that others need."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from tests.support.processes import gunicorn

pytestmark = pytest.mark.django_db(transaction=True)

HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: 127"
NO_BODY = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n"


@contextlib.contextmanager
def connections(port: int, count: int, request: bytes) -> Iterator[list[socket.socket]]:
    """Open connections that have sent a part of a request."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            peer.sendall(request)
            opened.append(peer)
        yield opened


def is_alive(port: int) -> bool:
    """Whether the dashboard answers; like a browser, tries again where its connection was closed."""
    for _ in range(5):
        door = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            door.request("GET", "/healthz")
            return door.getresponse().status == 200
        except ConnectionError:
            continue
        finally:
            door.close()
    return False


def read(peer: socket.socket) -> bytes:
    """What the dashboard sends before it closes the connection."""
    with contextlib.suppress(ConnectionResetError):
        return peer.recv(1000)
    return b""


@pytest.mark.parametrize(
    "request_part", [b"", HALF_A_HEAD, NO_BODY], ids=["nothing", "half a head", "no body"]
)
def test_eighty_unfinished_requests_do_not_stop_the_dashboard(request_part: bytes) -> None:
    with gunicorn() as (_, port), connections(port, 80, request_part) as peers:
        for _ in range(5):
            assert is_alive(port)
        # Closed in the end, without an answer.
        assert read(peers[0]) == b""


def test_a_head_that_comes_in_pieces_is_answered() -> None:
    with gunicorn() as (_, port):
        peer = socket.create_connection(("127.0.0.1", port), timeout=30)
        for piece in (b"GET /healthz HT", b"TP/1.1\r\nHo", b"st: 127.0.0.1\r\n", b"\r\n"):
            peer.sendall(piece)
            time.sleep(0.1)
        assert peer.recv(100).startswith(b"HTTP/1.1 200 ")
        # The connection is kept for the next request.
        peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert peer.recv(100)
        peer.close()
