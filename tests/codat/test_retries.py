"""Retries, connections, the deadline, and the limits that Codat announces."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from customers.codat import client as client_module
from customers.codat.errors import (
    CodatError,
    ConnectionLost,
    RateLimited,
    TimedOut,
    Unavailable,
)
from customers.codat.http import responses
from customers.codat.http.call_context import deadline
from tests.support.codat import make_client
from tests.support.patience import SOON
from tests.support.servers.raw_server import (
    RawServer,
    Reply,
    hang,
    head,
    ok,
    then_close,
    then_reset,
)

JSON = ok(b'{"a": 1}')
OFF = ok(b"", status="503 Service Unavailable")

pytestmark = pytest.mark.usefixtures("no_waiting")


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
def test_a_get_is_retried_twice(reply: Reply) -> None:
    with RawServer(reply, reply, JSON) as server:
        assert make_client(server.url).get_json("/x").data == {"a": 1}
        assert len(server.requests) == 3
    with RawServer(reply) as server:
        with pytest.raises(CodatError):
            make_client(server.url).get_json("/x")
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
def test_these_responses_are_not_retried(reply: Reply) -> None:
    with RawServer(reply) as server:
        with pytest.raises(CodatError):
            make_client(server.url, 0.2).get_json("/x")
        assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("reply", [then_reset(), OFF, ok(b"", "Retry-After: 0", status="429 No")])
def test_a_write_is_never_retried(method: str, reply: Reply) -> None:
    with RawServer(reply, JSON) as server:
        with pytest.raises(CodatError):
            make_client(server.url).send_json(method, "/x", body={"a": 1})
        assert len(server.requests) == 1


def test_a_pooled_connection_is_reused() -> None:
    with RawServer(JSON) as server:
        client = make_client(server.url)
        for _ in range(5):
            client.get_json("/x")
        server.replies = [ok(b'{"error": "no"}', status="400 Bad Request")]
        with pytest.raises(CodatError):
            client.get_json("/x")
        server.replies = [JSON]
        client.get_json("/x")
        assert (len(server.requests), server.connections) == (7, 1)


def test_a_pooled_connection_that_codat_closed_is_retried_immediately(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server closes a pooled connection while a request is sent on it."""
    monkeypatch.setattr(client_module, "BACKOFF", 100)  # the retry does not wait
    with RawServer(JSON, then_close(b""), JSON) as server:
        client = make_client(server.url)
        client.get_json("/first")
        assert client.get_json("/second").data == {"a": 1}
        assert server.paths() == ["/first", "/second", "/second"]
        assert server.connections == 2


def test_a_write_uses_a_new_connection() -> None:
    with RawServer(JSON) as server:
        client = make_client(server.url)
        client.get_json("/x")
        client.send_json("POST", "/x", body=b"{}")
        assert server.connections == 2
        client.get_json("/x")
        assert server.connections == 2


def test_the_bytes_of_a_write() -> None:
    with RawServer(JSON) as server:
        make_client(server.url).send_json(
            "PUT", "/x", {"a": "b c"}, '{"n": 1.10, "t": "ä"}', {"Idempotency-Key": "k"}
        )
    start, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = start.decode().split("\r\n")
    assert lines[0] == "PUT /x?a=b%20c HTTP/1.1"
    assert {"Content-Type: application/json", "Idempotency-Key: k"} <= set(lines)
    assert body.decode() == '{"n": 1.10, "t": "ä"}'


def test_a_short_retry_after_is_respected() -> None:
    with RawServer(ok(b"", "Retry-After: 1", status="429 Too Many Requests"), JSON) as server:
        started = time.monotonic()
        make_client(server.url).get_json("/x")
        assert 0.9 < time.monotonic() - started < SOON


def test_a_retry_after_past_the_deadline_is_not_waited_for() -> None:
    with RawServer(ok(b"", "Retry-After: 1", status="503 Off"), JSON) as server, deadline(0.5):
        with pytest.raises(Unavailable) as caught:
            make_client(server.url).get_json("/x")
        assert caught.value.retry_after == 1
        assert len(server.requests) == 1  # One second is past the deadline.


def test_the_deadline_covers_several_calls() -> None:
    with RawServer(JSON, hang(), JSON) as server:
        client = make_client(server.url)
        started = time.monotonic()
        with deadline(0.6), deadline(30):
            client.get_json("/x")
            with pytest.raises(TimedOut):
                client.get_json("/x")
            with pytest.raises(TimedOut) as caught:
                client.send_json("POST", "/x", body=b"{}")
        assert not caught.value.may_have_arrived
        assert len(server.requests) == 2
        assert 0.5 < time.monotonic() - started < SOON
        # Outside of the deadline calls work again.
        assert client.get_json("/x").data == {"a": 1}


def test_the_deadline_covers_threads_that_copy_the_context() -> None:
    with RawServer(hang()) as server, ThreadPoolExecutor(1) as threads, deadline(0.1):
        started = time.monotonic()
        future = threads.submit(copy_context().run, make_client(server.url).get_json, "/x")
        assert isinstance(future.exception(), TimedOut)
        assert time.monotonic() - started < SOON


def test_no_retry_starts_past_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "BACKOFF", 100)
    with RawServer(then_reset()) as server, deadline(0.5):
        started = time.monotonic()
        with pytest.raises(ConnectionLost):
            make_client(server.url).get_json("/x")
        assert time.monotonic() - started < SOON
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
def test_retry_after_in_seconds_or_as_a_date(value: str, expected: int | None) -> None:
    refused = ok(b"", f"Retry-After: {value}", status="400 Bad Request")
    with RawServer(refused) as server, pytest.raises(CodatError) as caught:
        make_client(server.url).get_json("/x")
    assert caught.value.retry_after == expected


def test_retry_after_a_date_in_the_future() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    refused = ok(b"", f"Retry-After: {when}", status="429 Too Many Requests")
    with RawServer(refused) as server, pytest.raises(RateLimited) as caught:
        make_client(server.url).get_json("/x")
    assert caught.value.retry_after in range(298, 302)
    assert "Try again in " in caught.value.sentence
    assert "minutes" in caught.value.sentence


def test_the_rate_limit_is_read_from_the_headers() -> None:
    limits = ["X-Rate-Limit-Limit: 5000", "X-Rate-Limit-Remaining: 4711"]
    with RawServer(ok(b"{}", *limits, "x-rate-limit-reset: 2026-01-01T00:00:00Z")) as server:
        client = make_client(server.url)
        before = client.rate_limit
        assert before is None
        client.get_json("/x")
        assert client.rate_limit == (5000, 4711, "2026-01-01T00:00:00Z")
        server.replies = [ok(b"{}"), ok(b"{}", "X-Rate-Limit-Limit: a", limits[1])]
        client.get_json("/x")
        client.get_json("/x")
        assert client.rate_limit == (5000, 4711, "2026-01-01T00:00:00Z")
        server.replies = [ok(b"", limits[0], "X-Rate-Limit-Remaining: 0", status="429 No")]
        with pytest.raises(RateLimited):
            client.send_json("POST", "/x")
        assert client.rate_limit == (5000, 0, "")
