"""What Codat's answers say: JSON, errors, limits. No HTTP here, only bytes and headers."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Any

import msgspec
import simplejson

_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_BEYOND_REASON = "JSON beyond reason"

Parse = Callable[[bytes], Any]


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
