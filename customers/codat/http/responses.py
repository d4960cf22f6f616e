"""Reads Codat's responses within limits: JSON, or the error that says what is wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from urllib3.response import BaseHTTPResponse

from customers.codat import decoding, not_found
from customers.codat.errors import (
    BY_STATUS,
    ErrorResponse,
    InvalidResponse,
    NotFound,
    NotSupported,
    NotSynced,
    RateLimited,
    Unavailable,
)
from customers.codat.http.call_context import Call
from customers.codat.http.request import ApiRequest
from customers.codat.http.transport import NETWORK_ERRORS, to_codat_error
from customers.codat.types import ValidationItem

# Bytes. A page of 5,000 customers has some 3 MB; of an error only the beginning is read.
MAX_BODY = 64 * 1024 * 1024
MAX_ERROR_BODY = 64 * 1024
# Bytes per read: a page of 5,000 is one piece, so nothing has to be joined.
PIECE = 8 * 1024 * 1024
# Bytes. Bodies up to this are stored with the response, to be cached as the fallback for an outage.
MAX_CACHED_BODY = 256 * 1024

# Characters of one text in an error, and validation items.
MAX_MESSAGE = 1000
MAX_ITEMS = 200
# Seconds: a longer Retry-After is limited to a week.
MAX_RETRY_AFTER = 7 * 24 * 3600

# Assumed: the documents put the correlation ID into the body of an error only; gateways tend to send one of these.
CORRELATION_HEADERS = ("X-Correlation-Id", "Correlation-Id", "X-Request-Id", "Request-Id")
_NOT_IN_AN_ID = re.compile(r"[^\w.:|=+/-]", re.ASCII)

# Assumed: Codat has no codes for the meanings of a 404; its messages for "never synced" and "not supported" have these.
NO_DATA = "no data available"
NOT_SUPPORTED = "not supported"


@dataclass(frozen=True, slots=True)
class JsonResponse:
    """Decoded JSON with its status and headers. ``body`` is the undecoded JSON, b"" if too large to cache."""

    label: str
    data: Any = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def wrong_shape(self, expected: str, *, write: bool = False) -> InvalidResponse:
        """The error for data of another shape."""
        return InvalidResponse(
            f"{self.label}: expected {expected}, got {type(self.data).__name__}",
            status=self.status,
            correlation_id=correlation_id(self.headers),
            may_have_arrived=write,
        )


def invalid_response(
    request: ApiRequest, response: BaseHTTPResponse, problem: str
) -> InvalidResponse:
    """The error for a response that is not what the API promises."""
    return InvalidResponse(
        f"{request.label}: {problem}",
        status=response.status,
        correlation_id=correlation_id(response.headers),
        may_have_arrived=request.write,
    )


def check_status(request: ApiRequest, response: BaseHTTPResponse, call: Call) -> None:
    """Raise the error for a status that is not a success."""
    if response.status >= 400:
        body = read_body(request, response, call, limit=MAX_ERROR_BODY)
        raise error_response(response.status, response.headers, body, request)
    if not 200 <= response.status < 300:
        raise invalid_response(request, response, f"unexpected status {response.status}")


def read_json(
    request: ApiRequest, response: BaseHTTPResponse, call: Call, *, decode: decoding.Decode
) -> JsonResponse:
    """The response with its JSON. `InvalidResponse` where it is not JSON."""
    body = read_body(request, response, call, limit=MAX_BODY)
    with suppress(ValueError):
        data = decode(body)
        cacheable = body if len(body) <= MAX_CACHED_BODY else b""
        return JsonResponse(request.label, data, response.status, response.headers, cacheable)
    # Raised outside of the handler: a decoder's error holds the whole body, which is personal data.
    raise invalid_response(request, response, f"{len(body)} bytes that are not JSON")


def read_body(request: ApiRequest, response: BaseHTTPResponse, call: Call, *, limit: int) -> bytes:
    """The whole body, at most ``limit`` bytes. Of an error, as much of it as can be read."""
    encoded = "Content-Encoding" in response.headers
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := response.read(min(PIECE, limit + 1), decode_content=encoded):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                break
    except NETWORK_ERRORS as error:
        failure = to_codat_error(error, call, request.label, write=request.write)
    else:
        if size <= limit:
            return b"".join(pieces)
        failure = invalid_response(request, response, f"more than {limit} bytes")
    if response.status >= 400:
        # The status is what matters.
        return b"".join(pieces)[:limit]
    raise failure


def correlation_id(headers: Mapping[str, str], error: Mapping[str, Any] | None = None) -> str:
    """What Codat's support asks for, from an error's body or else the headers; "" where there is none."""
    value = (error or {}).get("correlationId")
    if not isinstance(value, str) or not value:
        value = next((headers[name] for name in CORRELATION_HEADERS if name in headers), "")
    return _NOT_IN_AN_ID.sub("", value)[:128]


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds from now, from a number or a date in the header. None where it has neither."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal() and len(value) < 10:
        return min(int(value), MAX_RETRY_AFTER)
    try:
        # + 1, because a date has whole seconds, and a retry that is too early is refused again.
        seconds = int(parsedate_to_datetime(value).timestamp() - time.time()) + 1
    except (ValueError, OverflowError, TypeError):
        return None
    return max(0, min(seconds, MAX_RETRY_AFTER))


def error_response(
    status: int, headers: Mapping[str, str], body: bytes, request: ApiRequest
) -> ErrorResponse:
    """The error for a status of 400 and above. The body may be anything."""
    try:
        error = decoding.decode(body)
    except ValueError:
        error = None
    if not isinstance(error, dict):
        error = {}
    message = _message(error.get("error"))
    validation = error.get("validation")
    if not isinstance(validation, dict):
        validation = {}
    wait = retry_after(headers)
    error_class = Unavailable if status >= 500 else BY_STATUS.get(status, ErrorResponse)
    if not request.write and (status == 409 or (status == 404 and NO_DATA in message.lower())):
        error_class = NotSynced
    elif status == 404 and NOT_SUPPORTED in message.lower():
        error_class = NotSupported
    return error_class(
        f"{request.label}: {status}",
        sentence=_sentence(error_class, request, message, wait),
        status=status,
        correlation_id=correlation_id(headers, error),
        message=message,
        retry_after=wait,
        validation=_items(validation.get("errors")),
        warnings=_items(validation.get("warnings")),
        # 408 and 500 upwards come from gateways too, which do not know what their upstream did.
        may_have_arrived=request.write and (status >= 500 or status == 408),
    )


def _sentence(
    error_class: type[ErrorResponse], request: ApiRequest, message: str, wait: int | None
) -> str:
    """What a person reads of an error, where it depends on the response; "" for the sentence of its class."""
    if error_class is RateLimited:
        return _retry_sentence(wait)
    if error_class is NotFound:
        return not_found.missing(request.route, message)
    if error_class is NotSupported:
        return not_found.unsupported(request.route)
    return ""


def _retry_sentence(wait: int | None) -> str:
    """When to try again, for a person. "" where Codat did not say."""
    if wait is None:
        return ""
    when = f"{wait} second{'' if wait == 1 else 's'}" if wait < 120 else f"{wait // 60 + 1} minutes"
    return f"Too many requests were sent to Codat. Try again in {when}."


def _message(value: Any) -> str:
    return value[:MAX_MESSAGE] if isinstance(value, str) else ""


def _items(value: Any) -> list[ValidationItem]:
    """Validation items of the promised shape; others are left out."""
    return [
        {
            "itemId": _message(item.get("itemId")),
            "message": _message(item.get("message")),
            "validatorName": _message(item.get("validatorName")),
        }
        for item in (value if isinstance(value, list) else [])[:MAX_ITEMS]
        if isinstance(item, dict)
    ]
