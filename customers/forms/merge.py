"""Two people changed one record: three columns, field by field, and what comes of the choice.

Compared is what the model knows of each record, per leaf. Rows have no identity of their own across
two readings of a record: where all three lists are equally long they are compared row by row, else
the list is one field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from customers.formatting import path_label
from customers.forms import assumptions
from customers.forms.bound import Labels
from customers.forms.changes import Change, project, words
from customers.forms.model import Kind, Node
from customers.forms.paths import join, segment
from customers.forms.post_data import Data
from customers.forms.values import MISSING, dump

CHOICE, SEEN = "m.", "m-seen"
Side = Literal["theirs", "mine"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that somebody else changed since the form was opened.

    `both`: I changed it too, to something else. Otherwise the page preselects theirs; either way
    nothing is sent before a person has seen it. Values are JSON, or MISSING; `chosen` is "" until then.
    """

    path: str
    keys: tuple[str | int, ...]
    label: str
    before: Any
    theirs: Any
    mine: Any
    both: bool
    chosen: Side | Literal[""]

    @property
    def name(self) -> str:
        """The name of the pair of radio buttons."""
        return CHOICE + self.path

    @property
    def preselected(self) -> str:
        """The radio button that is on."""
        return self.chosen or ("" if self.both else "theirs")

    @property
    def before_text(self) -> str:
        """The value when the form was opened."""
        return words(self.before)

    @property
    def theirs_text(self) -> str:
        """The value that somebody else saved."""
        return words(self.theirs)

    @property
    def mine_text(self) -> str:
        """The value in this form."""
        return words(self.mine)


class Merge:
    """The differences, the choices made so far, and the values that come of them."""

    def __init__(
        self, conflicts: list[Conflict], merged: dict[str, Any], seen: str, *, asked: bool
    ) -> None:
        self.conflicts = conflicts
        self.seen = seen
        self.asked = asked
        self._merged = merged

    @property
    def resolved(self) -> bool:
        """True when nothing is in the way of saving: no differences, or a choice for each."""
        return all(conflict.chosen for conflict in self.conflicts)

    @property
    def undecided(self) -> str:
        """The labels of the fields that still want a choice, where somebody has been asked before; else ""."""
        return ", ".join(each.label for each in self.conflicts if self.asked and not each.chosen)

    def values(self) -> dict[str, Any]:
        """What to send: my values, with theirs where theirs was chosen (or mine is untouched)."""
        out: dict[str, Any] = _copy(self._merged)
        for conflict in self.conflicts:
            _put(
                out, conflict.keys, conflict.mine if conflict.chosen == "mine" else conflict.theirs
            )
        return out


def merge(
    model: Node,
    base: dict[str, Any],
    theirs: dict[str, Any],
    mine: dict[str, Any],
    data: Data | None = None,
) -> Merge:
    """Compare what the form was opened with, what the record is now, and what is to be sent.

    `base` and `theirs` are records as read, `mine` a payload. `data` is the post that may hold the
    choices: they count only if they were made about this very `theirs`.
    """
    before, now = _spoken(project(model, base)), _spoken(project(model, theirs))
    seen = hashlib.sha256(dump(now).encode()).hexdigest()[:32]
    asked = data is not None and data.getlist(SEEN)[-1:] == [seen]
    conflicts = [
        _chosen(conflict, data if asked else None)
        for conflict in _compare(model, (), "", (), before, now, mine)
    ]
    return Merge(conflicts, mine, seen, asked=asked)


def differences(model: Node, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """What differs between two readings of a record, for the model's fields."""
    before, now = _spoken(project(model, old)), _spoken(project(model, new))
    return [
        Change(found.path, found.label, found.before, found.theirs)
        for found in _compare(model, (), "", (), before, now, before)
    ]


def _spoken(value: Any) -> Any:
    """A record without its empty lists, as a payload is (see guesses.SEND_EMPTY_LISTS_AS_READ)."""
    if assumptions.SEND_EMPTY_LISTS_AS_READ or not isinstance(value, dict):
        return value
    return {key: _spoken(item) for key, item in value.items() if item != []}


def _chosen(conflict: Conflict, data: Data | None) -> Conflict:
    posted = data.getlist(conflict.name)[-1:] if data is not None else []
    if posted == ["theirs"]:
        return replace(conflict, chosen="theirs")
    return replace(conflict, chosen="mine") if posted == ["mine"] else conflict


def _compare(
    node: Node,
    keys: tuple[str | int, ...],
    path: str,
    labels: Labels,
    before: Any,
    now: Any,
    mine: Any,
) -> Iterator[Conflict]:
    if same(before, now) or same(now, mine):
        return
    if node.kind is Kind.OBJECT and node.children and _all(dict, before, now, mine):
        for child in node.children:
            name = child.name
            yield from _compare(
                child,
                (*keys, name),
                join(path, segment(name)),
                (*labels, child.label),
                before.get(name, MISSING),
                now.get(name, MISSING),
                mine.get(name, MISSING),
            )
    elif (
        node.kind is Kind.ARRAY
        and node.element
        and _all(list, before, now, mine)
        and len(before) == len(now) == len(mine)
    ):
        for index, item in enumerate(before):
            yield from _compare(
                node.element,
                (*keys, index),
                join(path, f"b{index}"),
                (*labels, index),
                item,
                now[index],
                mine[index],
            )
    else:
        label = path_label(labels, name_label=str)
        yield Conflict(path, keys, label, before, now, mine, not same(before, mine), "")


def _all(kind: type, *values: Any) -> bool:
    return all(isinstance(value, kind) for value in values)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 and true differ, 1.0 and 1.00 too, and absent is equal to absent alone."""
    if one is MISSING or other is MISSING:
        return one is other
    return dump(one) == dump(other)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _put(target: Any, keys: tuple[str | int, ...], value: Any) -> None:
    for key in keys[:-1]:
        target = target[key]
    last = keys[-1]
    if value is MISSING and isinstance(target, dict):
        target.pop(last, None)
    else:
        target[last] = value
