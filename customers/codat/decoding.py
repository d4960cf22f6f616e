"""Decodes JSON. Every decoder raises ValueError for what is not JSON, and returns text that UTF-8 can encode.

Data that is nested deeper than `MAX_DEPTH` is refused too, so that any later walk over it may be recursive.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import simplejson

from customers.codat.pages import MAX_PAGE_SIZE

# Levels of objects and lists. Codat's own data have five, a create/update model of the depth that a form can show
# some forty; a page of the dashboard takes up to ten calls for each level, of Python's thousand.
MAX_DEPTH = 64

# Bytes. A record of a page has some 600, with additional data of the accounting software a few thousand.
BYTES_PER_RECORD, SMALL_PAGE = 2048, 256 * 1024

_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_TOO_LARGE = "JSON with a number that is too large, or too deep"
# What can be nested. Decoders make these types themselves, no subclasses, and comparing types takes a third of the time
# of `isinstance`, for the most frequent check of all.
_CONTAINERS = frozenset((dict, list))

Decode = Callable[[bytes], Any]


def decode(body: bytes) -> Any:
    """Decode JSON. A lone surrogate becomes U+FFFD; a number with a fraction becomes a float."""
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        return _bounded(msgspec.json.decode(body), body)
    except RecursionError:
        raise ValueError(_TOO_LARGE) from None
    except ValueError:
        # msgspec refuses lone surrogates, which platforms produce that cut names by length.
        if not _SURROGATE_ESCAPE.search(body):
            raise
    return _decode_leniently(body, use_decimal=False)


def decode_exactly(body: bytes) -> Any:
    """The same, but a number with a fraction becomes a Decimal with every digit. Takes twice the time."""
    return _decode_leniently(body.removeprefix(codecs.BOM_UTF8), use_decimal=True)


def decoder_for(shape: Any) -> Decode:
    """A decoder that returns the keys of a `TypedDict` and skips all others.

    It takes less than half of the time of `decode`, a tenth for long records. Data of another shape is decoded
    whole, for `validation` to say what is wrong. Skipped parts must be JSON, but need not be UTF-8.
    """
    decoder = msgspec.json.Decoder(shape)

    def decode_shape(body: bytes) -> Any:
        try:
            return decoder.decode(body)
        except (ValueError, RecursionError):
            return decode(body)

    return decode_shape


def page_decoder(decode: Decode, page_size: int) -> Decode:
    """A decoder of a page of so many records. It reads `MAX_PAGE_SIZE` records of a response that is far too large.

    Its numbers are those of `decode`.
    """
    usual = max(page_size * BYTES_PER_RECORD, SMALL_PAGE)
    use_decimal = decode is decode_exactly

    def decode_page(body: bytes) -> Any:
        if len(body) <= usual:
            return decode(body)
        return _decode_large_page(body, use_decimal=use_decimal)

    return decode_page


def _decode_large_page(body: bytes, *, use_decimal: bool) -> Any:
    """A page decoded one record at a time, so that the records that are left out take no memory."""
    text = body.removeprefix(codecs.BOM_UTF8).decode(errors="replace")
    decoder = simplejson.JSONDecoder(parse_float=Decimal if use_decimal else None)
    page: dict[str, Any] = {}
    at = _skip(text, 0, "{")
    try:
        while text[at] != "}":
            key, at = decoder.raw_decode(text, at)
            if not isinstance(key, str):
                raise ValueError("not JSON: a name that is no text")
            at = _skip(text, at, ":")
            if key == "results" and text[at] == "[":
                page[key], at = _decode_rows(decoder, text, at)
            else:
                page[key], at = decoder.raw_decode(text, at)
            at = _skip(text, at, ",", unless="}")
    except (IndexError, ArithmeticError, RecursionError):
        raise ValueError(_TOO_LARGE) from None
    return _without_surrogates(_bounded(page, body))


def _decode_rows(decoder: simplejson.JSONDecoder, text: str, at: int) -> tuple[list[Any], int]:
    """The first records of the array that begins here, and the index after it."""
    rows: list[Any] = []
    at = _skip(text, at, "[")
    while text[at] != "]":
        row, at = decoder.raw_decode(text, at)
        if len(rows) < MAX_PAGE_SIZE:
            rows.append(row)
        at = _skip(text, at, ",", unless="]")
    return rows, _skip(text, at, "]")


def _skip(text: str, at: int, expected: str, *, unless: str = "") -> int:
    """The index after an expected token; where the token ``unless`` is there instead, the index of that token."""
    at = _end_of_space(text, at)
    if unless and text[at] == unless:
        return at
    if text[at : at + 1] != expected:
        raise ValueError(f"not JSON: no {expected}")
    return _end_of_space(text, at + 1)


def _end_of_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _decode_leniently(body: bytes, *, use_decimal: bool) -> Any:
    try:
        data = _bounded(simplejson.loads(body, use_decimal=use_decimal), body)
        return _without_surrogates(data) if _SURROGATE_ESCAPE.search(body) else data
    except (ArithmeticError, RecursionError):
        raise ValueError(_TOO_LARGE) from None


def _bounded(data: Any, body: bytes) -> Any:
    """The data, unless they are nested deeper than `MAX_DEPTH`."""
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return data
    depth, level = 0, [data] if type(data) in _CONTAINERS else []
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(_TOO_LARGE)
        level = [
            child
            for value in level
            for child in (value.values() if type(value) is dict else value)
            if type(child) in _CONTAINERS
        ]
    return data


def _without_surrogates(value: Any) -> Any:
    """The value with U+FFFD for each lone surrogate."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value
