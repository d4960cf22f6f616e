"""Values of the record as text in an input, and text from an input as values."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import simplejson

from customers.codat.text import REPLACEMENT, input_text, page_text
from customers.forms.assumptions import MIDNIGHT
from customers.forms.model import Kind, Node


class Missing(Enum):
    """The absence of a property: neither null nor ""."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|(\d{2})(\d{2}))"
    r"(?:[Tt ]\s*(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*([Zz]|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)


def shown(value: Any) -> str:
    """A plain value as the text of its input. Never called with an object or a list."""
    return "" if value is MISSING else input_text(value)


def dump(value: Any, *, indent: int | None = None) -> str:
    """JSON with every digit of a Decimal, pure ASCII, so that no text can break it."""
    return simplejson.dumps(value, use_decimal=True, ignore_nan=True, indent=indent)


def readable(value: Any) -> str:
    """A value for people: JSON for what has parts, with its letters as they are."""
    if value is MISSING:
        return ""
    if isinstance(value, (dict, list)):
        text = simplejson.dumps(
            value, use_decimal=True, ignore_nan=True, ensure_ascii=False, indent=2
        )
        return page_text(text)
    return shown(value)


def convert(node: Node, text: str) -> tuple[Any, str]:
    """What a person typed or chose, as a value, and what is wrong with it ("" if nothing is).

    `text` is not blank and differs from what was shown.
    """
    if REPLACEMENT in text:
        return text, "Remove the character \ufffd: it stands for one that cannot be sent."
    if node.options:
        for option in node.options:
            if option.text == text:
                if isinstance(option.value, str) and node.kind is Kind.NUMBER:
                    return _number(text)
                return option.value, ""
        return text, "Choose one of the list."
    text = text.strip()
    if node.kind is Kind.NUMBER:
        return _number(text)
    if node.kind is Kind.BOOLEAN:
        chosen = {"true": True, "false": False}.get(text)
        return (text, "Choose yes or no.") if chosen is None else (chosen, "")
    if node.kind is Kind.DATETIME:
        return _date(text)
    return text, ""


def _number(text: str) -> tuple[Any, str]:
    if len(text) > 200 or not _NUMBER.fullmatch(text):
        return text, "Enter a number, such as 1234.50: digits, and a point before decimals."
    return Decimal(text), ""


def _date(text: str) -> tuple[Any, str]:
    problem = "Enter a date, such as 2026-03-31, or a date and time, such as 2026-03-31T09:30:00Z."
    found = _DATE.fullmatch(text)
    if not found:
        return text, problem
    year, *dates, hour, minute, second, decimals, zone = found.groups()
    month, day = (part for part in dates if part)
    try:
        date(int(year), int(month), int(day))
        time(int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return text, "There is no such date or time. " + problem
    day_text = f"{year}-{int(month):02}-{int(day):02}"
    if hour is None:
        return day_text + MIDNIGHT, ""
    time_text = f"T{int(hour):02}:{minute}:{second or '00'}"
    return day_text + time_text + (f".{decimals}" if decimals else "") + _zone(zone), ""


def _zone(zone: str | None) -> str:
    if not zone or zone in "Zz":
        return "Z" if zone else ""
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"
