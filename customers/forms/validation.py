"""Errors of a form before it is sent: missing required values, and values of the wrong type.

Only values that a person entered, added or emptied are validated. An unchanged value is sent as it was read, whatever
its type; an optional object or list item that is blank requires nothing. A required value that the stored record lacks
is a warning: the person may be unable to supply it, so the integration decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from customers.codat.values import is_empty
from customers.formatting import singular
from customers.forms.bound import Field, Group, Leaf, ListField, ReadOnlyField, walk
from customers.forms.model import Node, NodeType
from customers.forms.presentation.labels import label_in_sentence
from customers.forms.values import MISSING, parse_input

_SELECT = "Select an option."
_STORED_WITHOUT = "Required, but Codat’s copy has no value here."

# A required field without a value, and whether the person caused that (else the stored record lacks it).
Gap = tuple[Field, bool]


def validate(root: Group, *, creating: bool) -> None:
    """Set the error of each field that has one."""
    for field, is_caused in _gaps(root, is_active=True, is_added=creating):
        if is_caused:
            field.error = field.error or _required_error(field.node)
    for field, _ in walk(root):
        if isinstance(field, Leaf) and not (field.error or field.is_blank) and field.is_changed:
            field.error = parse_input(field.node, field.text)[1]


def warnings(root: Group, *, creating: bool) -> dict[str, str]:
    """A sentence for each field that is required and blank in the stored record, by the field's path."""
    return {
        field.path: _STORED_WITHOUT
        for field, is_caused in _gaps(root, is_active=True, is_added=creating)
        if not is_caused
    }


def error_names_field(field: Field) -> bool:
    """Whether the field's error contains the label of the field."""
    return field.error == _required_error(field.node) != _SELECT


def _required_error(node: Node) -> str:
    """The error of a required field that is blank."""
    label = label_in_sentence(node.label)
    the = f"the {label}" if label and not label[-1].isdigit() else label
    if node.type is NodeType.ARRAY:
        return f"Add at least one {label_in_sentence(singular(node.label)) or 'row'}."
    if node.children:
        return f"Fill in at least one field of {the or 'this group'}."
    if node.type is NodeType.BOOLEAN or (node.options and not the):
        return _SELECT
    if node.options:
        return f"Select {the}."
    return f"Enter {the or 'a value'}."


def _gaps(field: Field, *, is_active: bool, is_added: bool) -> Iterator[Gap]:
    """The required fields without a value.

    `is_active`: the field is required, or is filled in. `is_added`: the person adds what the field belongs to.
    """
    if isinstance(field, Leaf):
        if is_active and field.node.required and field.is_blank:
            yield field, is_added or field.is_changed
    elif isinstance(field, Group):
        yield from _group_gaps(field, is_active=is_active, is_added=is_added)
    elif isinstance(field, ListField):
        yield from _list_gaps(field, is_active=is_active, is_added=is_added)


def _group_gaps(group: Group, *, is_active: bool, is_added: bool) -> Iterator[Gap]:
    is_stored = group.base is not MISSING and not is_empty(group.base)
    is_added = is_added or (not is_stored and (group.is_filled or not group.path))
    has_gap = False
    for child in group.children:
        is_active_child = is_active and (child.node.required or child.is_filled)
        for gap in _gaps(child, is_active=is_active_child, is_added=is_added):
            has_gap = True
            yield gap
    is_blank = is_active and group.node.required and not group.is_filled
    if group.path and is_blank and not has_gap and _can_be_filled(group):
        yield group, is_added or group.is_changed


def _can_be_filled(group: Group) -> bool:
    return any(isinstance(field, (Leaf, ListField)) for field, _ in walk(group))


def _list_gaps(field: ListField, *, is_active: bool, is_added: bool) -> Iterator[Gap]:
    is_required = is_active and field.node.required
    if is_required and not field.sent_items:
        yield field, is_added or field.is_changed
    first_is_required = is_required and not field.is_filled
    for index, item in enumerate(field.remaining_items):
        is_active_item = is_active and (item.field.is_filled or (first_is_required and index == 0))
        if not isinstance(item.field, ReadOnlyField) and not item.is_hidden:
            is_added_item = is_added or (item.is_new and item.field.is_filled)
            yield from _gaps(item.field, is_active=is_active_item, is_added=is_added_item)
