"""How wide an input is: as wide as what goes into it, from the model's limits, formats and options."""

from __future__ import annotations

from typing import Literal

from customers.forms.model import Node, NodeType
from customers.forms.presentation.limits import Limit

# The sizes of static/form.css, each with the number of characters that it has room for.
Width = Literal["xs", "s", "m", "l", "full"]
_ROOM: tuple[tuple[int, Width], ...] = ((6, "xs"), (13, "s"), (22, "m"), (40, "l"))

_UNBOUNDED = 1_000_000

# What Codat's own properties hold (codat-api.md, "Customer"), where a model states no narrower limit: characters.
_USUAL = {
    "defaultCurrency": 6,
    "currency": 6,
    "postalCode": 13,
    "status": 13,
    "type": 13,
    "country": 22,
    "region": 22,
    "city": 22,
    "phone": 22,
    "number": 22,
    "taxNumber": 22,
    "registrationNumber": 22,
}
_USUAL_TEXT = 40
_ADDRESS_LINES = ("line1", "line2")
_OTHERS = {NodeType.NUMBER: 13, NodeType.DATETIME: 22, NodeType.BOOLEAN: 6}
# Beside its text a select has an arrow, and one with a search box shows names.
_ARROW = 3


def room_for(characters: int) -> Width:
    """The width of an input that has room for so many characters."""
    return next((width for room, width in _ROOM if characters <= room), "full")


def characters_in(width: Width) -> int:
    """How many characters an input of this width has room for."""
    return next((room for room, name in _ROOM if name == width), _UNBOUNDED)


def width_of(node: Node, limit: Limit, labels: tuple[str, ...]) -> Width:
    """The width of a field's input; `labels` are those of its options."""
    if node.is_json:
        return "full"
    if labels:
        return room_for(min(max(map(len, labels)) + _ARROW, _USUAL_TEXT))
    usual = _OTHERS.get(node.type, _USUAL.get(node.name, _USUAL_TEXT))
    if limit.format and limit.max_length:
        usual = limit.max_length
    return room_for(min(usual, limit.max_length or usual))


def is_one_line(node: Node) -> bool:
    """Whether a text is one line by what it means, whatever length the model allows."""
    return node.name in _USUAL or node.name in _ADDRESS_LINES
