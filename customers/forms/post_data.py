"""Reads a post into the fields of a form.

Each field of the model looks up its input by name, so a posted name cannot set anything else. A field without a
posted input has the record's value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from customers.codat.text import page_text
from customers.forms.bound import MAX_LIST_ITEMS, Field, Group, Leaf, ListField, ListItem
from customers.forms.paths import (
    FIELD_PREFIX,
    KEEP_INVISIBLE_PREFIX,
    ORDER_PREFIX,
    ORIGINAL_PREFIX,
    REMOVED_FIELD_PREFIX,
    REMOVED_ITEMS_PREFIX,
)

# New items in one post, over all lists; a person adds a handful.
MAX_NEW_ITEMS = 2_000
# Their inputs: an item of a wide model can have a thousand, and a post is limited to this many fields.
MAX_NEW_INPUTS = 20_000
# Bytes of the keys of one list.
_MAX_ORDER_LENGTH = 20_000
_UNKNOWN_INPUTS = (
    "Some fields no longer exist and will not be sent. What you typed there is listed below."
)
_UNKNOWN_ITEM = "A row no longer exists and was ignored. Nothing else was changed."
_TOO_MANY_ITEMS = (
    f"A list can have at most {MAX_LIST_ITEMS} rows here. The rows after that were ignored."
)


class PostData(Protocol):
    """The part of a QueryDict that a form needs."""

    def getlist(self, key: str, /) -> list[str]:
        """Every value posted under the name."""

    def __iter__(self) -> Iterator[str]: ...


class PostReader:
    """Reads one post.

    `problems` are errors without a field; `unknown_inputs` are the inputs that are not in the model (any more), with
    their values. `removed_values` are their values in this post and in earlier ones, by path.
    """

    def __init__(self, data: PostData) -> None:
        self.data = data
        self.known: set[str] = set()
        self.problems: list[str] = []
        self.unknown_inputs: dict[str, str] = {}
        self.removed_values: dict[str, str] = {}
        self.new_items = self.new_inputs = 0

    def read(self, root: Group) -> None:
        """Read everything into the fields."""
        self._read(root)
        prefixes = (FIELD_PREFIX, ORDER_PREFIX, REMOVED_ITEMS_PREFIX)
        for name in self.data:
            if name.startswith(REMOVED_FIELD_PREFIX):
                self.removed_values[name.removeprefix(REMOVED_FIELD_PREFIX)] = self.data.getlist(
                    name
                )[-1]
            if not name.startswith(prefixes) or name in self.known:
                continue
            values = [value for value in self.data.getlist(name) if value.strip()]
            if values and name.startswith(FIELD_PREFIX):
                self.unknown_inputs[name] = values[-1]
                self.removed_values[name.removeprefix(FIELD_PREFIX)] = values[-1]
        if self.unknown_inputs:
            self.problems.append(_UNKNOWN_INPUTS)

    def _read(self, field: Field) -> None:
        if isinstance(field, Leaf):
            self._read_leaf(field)
        elif isinstance(field, Group):
            for child in field.children:
                self._read(child)
        elif isinstance(field, ListField):
            self._read_list(field)

    def _read_leaf(self, leaf: Leaf) -> None:
        name = FIELD_PREFIX + leaf.path
        values = self.data.getlist(name)
        if not values:
            return
        self.known.add(name)
        original = self.data.getlist(ORIGINAL_PREFIX + leaf.path)[-1:]
        leaf.read(
            page_text(values[-1]),
            page_text("".join(original)),
            keeps_invisible=bool(self.data.getlist(KEEP_INVISIBLE_PREFIX + leaf.path)),
        )
        if len(set(values)) > 1:
            leaf.error = (
                "This field was submitted twice with different values. Check it, then save."
            )

    def _read_list(self, field: ListField) -> None:
        keys = self._keys(ORDER_PREFIX + field.path)
        removed = self._keys(REMOVED_ITEMS_PREFIX + field.path)
        if keys is not None:
            self._order(field, keys, set(removed or ()))
        for item in field.items:
            if not item.is_hidden:
                self._read(item.field)

    def _keys(self, name: str) -> list[str] | None:
        values = self.data.getlist(name)
        self.known.add(name)
        if not values:
            return None
        return [key for key in values[-1][:_MAX_ORDER_LENGTH].split(",") if key]

    def _order(self, field: ListField, keys: list[str], removed: set[str]) -> None:
        """Put the items in the posted order. Items of the record that were not posted follow."""
        remaining = {item.key: item for item in field.items if not item.is_new}
        ordered: list[ListItem] = []
        known: set[str] = set()
        for key in keys:
            item = remaining.pop(key, None)
            if item is None and key not in known:
                item = self._new_item(field, key, len(ordered))
            if item is None:
                self._add_problem(_UNKNOWN_ITEM)
                continue
            known.add(key)
            item.is_removed = key in removed
            item.is_hidden = False
            ordered.append(item)
        field.items = ordered + list(remaining.values())

    def _new_item(self, field: ListField, key: str, count: int) -> ListItem | None:
        if (
            count >= 2 * MAX_LIST_ITEMS
            or self.new_items >= MAX_NEW_ITEMS
            or self.new_inputs >= MAX_NEW_INPUTS
        ):
            self._add_problem(_TOO_MANY_ITEMS)
            return None
        before = field.binder.inputs
        item = field.new_item(key)
        self.new_items += 1
        self.new_inputs += field.binder.inputs - before
        return item

    def _add_problem(self, sentence: str) -> None:
        if sentence not in self.problems:
            self.problems.append(sentence)
