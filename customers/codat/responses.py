"""What is taken from an answer of Codat's: its JSON, within bounds, or an error that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from urllib3.response import BaseHTTPResponse

from customers.codat import decoding
from customers.codat.connections import FAILURES, Call, broken
from customers.codat.errors import BadAnswer
from customers.codat.request import Outgoing

# Bytes. A page of 5,000 customers has some 3 MB; an error is read for its first words only.
MAX_BODY = 64 * 1024 * 1024
MAX_ERROR_BODY = 64 * 1024
# Read at a time: a page of 5,000 is one piece, which nothing has to be joined to.
PIECE = 8 * 1024 * 1024
# Bodies up to this are kept with their answer, for a day on which nothing better is to be had.
KEPT_BODY = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """Decoded JSON with what came around it. ``body`` is what it was decoded from, b"" if too large."""

    what: str
    data: Any = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def wrong_shape(self, expected: str, *, write: bool = False) -> BadAnswer:
        """The error for data that is not what was expected."""
        return BadAnswer(
            f"{self.what}: expected {expected}, got {type(self.data).__name__}",
            status=self.status,
            correlation_id=decoding.correlation_id(self.headers),
            may_have_arrived=write,
        )


def bad(request: Outgoing, response: BaseHTTPResponse, problem: str) -> BadAnswer:
    """The error for an answer that is no good."""
    return BadAnswer(
        f"{request.what}: {problem}",
        status=response.status,
        correlation_id=decoding.correlation_id(response.headers),
        may_have_arrived=request.write,
    )


def read_json(
    request: Outgoing, response: BaseHTTPResponse, call: Call, *, parse: decoding.Parse
) -> Answer:
    """The answer with its JSON read by `parse`. `BadAnswer` where it is none."""
    body = read_body(request, response, call, limit=MAX_BODY)
    with suppress(ValueError):
        data = parse(body)
        kept = body if len(body) <= KEPT_BODY else b""
        return Answer(request.what, data, response.status, response.headers, kept)
    # Raised out here because a decoder's error carries the whole body, which is somebody's data.
    raise bad(request, response, f"{len(body)} bytes that are not JSON")


def read_body(request: Outgoing, response: BaseHTTPResponse, call: Call, *, limit: int) -> bytes:
    """The whole body, at most ``limit`` bytes of it."""
    encoded = "Content-Encoding" in response.headers
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := response.read(min(PIECE, limit + 1), decode_content=encoded):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                break
    except FAILURES as error:
        failure = broken(error, call, request.what, write=request.write)
    else:
        if size <= limit:
            return b"".join(pieces)
        failure = bad(request, response, f"more than {limit} bytes")
    if response.status >= 400:
        # The status has said what matters.
        return b"".join(pieces)[:limit]
    raise failure
