"""What a form would change, field by field, and which values of a record it cannot send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from customers.codat.text import page_text
from customers.formatting import path_label
from customers.forms.bound import Field, Group, Labels, ListField, ListItem
from customers.forms.model import READ_ONLY_NAMES, Node, NodeType
from customers.forms.paths import item_key, join
from customers.forms.values import MISSING, text_or_json

# Objects are shown line by line down to this depth; deeper values are shown as JSON.
_MAX_DEPTH_AS_LINES = 6


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the review. `old` and `new` are JSON values, or MISSING for an absent one."""

    path: str
    label: str
    old: Any
    new: Any
    kind: Literal["changed", "added", "removed", "moved"] = "changed"

    @property
    def old_text(self) -> str:
        """The value before, for people."""
        return value_text(self.old)

    @property
    def new_text(self) -> str:
        """The value after, for people."""
        return value_text(self.new)


@dataclass(frozen=True, slots=True)
class UnsentValue:
    """A value of the record that the model has no field for. `path` is names and indexes."""

    path: tuple[str | int, ...]
    value: Any

    @property
    def label(self) -> str:
        """The label, made of the names of the properties."""
        return page_text(path_label(self.path))

    @property
    def text(self) -> str:
        """The value, for people."""
        return value_text(self.value)


def value_text(value: Any) -> str:
    """A value for people. Absent, null and "" are three different values, and have different texts."""
    if value is MISSING:
        return "(not set)"
    if value is None:
        return "(no value)"
    if value == "":
        return "(blank)"
    return "\n".join(_lines(value, (), _MAX_DEPTH_AS_LINES)) or text_or_json(value)


def _lines(value: Any, path: tuple[str | int, ...], depth_left: int) -> Iterator[str]:
    """An object or a list line by line, each with the label of its path."""
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        parts = ((str(name), item) for name, item in value.items())
    elif isinstance(value, list):
        parts = enumerate(value)
    for part, item in parts:
        inner_path = (*path, part)
        label = page_text(path_label(inner_path))
        if isinstance(item, (dict, list)):
            inner = list(_lines(item, inner_path, depth_left - 1)) if depth_left else []
            yield from inner or [f"{label}: {text_or_json(item)}"]
        else:
            yield f"{label}: {value_text(item)}"


def form_changes(root: Group, *, creating: bool) -> list[Change]:
    """Every change that the payload makes to the record; for a new customer, every value that is sent."""
    return list(_changes(root, (), creating=creating))


def _label(labels: Labels) -> str:
    return path_label(labels, name_label=str)


def _changes(field: Field, labels: Labels, *, creating: bool) -> Iterator[Change]:
    if isinstance(field, Group):
        for child in field.children:
            yield from _changes(child, (*labels, child.node.label), creating=creating)
    elif isinstance(field, ListField) and creating:
        for index, item in enumerate(field.sent_items):
            yield from _changes(item.field, (*labels, index), creating=True)
    elif isinstance(field, ListField):
        yield from _list_changes(field, labels)
    elif creating:
        value = field.value()
        if value is not MISSING:
            yield Change(field.path, _label(labels), MISSING, value, "added")
    elif field.is_changed:
        yield Change(field.path, _label(labels), field.base, field.value())


def _list_changes(field: ListField, labels: Labels) -> Iterator[Change]:
    sent, moved = field.sent_items, moved_keys(field)
    for index, item in enumerate(sent):
        if item.is_new:
            label = f"{_label((*labels, index))} (new)"
            yield Change(item.field.path, label, MISSING, item.field.value(), "added")
        else:
            yield from _changes(item.field, (*labels, index), creating=False)
        if item.key in moved:
            label, old = f"{_label((*labels, index))} (moved)", _index(item)
            yield Change(item.field.path, label, f"Row {old + 1}", f"Row {index + 1}", "moved")
    remaining = {_index(item) for item in sent if not item.is_new}
    for index in sorted(set(range(len(field.base_items))).difference(remaining)):
        value, element = field.base_items[index], field.node.element
        old = project(element, value) if element else value
        label = f"{_label((*labels, index))} (removed)"
        yield Change(join(field.path, item_key(index)), label, old, MISSING, "removed")


def _index(item: ListItem) -> int:
    """The index in the record of an item that is not new."""
    return int(item.key[1:])


def moved_keys(field: ListField) -> frozenset[str]:
    """The keys of the record's items that were moved: the fewest without which the others are in the record's order.

    Items that were added or removed do not move the others.
    """
    items = [item for item in field.items if not (item.is_new or item.is_removed)]
    indexes = [_index(item) for item in items]
    if indexes == sorted(indexes):
        return frozenset()
    items = [item for item in items if item.is_sent]
    in_order = _longest_run([_index(item) for item in items])
    return frozenset(item.key for item in items if _index(item) not in in_order)


def _longest_run(indexes: list[int]) -> tuple[int, ...]:
    """The longest ascending run through a list; of several, the one with most that stand where they would if sorted."""
    runs: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    for index, sorted_index in zip(indexes, sorted(indexes), strict=True):
        length, unmoved, run = max(one for one in runs if not one[2] or one[2][-1] < index)
        runs.append((length + 1, unmoved + (index == sorted_index), (*run, index)))
    return max(runs)[2]


def project(node: Node, value: Any) -> Any:
    """The part of a record's value that the model has and that may be written.

    A value with another shape than the model's is returned as it is.
    """
    if node.type is NodeType.OBJECT and node.children and isinstance(value, dict):
        return {
            child.name: project(child, value[child.name])
            for child in node.children
            if child.name in value and not child.read_only
        }
    if node.type is NodeType.ARRAY and node.element and isinstance(value, list):
        return [project(node.element, item) for item in value]
    return value


def unsent_values(root: Group) -> list[UnsentValue]:
    """The values of the record, at any depth, that the model does not have. Read-only ones are left out."""
    return list(_unsent_values(root, ()))


def _unsent_values(field: Field, path: tuple[str | int, ...]) -> Iterator[UnsentValue]:
    if isinstance(field, Group) and isinstance(field.base, dict):
        known = {child.node.name for child in field.children} | READ_ONLY_NAMES
        if not field.node.path:
            known.add("id")
        for name, value in field.base.items():
            if name not in known:
                yield UnsentValue((*path, name), value)
        for child in field.children:
            yield from _unsent_values(child, (*path, child.node.name))
    elif isinstance(field, ListField):
        for item in field.items:
            if not item.is_new:
                yield from _unsent_values(item.field, (*path, _index(item)))
