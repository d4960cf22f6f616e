"""Texts of a node for the page: whether its description adds information, and short forms."""

from __future__ import annotations

import re

from customers.formatting import label, singular
from customers.forms.model import Node
from customers.forms.presentation.limits import Limit

_WORD = re.compile(r"[^\W_]+")
# Words of a description that carry no information: articles, and words that all of Codat's descriptions have.
_FILLER = frozenset(
    _WORD.findall(
        "a an the of for to in on at is are be this that its it s with and or associated collection list current"
        " customer record"
    )
)
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5"}


def _words(text: str) -> set[str]:
    words = (singular(word) for word in _WORD.findall(text.lower()))
    return {_ORDINALS.get(word, word) for word in words}


def adds_information(node: Node) -> bool:
    """Whether a description says more than the label does: "City of the address" under "City" does not."""
    known = _words(node.label).union(*(_words(label(name)) for name in node.path if name))
    return bool(_words(node.description) - known - _FILLER)


def label_in_sentence(text: str) -> str:
    """A label within a sentence: `Phone Number` -> `phone number`, but `VAT number` keeps its capitals."""
    return " ".join(word.lower() if word[1:].islower() else word for word in text.split(" "))


def short_limit(limit: Limit) -> str:
    """A limit of length in two words, such as `max 50`; "" for a limit of any other kind."""
    least, most = limit.min_length, limit.max_length
    if limit != Limit(min_length=least, max_length=most):
        return ""
    if most is None:
        return f"min {least}" if least else ""
    if least == most:
        return f"exactly {most}"
    return f"{least} to {most}" if least else f"max {most}"
