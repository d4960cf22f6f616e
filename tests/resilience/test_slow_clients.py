"""Incomplete requests: they occupy no thread that others need."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from tests.support.programs.processes import gunicorn

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


def responds(port: int) -> bool:
    """Whether the dashboard responds; like a browser, this retries where the connection was closed."""
    for _ in range(5):
        browser = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            browser.request("GET", "/healthz")
            return browser.getresponse().status == 200
        except ConnectionError:
            continue
        finally:
            browser.close()
    return False


def read(peer: socket.socket) -> bytes:
    """The bytes that the dashboard sends before it closes the connection."""
    with contextlib.suppress(ConnectionResetError):
        return peer.recv(1000)
    return b""


@pytest.mark.parametrize(
    "request_part", [b"", HALF_A_HEAD, NO_BODY], ids=["nothing", "half a head", "no body"]
)
def test_eighty_unfinished_requests_do_not_stop_the_dashboard(request_part: bytes) -> None:
    with gunicorn() as (_, port), connections(port, 80, request_part) as peers:
        for _ in range(5):
            assert responds(port)
        # They are closed without a response.
        assert read(peers[0]) == b""


def test_a_head_that_is_sent_in_parts_gets_a_response() -> None:
    with gunicorn() as (_, port):
        peer = socket.create_connection(("127.0.0.1", port), timeout=30)
        for part in (b"GET /healthz HT", b"TP/1.1\r\nHo", b"st: 127.0.0.1\r\n", b"\r\n"):
            peer.sendall(part)
            time.sleep(0.1)
        assert peer.recv(100).startswith(b"HTTP/1.1 200 ")
        # The connection is kept for the next request.
        peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert peer.recv(100)
        peer.close()
