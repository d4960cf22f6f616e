"""What is tried again, how often, and when not; the deadline; the limits that Codat announces."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from customers.codat import client as client_module
from customers.codat import responses
from customers.codat.call_context import deadline
from customers.codat.client import Client
from customers.codat.errors import (
    CodatError,
    ConnectionLost,
    RateLimited,
    TimedOut,
    Unavailable,
)
from tests.support.raw_server import RawServer, Reply, hang, head, ok, then_close, then_reset

JSON = ok(b'{"a": 1}')
OFF = ok(b"", status="503 Service Unavailable")

pytestmark = pytest.mark.usefixtures("no_waiting")


def client(server: RawServer, timeout: float = 5) -> Client:
    return Client(server.url, "Basic a2V5", 8, timeout, timeout, total_timeout=10)


@pytest.mark.parametrize(
    "reply",
    [
        then_reset(),
        then_close(b""),
        then_close(head("Content-Length: 9") + b"{"),
        then_reset(head("Content-Length: 9") + b"{"),
        ok(b"", status="502 Bad Gateway"),
        OFF,
        ok(b"", status="504 Gateway Timeout"),
        ok(b"", "Retry-After: 0", status="429 Too Many Requests"),
    ],
)
def test_a_get_is_tried_three_times(reply: Reply) -> None:
    with RawServer(reply, reply, JSON) as server:
        assert client(server).get_json("/x").data == {"a": 1}
        assert len(server.requests) == 3
    with RawServer(reply) as server:
        with pytest.raises(CodatError):
            client(server).get_json("/x")
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    "reply",
    [
        hang(),
        ok(b"<html>"),
        ok(b"", status="302 Found"),
        *(ok(b"", status=f"{status} No") for status in (400, 401, 402, 403, 404, 409, 422, 451)),
        ok(b"", status="500 Internal Server Error"),
        ok(b"", status="429 Too Many Requests"),
        ok(b"", "Retry-After: 60", status="429 Too Many Requests"),
        ok(b"", "Retry-After: 60", status="503 Service Unavailable"),
    ],
)
def test_what_is_tried_once(reply: Reply) -> None:
    with RawServer(reply) as server:
        with pytest.raises(CodatError):
            client(server, 0.2).get_json("/x")
        assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("reply", [then_reset(), OFF, ok(b"", "Retry-After: 0", status="429 No")])
def test_a_write_is_never_tried_again(method: str, reply: Reply) -> None:
    with RawServer(reply, JSON) as server:
        with pytest.raises(CodatError):
            client(server).send_json(method, "/x", body={"a": 1})
        assert len(server.requests) == 1


def test_a_kept_connection_is_used_again() -> None:
    with RawServer(JSON) as server:
        ours = client(server)
        for _ in range(5):
            ours.get_json("/x")
        server.replies = [ok(b'{"error": "no"}', status="400 Bad Request")]
        with pytest.raises(CodatError):
            ours.get_json("/x")
        server.replies = [JSON]
        ours.get_json("/x")
        assert (len(server.requests), server.connections) == (7, 1)


def test_a_stale_connection_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other side closes a kept connection at the very moment a request goes out on it."""
    monkeypatch.setattr(client_module, "BACKOFF", 100)  # there is no reason to wait
    with RawServer(JSON, then_close(b""), JSON) as server:
        ours = client(server)
        ours.get_json("/first")
        assert ours.get_json("/second").data == {"a": 1}
        assert server.paths() == ["/first", "/second", "/second"]
        assert server.connections == 2


def test_a_write_leaves_on_a_connection_of_its_own() -> None:
    with RawServer(JSON) as server:
        ours = client(server)
        ours.get_json("/x")
        ours.send_json("POST", "/x", body=b"{}")
        assert server.connections == 2
        ours.get_json("/x")
        assert server.connections == 2


def test_what_is_sent() -> None:
    with RawServer(JSON) as server:
        client(server).send_json(
            "PUT", "/x", {"a": "b c"}, '{"n": 1.10, "t": "ä"}', {"Idempotency-Key": "k"}
        )
    start, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = start.decode().split("\r\n")
    assert lines[0] == "PUT /x?a=b%20c HTTP/1.1"
    assert {"Content-Type: application/json", "Idempotency-Key: k"} <= set(lines)
    assert body.decode() == '{"n": 1.10, "t": "ä"}'


def test_a_short_retry_after_is_waited_for() -> None:
    with RawServer(ok(b"", "Retry-After: 1", status="429 Too Many Requests"), JSON) as server:
        started = time.monotonic()
        client(server).get_json("/x")
        assert 0.9 < time.monotonic() - started < 5


def test_no_wait_goes_past_the_deadline() -> None:
    with RawServer(ok(b"", "Retry-After: 1", status="503 Off"), JSON) as server, deadline(0.5):
        with pytest.raises(Unavailable) as caught:
            client(server).get_json("/x")
        assert caught.value.retry_after == 1
        assert len(server.requests) == 1  # A wait of a second would have been past it.


def test_the_deadline_holds_across_calls() -> None:
    with RawServer(JSON, hang(), JSON) as server:
        ours = client(server)
        started = time.monotonic()
        with deadline(0.6), deadline(30):
            ours.get_json("/x")
            with pytest.raises(TimedOut):
                ours.get_json("/x")
            with pytest.raises(TimedOut) as caught:
                ours.send_json("POST", "/x", body=b"{}")
        assert not caught.value.may_have_arrived
        assert len(server.requests) == 2
        assert 0.5 < time.monotonic() - started < 3
        # Outside, time is our own again.
        assert ours.get_json("/x").data == {"a": 1}


def test_the_deadline_holds_in_threads_that_copy_the_context() -> None:
    with RawServer(hang()) as server, ThreadPoolExecutor(1) as threads, deadline(0.1):
        started = time.monotonic()
        future = threads.submit(copy_context().run, client(server).get_json, "/x")
        assert isinstance(future.exception(), TimedOut)
        assert time.monotonic() - started < 3


def test_no_pause_goes_past_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "BACKOFF", 10)
    with RawServer(then_reset()) as server, deadline(0.5):
        started = time.monotonic()
        with pytest.raises(ConnectionLost):
            client(server).get_json("/x")
        assert time.monotonic() - started < 3
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("99999999", responses.MAX_RETRY_AFTER),
        ("-5", None),
        ("1e3", None),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", responses.MAX_RETRY_AFTER),
        ("Fri, 99 Dec 2026 23:59:59 GMT", None),
    ],
)
def test_retry_after(value: str, expected: int | None) -> None:
    refused = ok(b"", f"Retry-After: {value}", status="400 Bad Request")
    with RawServer(refused) as server, pytest.raises(CodatError) as caught:
        client(server).get_json("/x")
    assert caught.value.retry_after == expected


def test_retry_after_a_date() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    refused = ok(b"", f"Retry-After: {when}", status="429 Too Many Requests")
    with RawServer(refused) as server, pytest.raises(RateLimited) as caught:
        client(server).get_json("/x")
    assert caught.value.retry_after in range(298, 302)
    assert "Try again in " in caught.value.sentence
    assert "minutes" in caught.value.sentence


def test_rate_limit() -> None:
    limits = ["X-Rate-Limit-Limit: 5000", "X-Rate-Limit-Remaining: 4711"]
    with RawServer(ok(b"{}", *limits, "x-rate-limit-reset: 2026-01-01T00:00:00Z")) as server:
        ours = client(server)
        before = ours.rate_limit
        assert before is None
        ours.get_json("/x")
        assert ours.rate_limit == (5000, 4711, "2026-01-01T00:00:00Z")
        server.replies = [ok(b"{}"), ok(b"{}", "X-Rate-Limit-Limit: a", limits[1])]
        ours.get_json("/x")
        ours.get_json("/x")
        assert ours.rate_limit == (5000, 4711, "2026-01-01T00:00:00Z")
        server.replies = [ok(b"", limits[0], "X-Rate-Limit-Remaining: 0", status="429 No")]
        with pytest.raises(RateLimited):
            ours.send_json("POST", "/x")
        assert ours.rate_limit == (5000, 0, "")
