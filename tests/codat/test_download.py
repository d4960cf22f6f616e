"""Downloads: the complete file or an error, never a short file that looks complete."""

from __future__ import annotations

import gzip
import threading
import time

import pytest

from customers.codat.client import Client
from customers.codat.errors import ConnectionLost, InvalidResponse, NotFound, RateLimited, TimedOut
from customers.codat.http.call_context import deadline
from customers.codat.http.download import CHUNK
from tests.support.codat import make_client
from tests.support.patience import PATIENCE, SOON
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

FILE = bytes(range(256)) * 4096

pytestmark = pytest.mark.usefixtures("no_waiting")


def client(server: RawServer, timeout: float = PATIENCE) -> Client:
    return make_client(server.url, timeout, verify=str(CERTIFICATE))


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("announced", [True, False])
def test_a_complete_file(*, announced: bool, tls: bool) -> None:
    chunked = head("Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(FILE), FILE)
    with RawServer(ok(FILE) if announced else chunked, tls=tls) as server:
        shared = client(server)
        download = shared.stream("/file")
        assert download.status == 200
        assert download.content_length == (len(FILE) if announced else None)
        pieces = list(download)
        assert b"".join(pieces) == FILE
        assert max(map(len, pieces)) <= CHUNK
        assert list(download) == []
        download.close()
        # The connection returns to the pool and is reused.
        list(shared.stream("/file"))
        assert server.connections == 1


def test_an_empty_file() -> None:
    with RawServer(ok(b"")) as server:
        download = client(server).stream("/file")
        assert (download.content_length, list(download)) == (0, [])


def test_only_listed_headers_are_passed_on() -> None:
    with RawServer(
        ok(
            b"bc",
            "content-type: application/octet-stream",
            "Content-Range: bytes 1-2/3",
            "ETag: x",
            "Accept-Ranges: bytes",
            "Set-Cookie: a=b",
            "Content-Disposition: attachment",
            "Cache-Control: public",
            "Connection: keep-alive",
            status="206 Partial Content",
        )
    ) as server:
        download = client(server).stream("/file", {"Range": "bytes=1-2"})
        assert download.status == 206
        assert download.headers == {
            "Content-Type": "application/octet-stream",
            "Content-Range": "bytes 1-2/3",
            "ETag": "x",
            "Accept-Ranges": "bytes",
        }
        download.close()
    assert b"\r\nRange: bytes=1-2\r\n" in server.requests[0]
    assert b"\r\nAccept-Encoding: identity\r\n" in server.requests[0]


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", " gzip ", "identity, gzip"])
def test_a_file_that_is_stored_gzipped(encoding: str) -> None:
    """It is passed on as it is, with its header and its length, or decoded."""
    encoded = gzip.compress(FILE)
    with RawServer(ok(encoded, f"Content-Encoding: {encoding}")) as server:
        download = client(server).stream("/file")
        assert (download.content_encoding, download.headers["Content-Encoding"]) == ("gzip", "gzip")
        assert download.content_length == len(encoded)
        assert b"".join(download) == encoded
        assert b"".join(client(server).stream("/file").decoded()) == FILE


@pytest.mark.parametrize("decoded", [False, True])
def test_a_gzipped_file_whose_content_ends_early(decoded: bool) -> None:
    """Its transfer is complete."""
    with RawServer(ok(gzip.compress(FILE)[:-20], "Content-Encoding: gzip")) as server:
        download = client(server).stream("/file")
        with pytest.raises(ConnectionLost):
            list(download.decoded() if decoded else download)


def test_a_gzipped_file_that_is_none() -> None:
    with RawServer(ok(FILE, "Content-Encoding: gzip")) as server, pytest.raises(InvalidResponse):
        list(client(server).stream("/file"))


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd", "nonsense"])
def test_a_file_with_another_encoding_is_rejected(encoding: str) -> None:
    encoded = ok(FILE, f"Content-Encoding: {encoding}")
    with RawServer(encoded) as server, pytest.raises(InvalidResponse):
        client(server).stream("/file")


@pytest.mark.parametrize(
    "encoding", ["", "identity", "Identity", "identity ", "\tidentity", ",", "identity,identity"]
)
def test_an_encoding_that_changes_nothing(encoding: str) -> None:
    """It means the same for a file and for JSON."""
    with RawServer(ok(b"[1]", f"Content-Encoding:{encoding}")) as server:
        download = client(server).stream("/file")
        assert (b"".join(download), download.content_encoding) == (b"[1]", "")
        assert client(server).get_json("/x").data == [1]


CUT: dict[str, Reply] = {
    "closed": then_close(head(f"Content-Length: {len(FILE)}") + FILE[:300_000]),
    "reset": then_reset(head(f"Content-Length: {len(FILE)}") + FILE[:300_000]),
    "one byte short": then_close(head(f"Content-Length: {len(FILE)}") + FILE[:-1]),
    "chunk cut": then_close(head("Transfer-Encoding: chunked") + b"ffff\r\n" + FILE[:500]),
    "between chunks": then_close(head("Transfer-Encoding: chunked") + b"4\r\nabcd\r\n"),
}


@pytest.mark.parametrize("name", CUT)
def test_an_interrupted_file_raises_connection_lost(name: str) -> None:
    with RawServer(CUT[name]) as server:
        download = client(server).stream("/file")
        received: list[bytes] = []
        with pytest.raises(ConnectionLost) as caught:
            received.extend(iter(download))
        assert len(b"".join(received)) < len(FILE)
        assert not caught.value.may_have_arrived
        assert list(download) == []
        assert len(server.requests) == 1


def test_a_stalled_file_raises_timed_out() -> None:
    with RawServer(hang(head("Content-Length: 9") + b"abc")) as server:
        started = time.monotonic()
        download = client(server, 0.3).stream("/file")
        assert next(download) == b"abc"
        with pytest.raises(TimedOut):
            next(download)
        assert 0.25 < time.monotonic() - started < SOON


def test_a_slow_file_may_outlast_the_deadline_and_is_not_buffered() -> None:
    with RawServer(drip(head("Content-Length: 20"), b"a" * 20)) as server, deadline(0.2):
        pieces = list(client(server).stream("/file"))
    assert b"".join(pieces) == b"a" * 20
    assert len(pieces) > 5


def test_the_headers_of_a_file_may_not_outlast_the_deadline() -> None:
    with RawServer(drip(b"HTTP/1.1 200 OK\r\n", b"A: " + b"a" * 1000)) as server, deadline(0.2):
        started = time.monotonic()
        with pytest.raises(TimedOut):
            client(server).stream("/file")
        assert time.monotonic() - started < SOON


def test_closing_early_closes_the_connection() -> None:
    def endless(sock: object) -> None:
        try:
            sock.sendall(head("Content-Length: 1000000000"))  # type: ignore[attr-defined]
            while True:
                sock.sendall(FILE)  # type: ignore[attr-defined]
        except OSError:
            ended.set()

    ended = threading.Event()
    with RawServer(endless) as server:
        download = client(server).stream("/file")
        next(download)
        download.close()
        download.close()
        assert list(download) == []
        assert ended.wait(PATIENCE)


def test_errors_instead_of_a_file() -> None:
    with RawServer(ok(b"", status="404 Not Found")) as server, pytest.raises(NotFound):
        client(server).stream("/file")
    limited = ok(b"", "Retry-After: 30", status="429 Too Many Requests")
    with RawServer(limited) as server, pytest.raises(RateLimited):
        client(server).stream("/file")
    with RawServer(ok(b"", status="503 Off"), ok(b"abc")) as server:
        assert b"".join(client(server).stream("/file")) == b"abc"


def test_iteration_returns_peeked_bytes_again() -> None:
    body = bytes(range(256)) * 4000
    for size in (1, 1000, len(body) - 1, len(body), len(body) + 1):
        with RawServer(ok(body)) as server:
            file = client(server).stream("/file")
            first = file.peek(size)
            assert len(first) >= min(size, len(body))
            assert body.startswith(first)
            assert b"".join(file) == body
            file.close()


def test_peek_keeps_the_deadline() -> None:
    with RawServer(drip(head("Content-Length: 1900"), b"a" * 1900)) as server, deadline(0.3):
        file = client(server).stream("/file")
        started = time.monotonic()
        with pytest.raises(TimedOut):
            file.peek(1900)
        assert time.monotonic() - started < SOON
        assert list(file) == []
