"""What is taken from an answer of Codat's: its JSON, within bounds, or an error that says what is wrong with it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from urllib3.response import BaseHTTPResponse

from customers.codat import decoding
from customers.codat.connections import FAILURES, Call, broken
from customers.codat.decoding import parse
from customers.codat.errors import (
    BY_STATUS,
    ErrorResponse,
    InvalidResponse,
    NotSynced,
    RateLimited,
    Unavailable,
)
from customers.codat.request import Outgoing
from customers.codat.types import ValidationItem

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

    def wrong_shape(self, expected: str, *, write: bool = False) -> InvalidResponse:
        """The error for data that is not what was expected."""
        return InvalidResponse(
            f"{self.what}: expected {expected}, got {type(self.data).__name__}",
            status=self.status,
            correlation_id=correlation_id(self.headers),
            may_have_arrived=write,
        )


def bad(request: Outgoing, response: BaseHTTPResponse, problem: str) -> InvalidResponse:
    """The error for an answer that is no good."""
    return InvalidResponse(
        f"{request.what}: {problem}",
        status=response.status,
        correlation_id=correlation_id(response.headers),
        may_have_arrived=request.write,
    )


def read_json(
    request: Outgoing, response: BaseHTTPResponse, call: Call, *, parse: decoding.Parse
) -> Answer:
    """The answer with its JSON read by `parse`. `InvalidResponse` where it is none."""
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


# Guessed: the documents put the correlation id into the body of an error only. Gateways tend to send
# one of these as well.
CORRELATION_HEADERS = ("X-Correlation-Id", "Correlation-Id", "X-Request-Id", "Request-Id")


# Guessed: Codat has no code for "never synced"; these words come with the 404.
NO_DATA = "no data available"


# An answer that asks for a longer wait than a week is not believed.
LONGEST_WAIT = 7 * 24 * 3600


MAX_MESSAGE = 1000


MAX_ITEMS = 200


_NOT_IN_AN_ID = re.compile(r"[^\w.:|=+/-]", re.ASCII)


class RateLimit(NamedTuple):
    """The day's quota of calls as last seen. ``reset`` is Codat's own text for when it starts anew."""

    limit: int
    remaining: int
    reset: str


def correlation_id(headers: Mapping[str, str], error: Mapping[str, Any] | None = None) -> str:
    """What Codat's support asks for, from an error's body or else the headers; "" where there is none."""
    found = (error or {}).get("correlationId")
    if not isinstance(found, str) or not found:
        found = next((headers[name] for name in CORRELATION_HEADERS if name in headers), "")
    return _NOT_IN_AN_ID.sub("", found)[:128]


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds from now, whether the header has a number or a date. None where it has neither."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal() and len(value) < 10:
        return min(int(value), LONGEST_WAIT)
    try:
        # + 1, because a date is in whole seconds and too early is a second refusal.
        seconds = int(parsedate_to_datetime(value).timestamp() - time.time()) + 1
    except (ValueError, OverflowError, TypeError):
        return None
    return max(0, min(seconds, LONGEST_WAIT))


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """The quota from an answer's headers; None where they are missing or make no sense."""
    try:
        limit = int(headers["X-Rate-Limit-Limit"])
        remaining = int(headers["X-Rate-Limit-Remaining"])
    except (KeyError, ValueError):
        return None
    return RateLimit(limit, remaining, headers.get("X-Rate-Limit-Reset", "")[:64])


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, what: str, *, write: bool
) -> ErrorResponse:
    """Our error for an answer with a status of 400 and above. The body may be anything."""
    try:
        error = parse(body)
    except ValueError:
        error = None
    if not isinstance(error, dict):
        error = {}
    message = _text(error.get("error"))
    found = error.get("validation")
    validation = found if isinstance(found, dict) else {}
    wait = retry_after(headers)
    kind = Unavailable if status >= 500 else BY_STATUS.get(status, ErrorResponse)
    if not write and (status == 409 or (status == 404 and NO_DATA in message.lower())):
        kind = NotSynced
    return kind(
        f"{what}: {status}",
        sentence=_come_back(wait) if kind is RateLimited else "",
        status=status,
        correlation_id=correlation_id(headers, error),
        message=message,
        retry_after=wait,
        validation=_items(validation.get("errors")),
        warnings=_items(validation.get("warnings")),
        # 408 and above 500 come from gateways too, which cannot know what happened behind them.
        may_have_arrived=write and (status >= 500 or status == 408),
    )


def _come_back(wait: int | None) -> str:
    """When to try again, for a person. "" where Codat did not say."""
    if wait is None:
        return ""
    when = f"{wait} seconds" if wait < 120 else f"{wait // 60 + 1} minutes"
    return f"Too many requests were sent to Codat. Try again in {when}."


def _text(value: Any) -> str:
    return value[:MAX_MESSAGE] if isinstance(value, str) else ""


def _items(value: Any) -> list[ValidationItem]:
    """Validation items of the promised shape; what has another shape is left out."""
    return [
        {
            "itemId": _text(item.get("itemId")),
            "message": _text(item.get("message")),
            "validatorName": _text(item.get("validatorName")),
        }
        for item in (value if isinstance(value, list) else [])[:MAX_ITEMS]
        if isinstance(item, dict)
    ]
