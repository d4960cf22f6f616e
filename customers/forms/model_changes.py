"""What has changed in a create/update model since a draft was stored."""

from collections.abc import Iterator, Mapping
from typing import Any

import simplejson

from customers.forms.model import ModelError, Node, parse_model


def model_changes(old: str, new: Mapping[str, Any]) -> list[str]:
    """What has changed in a connection's model since a draft was stored, as sentences.

    `old` is the JSON text of the model at that time, "" where it is not known.
    """
    try:
        before = _fields(parse_model(simplejson.loads(old, use_decimal=True))) if old else {}
        now = _fields(parse_model(new))
    except (ModelError, ValueError):
        return []
    if not before:
        return []
    return [
        *(f"{now[path].label} is a new field." for path in now if path not in before),
        *(
            f"{before[path].label} was removed and will not be sent."
            for path in before
            if path not in now
        ),
        *_changed(before, now),
    ]


def _changed(
    before: dict[tuple[str, ...], Node], now: dict[tuple[str, ...], Node]
) -> Iterator[str]:
    for path in before.keys() & now.keys():
        old, new = before[path], now[path]
        if old.required != new.required:
            yield f"{new.label} is {'now' if new.required else 'no longer'} required."
        if old.type != new.type:
            yield f"{new.label} now has a different type."
        if {option.text for option in old.options} != {option.text for option in new.options}:
            yield f"{new.label} has different options."


def _fields(node: Node) -> dict[tuple[str, ...], Node]:
    """Every node of a model by its path."""
    fields = {node.path: node} if node.path else {}
    for child in node.children:
        fields |= _fields(child)
    if node.element is not None:
        for child in node.element.children:
            fields |= _fields(child)
    return fields
