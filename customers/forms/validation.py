"""Errors of a form before it is sent: missing required values, and values of the wrong type.

Only what a person filled in is checked. An untouched value is sent as it was read, whatever its type; an optional
object or list item that is blank requires nothing.
"""

from __future__ import annotations

from customers.formatting import singular
from customers.forms.bound import Field, Group, Leaf, ListField, ReadOnlyField
from customers.forms.labels import label_in_sentence
from customers.forms.model import Node, NodeType
from customers.forms.values import parse_input

_SELECT = "Select an option."


def validate(root: Group) -> None:
    """Set the error of each field that has one."""
    _validate(root, is_active=True)


def error_names_field(field: Field) -> bool:
    """Whether the field's error says itself which field it is about."""
    return field.error == _required_error(field.node) != _SELECT


def _required_error(node: Node) -> str:
    """The error of a required field that is blank."""
    if node.type is NodeType.ARRAY:
        return f"Add at least one {label_in_sentence(singular(node.label)) or 'row'}."
    if node.options or node.type is NodeType.BOOLEAN:
        return _SELECT
    return f"Enter {label_in_sentence(node.label) or 'a value'}."


def _validate(field: Field, *, is_active: bool) -> None:
    if isinstance(field, Leaf):
        _validate_leaf(field, is_active=is_active)
    elif isinstance(field, Group):
        for child in field.children:
            _validate(child, is_active=is_active and (child.node.required or child.is_filled))
    elif isinstance(field, ListField):
        _validate_list(field, is_active=is_active)


def _validate_leaf(leaf: Leaf, *, is_active: bool) -> None:
    if leaf.error:
        return
    if leaf.is_blank:
        if is_active and leaf.node.required:
            leaf.error = _required_error(leaf.node)
    elif leaf.is_changed:
        leaf.error = parse_input(leaf.node, leaf.text)[1]


def _validate_list(field: ListField, *, is_active: bool) -> None:
    is_required = is_active and field.node.required
    if is_required and not field.sent_items:
        field.error = field.error or _required_error(field.node)
    first_is_required = is_required and not field.is_filled
    for index, item in enumerate(field.remaining_items):
        is_required_item = item.field.is_filled or (first_is_required and index == 0)
        if not isinstance(item.field, ReadOnlyField):
            _validate(item.field, is_active=is_active and is_required_item)
