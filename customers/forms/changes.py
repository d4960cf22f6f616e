"""What a form would change, field by field, and what of a record it cannot send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from customers.codat.text import page_text
from customers.formatting import path_label
from customers.forms.bound import Group, Labels, Row, Rows, State
from customers.forms.model import READ_ONLY_ANYWHERE, Kind, Node
from customers.forms.values import MISSING, readable


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
        return words(self.old)

    @property
    def new_text(self) -> str:
        """The value after, for people."""
        return words(self.new)


@dataclass(frozen=True, slots=True)
class Unsent:
    """A value of the record that the model has no field for."""

    path: tuple[str | int, ...]
    value: Any

    @property
    def label(self) -> str:
        """The field's label, made of the names of its properties."""
        return page_text(path_label(self.path))

    @property
    def text(self) -> str:
        """The value, for people."""
        return words(self.value)


def words(value: Any) -> str:
    """A value for people: absent, null and "" are three different things, and are told apart."""
    if value is MISSING:
        return "(nothing)"
    if value is None:
        return "(null)"
    if value == "":
        return "(empty text)"
    return "\n".join(_lines(value, (), _LEVELS)) or readable(value)


# So deep an object is told line by line; below that it is JSON.
_LEVELS = 6


def _lines(value: Any, path: tuple[str | int, ...], levels: int) -> Iterator[str]:
    """An object or a list line by line, under the names of its properties."""
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        parts = ((str(name), item) for name, item in value.items())
    elif isinstance(value, list):
        parts = enumerate(value)
    for part, item in parts:
        inner_path = (*path, part)
        label = page_text(path_label(inner_path))
        if isinstance(item, (dict, list)):
            inner = list(_lines(item, inner_path, levels - 1)) if levels else []
            yield from inner or [f"{label}: {readable(item)}"]
        else:
            yield f"{label}: {words(item)}"


def changes(root: Group, *, creating: bool) -> list[Change]:
    """Every change that the payload makes to the record; creating, every value that is sent."""
    return list(_walk(root, (), everything=creating))


def _label(labels: Labels) -> str:
    return path_label(labels, name_label=str)


def _walk(state: State, labels: Labels, *, everything: bool) -> Iterator[Change]:
    if isinstance(state, Group):
        for child in state.children:
            yield from _walk(child, (*labels, child.node.label), everything=everything)
    elif isinstance(state, Rows):
        yield from _rows(state, labels, everything=everything)
    elif everything:
        value = state.value()
        if value is not MISSING:
            yield Change(state.path, _label(labels), MISSING, value, "added")
    elif state.changed:
        yield Change(state.path, _label(labels), state.base, state.value())


def _rows(rows: Rows, labels: Labels, *, everything: bool) -> Iterator[Change]:
    sent = rows.sent
    for index, row in enumerate(sent):
        row_labels = (*labels, index)
        if everything:
            yield from _walk(row.state, row_labels, everything=True)
        elif row.new:
            name = f"{_label(row_labels)} (new)"
            yield Change(row.state.path, name, MISSING, row.state.value(), "added")
        else:
            yield from _walk(row.state, row_labels, everything=False)
    if everything:
        return
    base = rows.base if isinstance(rows.base, list) else []
    kept = [row.key for row in sent if not row.new]
    for index in range(len(base)):
        key = f"b{index}"
        if key not in kept:
            element = rows.node.element
            old = project(element, base[index]) if element else base[index]
            name = f"{_label((*labels, index))} (removed)"
            yield Change(f"{rows.path}.{key}", name, old, MISSING, "removed")
    if kept != sorted(kept, key=_index) or _new_before_old(sent):
        before = ", ".join(str(_index(key) + 1) for key in sorted(kept, key=_index))
        after = ", ".join("new" if row.new else str(_index(row.key) + 1) for row in sent)
        yield Change(rows.path, f"{_label(labels)} (order)", before, after, "moved")


def _index(key: str) -> int:
    return int(key[1:])


def _new_before_old(rows: list[Row]) -> bool:
    return any(one.new and not other.new for one, other in pairwise(rows))


def project(node: Node, value: Any) -> Any:
    """The part of a record's value that the model has a place for and that may be written.

    What has another shape than the model says stays as it is.
    """
    if node.kind is Kind.OBJECT and node.children and isinstance(value, dict):
        return {
            child.name: project(child, value[child.name])
            for child in node.children
            if child.name in value and not child.read_only
        }
    if node.kind is Kind.ARRAY and node.element and isinstance(value, list):
        return [project(node.element, item) for item in value]
    return value


def unsent(root: Group) -> list[Unsent]:
    """Values of the record, at any depth, that the model does not know. Read-only ones are not
    named: nobody expects them to be sent."""
    return list(_unsent(root, ()))


def _unsent(state: State, path: tuple[str | int, ...]) -> Iterator[Unsent]:
    if isinstance(state, Group) and isinstance(state.base, dict):
        known = {child.node.name for child in state.children}
        silent = READ_ONLY_ANYWHERE if state.node.path else READ_ONLY_ANYWHERE | {"id"}
        for name, value in state.base.items():
            if name not in known and name not in silent:
                yield Unsent((*path, name), value)
        for child in state.children:
            yield from _unsent(child, (*path, child.node.name))
    elif isinstance(state, Rows):
        for row in state.rows:
            if not row.new:
                yield from _unsent(row.state, (*path, _index(row.key)))
