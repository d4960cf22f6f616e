"""The first bytes of a download: read ahead, and returned again by the iteration."""

from __future__ import annotations

import time

import pytest

from customers.codat.call_context import deadline
from customers.codat.client import Client
from customers.codat.errors import TimedOut
from tests.support.raw_server import RawServer, drip, head, ok


def test_iteration_returns_the_first_bytes_again() -> None:
    body = bytes(range(256)) * 4000
    for size in (1, 1000, len(body) - 1, len(body), len(body) + 1):
        with RawServer(ok(body)) as server:
            file = Client(server.url, "Basic a2V5", 2).stream("/file")
            first = file.peek(size)
            assert len(first) >= min(size, len(body))
            assert body.startswith(first)
            assert b"".join(file) == body
            file.close()


def test_peek_keeps_the_deadline() -> None:
    with RawServer(drip(head("Content-Length: 900"), b"a" * 900)) as server, deadline(0.3):
        file = Client(server.url, "Basic a2V5", 2).stream("/file")
        started = time.monotonic()
        with pytest.raises(TimedOut):
            file.peek(900)
        assert time.monotonic() - started < 2
        assert list(file) == []
