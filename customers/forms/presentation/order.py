"""In which order a form shows the fields of an object. What is sent keeps the order of the model."""

from __future__ import annotations

from customers.forms.model import Node, NodeType

# The properties of an address (codat-api.md, "Customer"), as one writes them on an envelope, after what it is for.
_ENVELOPE = ("type", "line1", "line2", "city", "region", "postalCode", "country")
# An object with this many of them is an address.
_MIN_ADDRESS_NAMES = 3


def is_address(node: Node) -> bool:
    """Whether an object is an address."""
    names = {child.name for child in node.children}
    return len(names.intersection(_ENVELOPE) - {"type"}) >= _MIN_ADDRESS_NAMES


def shown_order(node: Node) -> tuple[int, ...]:
    """The indexes of the children of an object in the order of the page.

    Single inputs come before groups and lists. An address is in the order of an envelope; what else it has follows.
    """
    known = {name: index for index, name in enumerate(_ENVELOPE)} if is_address(node) else {}

    def place(index: int) -> tuple[bool, int, int]:
        child = node.children[index]
        is_part = child.type is NodeType.ARRAY or bool(child.children)
        return is_part, known.get(child.name, len(known)), index

    return tuple(sorted(range(len(node.children)), key=place))


def summary_order(node: Node) -> tuple[int, ...]:
    """The same for the summary of a row: what names it comes first."""
    order = shown_order(node)
    if is_address(node):
        return order
    named = [index for index in order if node.children[index].name.lower().endswith("name")][:1]
    return (*named, *(index for index in order if index not in named))
