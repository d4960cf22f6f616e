"""What a form says in its own words about a node: which help is worth the space, and what its rows are called."""

from __future__ import annotations

import re

from customers.formatting import label, singular
from customers.forms.limits import Limit
from customers.forms.model import Node

_WORD = re.compile(r"[^\W_]+")
# What a description may say without telling anything: articles, and words that every one of Codat's has.
_FILLER = frozenset(
    _WORD.findall(
        "a an the of for to in on at is are be this that its it s with and or associated collection list current"
        " customer record"
    )
)
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5"}


def _words(text: str) -> set[str]:
    found = (singular(word) for word in _WORD.findall(text.lower()))
    return {_ORDINALS.get(word, word) for word in found}


def says_something(node: Node) -> bool:
    """Whether a description tells more than the label does: "City of the address" under "City" does not."""
    known = _words(node.label).union(*(_words(label(name)) for name in node.path if name))
    return bool(_words(node.description) - known - _FILLER)


def in_sentence(title: str) -> str:
    """A label inside of a sentence: `Phone Number` -> `phone number`, but `VAT number` keeps its capitals."""
    words = title.split(" ")
    return " ".join(word.lower() if word[1:].islower() else word for word in words)


def short(limit: Limit) -> str:
    """A limit to the number of characters in two words, for the corner of a field; "" for any other limit."""
    least, most = limit.min_length, limit.max_length
    if limit != Limit(min_length=least, max_length=most):
        return ""
    if most is None:
        return f"min {least}" if least else ""
    if least == most:
        return f"exactly {most}"
    return f"{least} to {most}" if least else f"max {most}"
