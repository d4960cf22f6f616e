"""Failures of a call: each has one error class, which says whether a write may have arrived."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from typing import Any

import msgspec
import pytest

from customers.codat import decoding
from customers.codat.client import Client
from customers.codat.errors import (
    AlreadyInUse,
    BadRequest,
    CodatError,
    ConnectionLost,
    ErrorResponse,
    Forbidden,
    InvalidResponse,
    KeyReused,
    NotFound,
    NotSynced,
    PaymentRequired,
    RateLimited,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from customers.codat.http import responses
from customers.codat.types import CustomersPage
from tests.support.codat import make_client
from tests.support.patience import SOON
from tests.support.servers.raw_server import (
    CERTIFICATE,
    RawServer,
    Reply,
    drip,
    hang,
    head,
    ok,
    then_close,
    then_reset,
)

pytestmark = pytest.mark.usefixtures("no_waiting")

JSON = ok(b'{"a": 1}')
# Seconds: a time-out that a test waits for.
SHORT = 0.25


def error_of(client: Client, method: str) -> CodatError:
    def call() -> object:
        if method == "GET":
            return client.get_json("/companies/c")
        if method == "stream":
            return list(client.stream("/companies/c"))
        return client.send_json(method, "/companies/c", body=b"{}")

    with pytest.raises(CodatError) as caught:
        call()
    assert caught.value.sentence.endswith(".")
    return caught.value


BROKEN: dict[str, tuple[Reply, type[CodatError]]] = {
    "immediate reset": (then_reset(), ConnectionLost),
    "closed at once": (then_close(b""), ConnectionLost),
    # http.client takes what came for all the headers, and an empty body for the body.
    "closed within the headers": (then_close(b"HTTP/1.1 200 OK\r\nContent-Le"), InvalidResponse),
    "reset within the body": (then_reset(head("Content-Length: 9") + b"{"), ConnectionLost),
    "short of Content-Length": (then_close(head("Content-Length: 9") + b"{"), ConnectionLost),
    "chunked, cut within": (
        then_close(head("Transfer-Encoding: chunked") + b'9\r\n{"a"'),
        ConnectionLost,
    ),
    "chunked, cut between": (
        then_close(head("Transfer-Encoding: chunked") + b'5\r\n{"a":\r\n'),
        ConnectionLost,
    ),
    "hangs": (hang(), TimedOut),
    "hangs within the headers": (hang(JSON[:20]), TimedOut),
    "hangs within the body": (hang(JSON[:-2]), TimedOut),
    "headers drip": (drip(JSON[:10], b"X" * 200), TimedOut),
    "body drips": (drip(head("Content-Length: 200"), b" " * 200), TimedOut),
    "not HTTP": (then_close(b"SSH-2.0-OpenSSH\r\n\r\n"), InvalidResponse),
    "endless header": (then_close(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000), InvalidResponse),
    "lengths that differ": (ok(b"{}", "Content-Length: 5"), InvalidResponse),
    "bad gzip": (ok(b"no gzip", "Content-Encoding: gzip"), InvalidResponse),
}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_exchange(name: str, method: str) -> None:
    reply, expected = BROKEN[name]
    started = time.monotonic()
    with RawServer(reply) as server:
        error = error_of(make_client(server.url, SHORT, total_timeout=2 * SHORT), method)
    assert type(error) is expected
    assert error.may_have_arrived is (method != "GET")
    assert method == "GET" or len(server.requests) == 1
    assert time.monotonic() - started < SOON


NOT_JSON = {
    "HTML": b"<!DOCTYPE html><title>502</title>",
    "empty": b"",
    "cut off": b'{"a": [1, 2',
    "deep": b"[" * 200_000,
    "not a number": b'{"a": NaN}',
    "not UTF-8": b'{"totalResults": "\xff"}',
    "absurd exponent": b"1e99999999999999999999",
    "absurd integer": b"9" * 5000,
}


@pytest.mark.parametrize("name", NOT_JSON)
def test_a_body_that_is_not_json(name: str) -> None:
    with RawServer(ok(NOT_JSON[name], "X-Correlation-Id: abc-1")) as server:
        for decode in (
            decoding.decode,
            decoding.decode_exactly,
            decoding.decoder_for(CustomersPage),
        ):
            with pytest.raises(InvalidResponse) as caught:
                make_client(server.url).get_json("/companies", decode=decode)
            assert caught.value.correlation_id == "abc-1"
        error = error_of(make_client(server.url), "POST")
    assert type(error) is InvalidResponse
    assert error.may_have_arrived


def test_a_body_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MAX_BODY", 100_000)
    large = b"[" + b" " * 100_000 + b"]"
    bomb = gzip.compress(b" " * 100_000_000)
    chunked = head("Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(large), large)
    for reply in (ok(large), ok(bomb, "Content-Encoding: gzip"), chunked):
        with RawServer(reply) as server:
            assert type(error_of(make_client(server.url), "GET")) is InvalidResponse
    with RawServer(ok(large[2:])) as server:  # exactly the limit, and then not JSON
        assert "not JSON" in str(error_of(make_client(server.url), "GET"))


def test_gzip_and_chunked_bodies_are_read() -> None:
    body = gzip.compress(b'{"a": 1}')
    chunked = b"4\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (body[:4], len(body) - 4, body[4:])
    for reply in (
        ok(body, "Content-Encoding: gzip"),
        head("Transfer-Encoding: chunked", "Content-Encoding: gzip") + chunked,
    ):
        with RawServer(reply) as server:
            assert make_client(server.url).get_json("/x").data == {"a": 1}


NOTHING_SENT = ["refused", "no such name", "no name at all", "plain HTTP", "unknown certificate"]


@pytest.mark.parametrize("method", ["GET", "POST", "stream"])
@pytest.mark.parametrize("name", NOTHING_SENT)
def test_no_connection_means_nothing_was_sent(name: str, method: str) -> None:
    with RawServer(JSON, tls=name == "unknown certificate") as server:
        url = {
            "refused": "http://127.0.0.1:9",
            "no such name": "http://codat.invalid",
            "no name at all": "http://a..b",
            "plain HTTP": server.url.replace("http:", "https:"),
            "unknown certificate": server.url,
        }[name]
        error = error_of(make_client(url, SHORT), method)
    assert type(error) is Unreachable
    assert not error.may_have_arrived
    assert "nothing was sent" in error.sentence
    assert server.requests == []


def test_the_tls_handshake_ends_at_the_connect_timeout() -> None:
    with RawServer(JSON) as server:
        # TLS to a server that sends nothing: connected, without a handshake.
        started = time.monotonic()
        error = error_of(make_client(server.url.replace("http:", "https:"), SHORT), "POST")
    assert type(error) is Unreachable
    assert time.monotonic() - started < SOON


def test_name_resolution_ends_at_the_connect_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: released.wait(4 * SOON) and [])
    started = time.monotonic()
    error = error_of(make_client("http://codat.example", SHORT), "POST")
    released.set()
    assert type(error) is Unreachable
    assert time.monotonic() - started < SOON


def test_all_addresses_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def two(host: str, *rest: Any) -> Any:
        if host != "codat.example":
            return real(host, *rest)
        return real("127.0.0.2", *rest) + real("127.0.0.1", *rest)

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with RawServer(JSON) as server:
        port = server.url.rpartition(":")[2]
        assert make_client(f"http://codat.example:{port}").get_json("/x").data == {"a": 1}


def test_tls_with_a_trusted_certificate() -> None:
    with RawServer(JSON, then_reset(head("Content-Length: 9") + b"{"), tls=True) as server:
        client = make_client(server.url, verify=str(CERTIFICATE))
        assert client.get_json("/x").data == {"a": 1}
        error = error_of(client, "POST")
    assert type(error) is ConnectionLost
    assert error.may_have_arrived


STATUSES: dict[int, tuple[type[CodatError], int]] = {
    400: (BadRequest, 502),
    401: (Unauthorized, 502),
    402: (PaymentRequired, 502),
    403: (Forbidden, 502),
    404: (NotFound, 404),
    408: (ErrorResponse, 502),
    409: (AlreadyInUse, 409),
    422: (KeyReused, 502),
    429: (RateLimited, 503),
    451: (ErrorResponse, 502),
    500: (Unavailable, 502),
    502: (Unavailable, 502),
    503: (Unavailable, 503),
    504: (Unavailable, 504),
    599: (Unavailable, 502),
}


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_its_error(status: int) -> None:
    expected, our_status = STATUSES[status]
    body_json = {
        "statusCode": 418,
        "error": "Codat's own message",
        "correlationId": "9d1c6b3f",
        "validation": {
            "errors": [{"itemId": "Address.City", "message": "Too long", "validatorName": None}],
            "warnings": [{"itemId": "Name", "message": "Hm"}],
        },
    }
    with RawServer(ok(msgspec.json.encode(body_json), status=f"{status} Whatever")) as server:
        for method in ("POST", "PUT"):
            error = error_of(make_client(server.url), method)
            assert type(error) is expected
            assert error.may_have_arrived is (status >= 500 or status == 408)
        assert len(server.requests) == 2
        read = error_of(make_client(server.url), "GET")
        assert type(error_of(make_client(server.url), "stream")) is type(read)
    assert type(read) is (NotSynced if status == 409 else expected)
    assert not read.may_have_arrived
    for one in (error, read):
        assert (one.status, one.our_status) == (status, our_status)
        assert one.correlation_id == "9d1c6b3f"
        assert one.message == "Codat's own message"
        assert one.validation == [
            {"itemId": "Address.City", "message": "Too long", "validatorName": ""}
        ]
        assert [item["message"] for item in one.warnings] == ["Hm"]


@pytest.mark.parametrize(
    ("status", "body_json", "expected"),
    [
        ("404 Not Found", b'{"error": "No data available for customers"}', NotSynced),
        ("404 Not Found", b'{"error": "No company"}', NotFound),
        ("409 Conflict", b"", NotSynced),
    ],
)
def test_data_that_was_never_synced(
    status: str, body_json: bytes, expected: type[CodatError]
) -> None:
    with RawServer(ok(body_json, status=status)) as server:
        error = error_of(make_client(server.url), "GET")
    assert type(error) is expected
    assert error.status == int(status[:3])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b'"text"',
        b'{"error": 5, "correlationId": {}, "validation": []}',
        b'{"error": null, "validation": {"errors": {"a": 1}, "warnings": [null, 5]}}',
        b'{"validation": {"errors": [{"itemId": 5, "message": ["x"]}]}}',
        b"[" * 100_000,
    ],
)
def test_an_error_body_may_be_anything(body: bytes) -> None:
    headers = "Request-Id: from-the-header"
    with RawServer(ok(body, headers, status="400 Bad Request")) as server:
        error = error_of(make_client(server.url), "POST")
    assert type(error) is BadRequest
    assert error.message == ""
    assert error.correlation_id == "from-the-header"
    assert all(value == "" for item in error.validation for value in item.values())


def test_an_error_body_is_bounded() -> None:
    item = {"itemId": "a" * 5000, "message": "b" * 5000}
    body_json = {
        "error": "c" * 5000,
        "correlationId": "<script>\r\n" + "d" * 500,
        "validation": {"errors": [item] * 4},
    }
    with RawServer(ok(msgspec.json.encode(body_json), status="400 Bad")) as server:
        error = error_of(make_client(server.url), "GET")
    assert len(error.message) == 1000
    assert {len(str(value)) for value in error.validation[0].values()} == {0, 1000}
    assert error.correlation_id == "script" + "d" * 122
    with RawServer(ok(b" " * 10_000_000, status="503 Off")) as server:
        assert type(error_of(make_client(server.url), "GET")) is Unavailable


@pytest.mark.parametrize("name", ["reset", "cut", "drip"])
def test_an_error_without_its_complete_body_is_known_by_its_status(name: str) -> None:
    start = head("Content-Length: 500", status="401 Unauthorized")
    reply = {
        "reset": then_reset(start + b"{"),
        "cut": then_close(start + b"{"),
        "drip": drip(start, b" " * 500),
    }[name]
    with RawServer(reply) as server:
        client = make_client(server.url, SHORT, total_timeout=2 * SHORT)
        assert type(error_of(client, "GET")) is Unauthorized
