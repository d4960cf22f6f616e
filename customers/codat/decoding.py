"""What Codat's answers say: JSON, errors, limits. No HTTP here, only bytes and headers."""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import msgspec
import simplejson

from customers.codat.errors import BY_STATUS, NotSynced, RateLimited, Refused, Unavailable
from customers.codat.types import ValidationItem

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
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_BEYOND_REASON = "JSON beyond reason"

Parse = Callable[[bytes], Any]


class RateLimit(NamedTuple):
    """The day's quota of calls as last seen. ``reset`` is Codat's own text for when it starts anew."""

    limit: int
    remaining: int
    reset: str


def parse(body: bytes) -> Any:
    """JSON read. ValueError where it is none.

    Text comes back fit for UTF-8: half a surrogate pair becomes U+FFFD.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise ValueError(_BEYOND_REASON) from None
    except ValueError:
        # It refuses halves of surrogate pairs, which platforms that cut names by length produce.
        if not _SURROGATE_ESCAPE.search(body):
            raise
    return _parse_any(body, use_decimal=False)


def parse_exactly(body: bytes) -> Any:
    """The same with every digit of a number with a fraction (as Decimal), in twice the time."""
    return _parse_any(body.removeprefix(codecs.BOM_UTF8), use_decimal=True)


def parser(shape: Any) -> Parse:
    """A `parse` for what has a known shape, a `TypedDict`: it gives the keys of the shape and skips all others.

    Less than half of the time of reading everything, a tenth where records are long. What has another shape is read
    whole, for `shapes` to say what is wrong with it. What is skipped must be JSON too, but need not be UTF-8.
    """
    decoder = msgspec.json.Decoder(shape)

    def parse_shape(body: bytes) -> Any:
        try:
            return decoder.decode(body)
        except (ValueError, RecursionError):
            return parse(body)

    return parse_shape


def _parse_any(body: bytes, *, use_decimal: bool) -> Any:
    try:
        data = simplejson.loads(body, use_decimal=use_decimal)
        return _whole(data) if _SURROGATE_ESCAPE.search(body) else data
    except (ArithmeticError, RecursionError):
        raise ValueError(_BEYOND_REASON) from None


def _whole(value: Any) -> Any:
    """The value with all its text fit for UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


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
) -> Refused:
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
    kind = Unavailable if status >= 500 else BY_STATUS.get(status, Refused)
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
    return f"Too many requests were made to Codat. Try again in {when}."


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
