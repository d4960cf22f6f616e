"""Where a response ends: trusted only where its headers say it clearly. Interim responses are skipped."""

from __future__ import annotations

import pytest

from customers.codat.client import Client
from customers.codat.errors import InvalidResponse
from tests.support.codat import make_client
from tests.support.servers.raw_server import RawServer, Reply, head, ok, then_close

BODY = b'{"a": 1}'
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
READS = ["GET", "PUT", "stream"]

pytestmark = pytest.mark.usefixtures("no_waiting")


def read(client: Client, method: str) -> bytes:
    """The body, whichever way it is read."""
    if method == "stream":
        return b"".join(client.stream("/file"))
    if method == "GET":
        return client.get_json("/x").body
    return client.send_json("PUT", "/x", body=b"{}").body


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize(
    "coding", ["chunked", "Chunked", "chunked ", "chunked\t", "\t chunked \t", "chunked \t "]
)
def test_chunked_with_blanks_around_it(coding: str, method: str) -> None:
    with RawServer(head(f"Transfer-Encoding: {coding}") + CHUNKS) as server:
        client = make_client(server.url)
        assert [read(client, method) for _ in range(2)] == [BODY, BODY]


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize(
    "headers",
    [
        ["Transfer-Encoding: identity, chunked"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: chunked, chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: gzip"],
        ["Transfer-Encoding: identity"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding: chunked;q=1"],
        ["Transfer-Encoding:"],
        ["Transfer-Encoding: \x0bchunked"],
    ],
)
def test_other_transfer_codings_are_rejected(headers: list[str], method: str) -> None:
    with (
        RawServer(then_close(head(*headers) + CHUNKS)) as server,
        pytest.raises(InvalidResponse),
    ):
        read(make_client(server.url), method)


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize(
    "length", ["", "x", "-8", "+8", "8.0", "8x", "0x8", "8_0", "8 8", "9, 8", "١", "1" * 30]
)
def test_lengths_that_are_no_number_are_rejected(length: str, method: str) -> None:
    headers = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode()
    with RawServer(then_close(headers + BODY)) as server, pytest.raises(InvalidResponse):
        read(make_client(server.url), method)


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize(
    "headers",
    [["Content-Length: 8 "], ["Content-Length:\t8\t"], ["Content-Length: 8, 8"], ["Content-Length: 8"] * 2],
)  # fmt: skip
def test_lengths_that_are_one_number(headers: list[str], method: str) -> None:
    with RawServer(head(*headers) + BODY) as server:
        assert read(make_client(server.url), method) == BODY
        assert make_client(server.url).stream("/file").content_length == 8


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize(
    "line",
    ["no header", "bad name: x", ": no name", "From a gateway", "na\x00me x", "é: x"],
)
def test_headers_that_cannot_be_read_are_rejected(line: str, method: str) -> None:
    """They would hide the length behind them, and a file that is cut off would look complete."""
    for headers in ([line, "Content-Length: 9000"], ["X-First: 1", line, "Content-Length: 9000"]):
        data = "\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode() + BODY
        with RawServer(then_close(data)) as server, pytest.raises(InvalidResponse):
            read(make_client(server.url), method)


def test_a_continuation_line_before_any_header_is_rejected() -> None:
    with (
        RawServer(
            ok(BODY, "Content-Type: x").replace(b"Content-Length", b" Content-Length")
        ) as server,
        pytest.raises(InvalidResponse),
    ):
        read(make_client(server.url), "GET")


@pytest.mark.parametrize(
    "content_type", ["multipart/mixed", "multipart/mixed; boundary=x", "message/rfc822"]
)
def test_content_types_that_are_parsed_by_the_email_package(content_type: str) -> None:
    with RawServer(ok(BODY, f"Content-Type: {content_type}")) as server:
        assert read(make_client(server.url), "stream") == BODY


INTERIM = {
    "continue": head(status="100 Continue"),
    "processing": head(status="102 Processing"),
    "early hints": head("Link: </a.css>; rel=preload", status="103 Early Hints"),
    "several": head(status="100 Continue") + head("Link: x", status="103 Early Hints") * 3,
    "unknown": head("Content-Length: 5", "Transfer-Encoding: chunked", status="199 Whatever"),
}


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize("name", INTERIM)
def test_interim_responses_are_skipped(name: str, method: str) -> None:
    reply: Reply = INTERIM[name] + ok(BODY)
    with RawServer(reply) as server:
        client = make_client(server.url)
        assert [read(client, method) for _ in range(2)] == [BODY, BODY]


def test_switching_protocols_is_no_interim_response() -> None:
    """It was not requested, and what follows is not HTTP."""
    reply = then_close(head("Upgrade: x", status="101 Switching Protocols") + ok(BODY))
    with RawServer(reply) as server, pytest.raises(InvalidResponse):
        read(make_client(server.url), "GET")
