"""Values of the record as text, and text from an input as values."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import simplejson

from customers.codat.text import REPLACEMENT, input_text, page_text
from customers.forms.assumptions import MIDNIGHT
from customers.forms.model import Node, NodeType


class Missing(Enum):
    """The absence of a property, which is neither null nor ""."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_MAX_NUMBER_LENGTH = 200
# The largest power of ten that a double, and so other software that reads JSON, can hold.
_MAX_EXPONENT = 307
_MAX_JSON_DEPTH = 16
_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|(\d{2})(\d{2}))"
    r"(?:[Tt ]\s*(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*([Zz]|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?)?",
    re.ASCII,
)
_DATE_EXAMPLE = (
    "Enter a date, such as 2026-03-31, or a date and time, such as 2026-03-31T09:30:00Z."
)


def initial_text(value: Any) -> str:
    """The initial text of an input; JSON for an object."""
    return "" if value is MISSING else text_or_json(value)


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON with all digits of a Decimal; pure ASCII, so that it can hold any character."""
    return simplejson.dumps(value, use_decimal=True, ignore_nan=True, indent=indent)


def text_or_json(value: Any) -> str:
    """A value for a page: an object or list as indented JSON with its letters unescaped, else plain text."""
    if isinstance(value, (dict, list)):
        text = simplejson.dumps(
            value, use_decimal=True, ignore_nan=True, ensure_ascii=False, indent=2
        )
        return page_text(text)
    return "" if value is MISSING else input_text(value)


def parse_input(node: Node, text: str) -> tuple[Any, str]:
    """The value of an entered text or selected option, and an error sentence, "" for none.

    `text` is not blank and differs from the input's initial text. With an error the value is the text.
    """
    if REPLACEMENT in text:
        return text, "Remove the character \ufffd: it replaces a character that we cannot send."
    if node.options:
        return _parse_option(node, text)
    text = text.strip()
    if node.is_json:
        return _parse_object(text)
    if node.type is NodeType.NUMBER:
        return _parse_number(text)
    if node.type is NodeType.BOOLEAN:
        value = {"true": True, "false": False}.get(text)
        return (text, "Select yes or no.") if value is None else (value, "")
    if node.type is NodeType.DATETIME:
        return _parse_date(text)
    return text, ""


def _parse_option(node: Node, text: str) -> tuple[Any, str]:
    option = next((option for option in node.options if option.text == text), None)
    if option is None:
        return text, "Select an option from the list."
    if isinstance(option.value, str) and node.type is NodeType.NUMBER:
        return _parse_number(text)
    return option.value, ""


def adds_only_blanks(text: str, initial: str) -> bool:
    """Whether a text is the initial one with blanks around it, which are not sent."""
    return initial in text and text.strip() == initial.strip()


def is_same_value(node: Node, value: Any, base: Any) -> bool:
    """Whether two values are the same: equal numbers, dates of the same moment, else equal as JSON."""
    if isinstance(value, (dict, list)) or isinstance(base, (dict, list)):
        return base is not MISSING and to_json(value) == to_json(base)
    if isinstance(value, bool) or isinstance(base, bool):
        return value is base
    if node.type is NodeType.DATETIME and isinstance(value, str) and isinstance(base, str):
        return is_same_moment(value, base)
    return bool(value == base)


def is_same_moment(one: str, other: str) -> bool:
    """Whether two texts are one date, whatever their spelling."""
    return _moment(one) == _moment(other)


def _moment(text: str) -> str:
    """A date in a canonical form: no trailing zeros in its decimals, and no zone where it is UTC, Codat's default."""
    value, error = _parse_date(text.strip())
    if error:
        return text
    day_and_time, plus, zone = str(value).removesuffix("Z").removesuffix("+00:00").partition("+")
    if "." in day_and_time:
        day_and_time = day_and_time.rstrip("0").rstrip(".")
    return day_and_time + plus + zone


def _parse_object(text: str) -> tuple[Any, str]:
    try:
        value = simplejson.loads(text, use_decimal=True, allow_nan=False)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not value or _depth(value) > _MAX_JSON_DEPTH:
        return text, 'Enter an object in JSON, such as {"id": "1"}.'
    return value, ""


def _depth(value: Any) -> int:
    """The depth of nested objects and lists; counting stops above the limit."""
    level, depth = [value], 0
    while depth <= _MAX_JSON_DEPTH:
        level = [item for item in level if isinstance(item, (dict, list))]
        if not level:
            break
        depth += 1
        level = [
            inner for item in level for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _parse_number(text: str) -> tuple[Any, str]:
    if len(text) > _MAX_NUMBER_LENGTH or not _NUMBER.fullmatch(text):
        return text, "Enter a number, such as 1234.50, with a point before the decimals."
    value = Decimal(text)
    if abs(value.adjusted()) > _MAX_EXPONENT:
        return text, f"Enter a number between 1e-{_MAX_EXPONENT} and 1e{_MAX_EXPONENT}."
    return value, ""


def _parse_date(text: str) -> tuple[Any, str]:
    match = _DATE.fullmatch(text)
    if not match:
        return text, _DATE_EXAMPLE
    year, *dates, hour, minute, second, decimals, zone = match.groups()
    month, day = (part for part in dates if part)
    try:
        date(int(year), int(month), int(day))
        time(int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return text, f"This date or time does not exist. {_DATE_EXAMPLE}"
    day_text = f"{year}-{int(month):02}-{int(day):02}"
    if hour is None:
        return day_text + MIDNIGHT, ""
    time_text = f"T{int(hour):02}:{minute}:{second or '00'}"
    return day_text + time_text + (f".{decimals}" if decimals else "") + _iso_zone(zone), ""


def _iso_zone(zone: str | None) -> str:
    if not zone or zone in "Zz":
        return "Z" if zone else ""
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"
