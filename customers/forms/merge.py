"""Three-way merge of two people's changes of one record: the fields that differ, and the values after the choices.

The fields of the model are compared, leaf by leaf. A field that only the other person changed is merged automatically;
one that both changed is a conflict. List items seldom have an identity across two reads of a record: three lists of
equal length are compared item by item, other lists are one field. Where it is not certain that an item is the same
one in all three lists, each difference is a conflict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from customers.formatting import path_label
from customers.forms import assumptions
from customers.forms.bound import Labels
from customers.forms.changes import Change, project, value_text
from customers.forms.model import Node, NodeType
from customers.forms.paths import path_of
from customers.forms.post_data import PostData
from customers.forms.values import MISSING, to_json

CHOICE_PREFIX, FINGERPRINT_NAME = "m.", "m-seen"
Side = Literal["theirs", "mine"]
# Names of properties, and indexes of list items.
Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One field that another person changed after the form was opened.

    `changed_by_both`: this form changes it too, to another value. `in_unclear_item`: its list item may not be the same
    one in all three lists. Values are JSON, or MISSING. `chosen` is "" until a choice is made.
    """

    keys: Keys
    label: str
    before: Any
    theirs: Any
    mine: Any
    changed_by_both: bool
    in_unclear_item: bool = False
    chosen: Side | Literal[""] = ""

    @property
    def needs_choice(self) -> bool:
        """Whether a person has to choose; otherwise their value is taken."""
        return self.changed_by_both or self.in_unclear_item

    @property
    def path(self) -> str:
        """The path of the field, as in the names of inputs."""
        return path_of(self.keys)

    @property
    def name(self) -> str:
        """The name of the two radio buttons."""
        return CHOICE_PREFIX + self.path

    @property
    def preselected(self) -> str:
        """The value of the radio button that is checked, "" for none."""
        return self.chosen or ("" if self.changed_by_both else "theirs")

    @property
    def before_text(self) -> str:
        """The value when the form was opened."""
        return value_text(self.before)

    @property
    def theirs_text(self) -> str:
        """The value that the other person saved."""
        return value_text(self.theirs)

    @property
    def mine_text(self) -> str:
        """The value in this form."""
        return value_text(self.mine)


@dataclass(frozen=True, slots=True)
class Merge:
    """The conflicts with the choices made so far, the fields that are merged automatically, and the resulting values.

    `fingerprint` identifies the record of the conflicts. `was_shown`: the post came from a page that showed these
    conflicts. `payload` is what this form would send without a merge.
    """

    conflicts: list[FieldConflict]
    merged: list[FieldConflict]
    payload: dict[str, Any]
    fingerprint: str
    was_shown: bool

    @property
    def resolved(self) -> bool:
        """True where nothing prevents the save: no conflicts, or a choice for each."""
        return all(conflict.chosen for conflict in self.conflicts)

    @property
    def undecided(self) -> str:
        """The labels of the fields without a choice, where the conflicts were shown before; else ""."""
        conflicts = self.conflicts if self.was_shown else []
        return ", ".join(conflict.label for conflict in conflicts if not conflict.chosen)

    def values(self) -> dict[str, Any]:
        """What to send: the payload, with their value where theirs was chosen or only they changed it."""
        values: dict[str, Any] = _deep_copy(self.payload)
        for conflict in (*self.merged, *self.conflicts):
            value = conflict.mine if conflict.chosen == "mine" else conflict.theirs
            _set_value(values, conflict.keys, value)
        return values


def merge(
    model: Node,
    base: dict[str, Any],
    theirs: dict[str, Any],
    mine: dict[str, Any],
    data: PostData | None = None,
) -> Merge:
    """Compare the record that the form was opened with, the current record, and what is to be sent.

    `base` and `theirs` are records as read, `mine` is a payload. `data` is the post that may contain choices: they
    are used only if they were made about the same `theirs`.
    """
    before, now = _comparable(model, base), _comparable(model, theirs)
    fingerprint = hashlib.sha256(to_json(now).encode()).hexdigest()[:32]
    was_shown = data is not None and data.getlist(FINGERPRINT_NAME)[-1:] == [fingerprint]
    changes = list(_compare(model, (), (), before, now, mine))
    conflicts = [
        _with_choice(change, data if was_shown else None)
        for change in changes
        if change.needs_choice
    ]
    merged = [change for change in changes if not change.needs_choice]
    return Merge(conflicts, merged, mine, fingerprint, was_shown)


def record_changes(model: Node, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The differences between two reads of a record, for the model's fields."""
    before, now = _comparable(model, old), _comparable(model, new)
    return [
        Change(conflict.path, conflict.label, conflict.before, conflict.theirs)
        for conflict in _compare(model, (), (), before, now, before)
    ]


def _comparable(model: Node, record: dict[str, Any]) -> Any:
    return without_empty_lists(project(model, record))


def without_empty_lists(value: Any) -> Any:
    """A record without its empty lists, as a payload is: see `assumptions.SEND_EMPTY_LISTS_AS_READ`."""
    if assumptions.SEND_EMPTY_LISTS_AS_READ or not isinstance(value, dict):
        return value
    return {key: without_empty_lists(item) for key, item in value.items() if item != []}


def _with_choice(conflict: FieldConflict, data: PostData | None) -> FieldConflict:
    posted = data.getlist(conflict.name)[-1:] if data is not None else []
    if posted == ["theirs"]:
        return replace(conflict, chosen="theirs")
    return replace(conflict, chosen="mine") if posted == ["mine"] else conflict


def _compare(
    node: Node,
    keys: Keys,
    labels: Labels,
    before: Any,
    now: Any,
    mine: Any,
    *,
    is_unclear: bool = False,
) -> Iterator[FieldConflict]:
    """The fields that differ between `before` and `now`, and are not the same in `mine`."""
    if equal_json(before, now) or equal_json(now, mine):
        return
    if node.type is NodeType.OBJECT and node.children and _all(dict, before, now, mine):
        for child in node.children:
            name = child.name
            properties = (record.get(name, MISSING) for record in (before, now, mine))
            inner = (*keys, name), (*labels, child.label)
            yield from _compare(child, *inner, *properties, is_unclear=is_unclear)
    elif (
        node.type is NodeType.ARRAY
        and node.element
        and _all(list, before, now, mine)
        and len(before) == len(now) == len(mine)
    ):
        unmoved = equal_json(before, mine) or (_unmoved(before, now) and _unmoved(before, mine))
        for index, items in enumerate(zip(before, now, mine, strict=True)):
            unclear = is_unclear or not (unmoved and _is_same_item(*items))
            inner = (*keys, index), (*labels, index)
            yield from _compare(node.element, *inner, *items, is_unclear=unclear)
    else:
        label = path_label(labels, name_label=str)
        changed_by_both = not equal_json(before, mine)
        yield FieldConflict(keys, label, before, now, mine, changed_by_both, is_unclear)


def _unmoved(before: list[Any], after: list[Any]) -> bool:
    """Whether no item of `before` is at another index in `after`: items were edited, not moved."""
    old, new = [to_json(item) for item in before], [to_json(item) for item in after]
    all_old, all_new = set(old), set(new)
    return all(
        one == other or (one not in all_new and other not in all_old)
        for one, other in zip(old, new, strict=True)
    )


def _is_same_item(before: Any, now: Any, mine: Any) -> bool:
    """Whether an item is the same one in three lists: this form did not change it, or all have the same `id`."""
    if equal_json(before, mine):
        return True
    if not _all(dict, before, now, mine):
        return True
    item_id = before.get("id")
    return bool(item_id) and item_id == now.get("id") == mine.get("id")


def _all(wanted: type, *values: Any) -> bool:
    return all(isinstance(value, wanted) for value in values)


def equal_json(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 and true differ, 1.0 and 1.00 too, and an absent value equals only an absent value."""
    if one is MISSING or other is MISSING:
        return one is other
    return to_json(one) == to_json(other)


def _deep_copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _deep_copy(item) for key, item in value.items()}
    return [_deep_copy(item) for item in value] if isinstance(value, list) else value


def _set_value(target: Any, keys: Keys, value: Any) -> None:
    for key in keys[:-1]:
        target = target[key]
    last = keys[-1]
    if value is MISSING and isinstance(target, dict):
        target.pop(last, None)
    else:
        target[last] = value
