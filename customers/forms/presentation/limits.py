"""Limits read out of the English of a model's notes (`validation[].details`).

Limits are hints and never block a save: the integration decides. A note that matches no pattern is shown as text.

Match rate over the seven models in ../shared/codat/push-models: 34 of 48 notes, 22 of 33 distinct ones.
The others state no limit ("Names must be unique", "Billing = POBOX"), or the limit of a part of the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Format = Literal["country-2", "country-3", "currency", "email"]


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit in a note. Lengths are numbers of characters, rows are elements of an array."""

    min_length: int | None = None
    max_length: int | None = None
    min_value: Decimal | None = None
    max_value: Decimal | None = None
    min_rows: int | None = None
    max_rows: int | None = None
    format: Format | None = None
    first_row_only: bool = False
    one_of_each: bool = False

    @property
    def has_lengths(self) -> bool:
        """Whether the number of characters is limited."""
        return bool(self.min_length or self.max_length)


_NUMBER_WORDS = {
    **dict.fromkeys(("a", "an", "single", "one"), 1),
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
}
_N = r"(\d{1,9}|" + "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True)) + r")"
_VALUE = r"(-?\d{1,15}(?:\.\d{1,9})?)"
_CHARS = r"\s*-?\s*(?:characters?|chars?|letters|digits)"
# What may follow a length that is about the whole field. "Max length of 25 characters for first and last names"
# is about parts of it, and is no limit here.
_END = r"(?:\s+(?:long|in length|in total|or fewer|or less|only))?\s*[.!]?$"
_MOST = (
    r"(?:max(?:imum)?(?: length)?(?: is| of|:)?|at most|up to|(?:can|must|should)(?:not| not)"
    r" (?:exceed|be (?:longer|more|greater) than)|no (?:longer|more) than|limited to|not exceed(?:ing)?)"
)
_LEAST = r"(?:min(?:imum)?(?: length)?(?: is| of|:)?|at least|no (?:fewer|less) than)"
_START = (
    r"^(?:only for [\w ]+, )?(?:if (?:provided|specified|set|supplied), )?"
    r"(?:the )?(?:value |field |length |name |text |it )?"
    r"(?:(?:must|should|can|may|has to|cannot|will) (?:only )?(?:be |have |contain |include )?)?"
    r"(?:(?:a|an|the) )?(?:length (?:of )?)?"
)
_ROWS = (
    r"(?:distinct |different |separate )?(?:phone numbers?|number types?|address(?:es)?|contacts?|phones?|"
    r"lines?(?: items?)?|line items?|items?|rows?|entries|elements|emails?|numbers?|records?)"
)
_ROWS_END = (
    r"(?: per \w+)?(?: (?:can|may|must|should|will) (?:only )?be \w+| allowed| permitted)?\s*[.!]?$"
)


def _int(text: str) -> int:
    return _NUMBER_WORDS[text] if text in _NUMBER_WORDS else int(text)


_MakeLimit = Callable[[re.Match[str]], Limit]
_PATTERNS: tuple[tuple[re.Pattern[str], _MakeLimit], ...] = tuple(
    (re.compile(pattern), make_limit)
    for pattern, make_limit in (
        # lengths
        (
            _START + rf"between {_N} and {_N}{_CHARS}{_END}",
            lambda m: Limit(min_length=_int(m[1]), max_length=_int(m[2])),
        ),
        (
            _START + rf"exactly {_N}{_CHARS}{_END}",
            lambda m: Limit(min_length=_int(m[1]), max_length=_int(m[1])),
        ),
        (
            _START + rf"{_MOST} {_N}(?:{_CHARS}){_END}",
            lambda m: Limit(max_length=_int(m[1])),
        ),
        (
            r"^max(?:imum)? (?:length|characters|chars)(?: is| of|:)? " + _N + r"\s*[.!]?$",
            lambda m: Limit(max_length=_int(m[1])),
        ),
        (
            _START + rf"(?:less|fewer|shorter) than {_N}{_CHARS}{_END}",
            lambda m: Limit(max_length=_int(m[1]) - 1),
        ),
        (
            _START + rf"{_LEAST} {_N}(?:{_CHARS}){_END}",
            lambda m: Limit(min_length=_int(m[1])),
        ),
        (
            _START + rf"{_N}{_CHARS} or (?:less|fewer)\s*[.!]?$",
            lambda m: Limit(max_length=_int(m[1])),
        ),
        # ranges
        (
            _START + rf"(?:between {_VALUE} and|in the range {_VALUE} to) {_VALUE}\s*[.!]?$",
            lambda m: Limit(min_value=Decimal(m[1] or m[2]), max_value=Decimal(m[3])),
        ),
        (
            _START + rf"(?:greater than or equal to|{_LEAST}) {_VALUE}\s*[.!]?$",
            lambda m: Limit(min_value=Decimal(m[1])),
        ),
        (
            _START + rf"(?:less than or equal to|{_MOST}) {_VALUE}\s*[.!]?$",
            lambda m: Limit(max_value=Decimal(m[1])),
        ),
        # rows
        (
            _START + rf"(?:{_MOST}|only) {_N} {_ROWS}{_ROWS_END}",
            lambda m: Limit(max_rows=_int(m[1])),
        ),
        (
            _START + rf"(?:{_LEAST}) {_N} {_ROWS}{_ROWS_END}",
            lambda m: Limit(min_rows=_int(m[1])),
        ),
        (
            r"^only the first (?:address|contact|phone number|entry|item|one|row|number)\b",
            lambda m: Limit(first_row_only=True, max_rows=1),
        ),
        (
            r"^only (?:one|1) (?:each of|address each of|of each|each)\b",
            lambda m: Limit(one_of_each=True),
        ),
        # codes
        (
            r"\b(?:two|2)[ -](?:letter|character|digit) (?:iso )?country(?: iso)?(?: code)?\b",
            lambda m: Limit(format="country-2", min_length=2, max_length=2),
        ),
        (
            r"\b(?:three|3)[ -](?:letter|character|digit) (?:iso )?country(?: iso)?(?: code)?\b",
            lambda m: Limit(format="country-3", min_length=3, max_length=3),
        ),
        (
            r"\b(?:three|3)[ -](?:letter|character) (?:iso|currency|code)\b|\biso[ -]?4217\b",
            lambda m: Limit(format="currency", min_length=3, max_length=3),
        ),
        (
            r"^(?:must|should|has to)? ?(?:be )?(?:in )?(?:a |the )?valid e-?mail(?: address| format)*\s*[.!]?$",
            lambda m: Limit(format="email"),
        ),
    )
)


def parse_limit(details: str) -> Limit | None:
    """The limit that a note states; None where the note matches no pattern."""
    text = " ".join(details[:500].lower().split())
    for pattern, make_limit in _PATTERNS:
        match = pattern.search(text)
        if match:
            return make_limit(match)
    return None
