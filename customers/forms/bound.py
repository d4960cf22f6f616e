"""The fields of one form: the model's tree, bound to a record, with the current text of each input.

Four kinds: Leaf (one input), Group (an object), ListField (an array) and ReadOnlyField (a value that is shown and
cannot be edited). Each has `is_changed`, `is_filled` and `value()`, which is what is sent.

The rule of a leaf: text that means the same value as the record's sends that value exactly as it was read, for example
absent, null, "" or a number with seven decimals. Emptied text clears the value. Other text is converted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from customers.codat.text import is_blank, without_invisible
from customers.forms import assumptions
from customers.forms.dates import posted_date
from customers.forms.model import Node, NodeType
from customers.forms.paths import NEW_ITEM_KEY, encode_name, item_key, join
from customers.forms.values import (
    MISSING,
    adds_only_blanks,
    initial_text,
    is_same_value,
    parse_input,
)

# The most items of one list, and inputs of one form, on a page. Further items of a record are sent as they were read.
MAX_LIST_ITEMS = 500
MAX_INPUTS = 8_000

# The labels of the nodes that lead to a field, with the indexes of list items between them: see `path_label`.
Labels = tuple[str | int, ...]


class Leaf:
    """One input.

    `preselected` is what a new field starts with (`assumptions.preset_text`). Alone it does not count as filled in,
    unless the field `is_needed`: it and all that it belongs to are required. `original_text` is the text before
    invisible characters were removed, "" where there were none. `keeps_invisible`: the person has put them back, so
    they are not removed again.
    """

    __slots__ = (
        *("base", "error", "initial", "is_needed", "keeps_invisible", "node"),
        *("original_text", "path", "preselected", "text"),
    )

    def __init__(
        self, node: Node, path: str, base: Any, *, is_new: bool, is_needed: bool = False
    ) -> None:
        self.node = node
        self.path = path
        self.base = base
        self.is_needed = is_needed
        self.initial = initial_text(base)
        self.preselected = assumptions.preset_text(node) if is_new and base is MISSING else ""
        self.text = self.initial or self.preselected
        self.original_text = ""
        self.keeps_invisible = False
        self.error = ""

    def read(self, text: str, original_text: str, *, keeps_invisible: bool) -> None:
        """Read the posted text; `original_text` is that before an earlier post removed invisible characters."""
        if self.node.type is NodeType.DATETIME:
            text = posted_date(text, self.initial)
        self.text = text
        self.keeps_invisible = keeps_invisible and without_invisible(text) != text
        is_as_read = text == self.initial or adds_only_blanks(text, self.initial)
        if is_as_read or self.keeps_invisible or self.node.options:
            return
        self.text = without_invisible(text)
        if self.text != text:
            self.original_text = text
        elif without_invisible(original_text) == text:
            self.original_text = original_text if original_text != text else ""

    def restore(self) -> None:
        """Put back the invisible characters that were removed."""
        if self.original_text:
            self.text, self.original_text, self.keeps_invisible = self.original_text, "", True

    @property
    def is_blank(self) -> bool:
        return is_blank(self.text)

    @property
    def is_changed(self) -> bool:
        if self.preselected and self.text == self.preselected:
            return False
        return not self._keeps_base

    @property
    def _keeps_base(self) -> bool:
        """Whether the record's value is sent, because the text is unchanged or means the same value."""
        if self.text == self.initial or adds_only_blanks(self.text, self.initial):
            return True
        if self.is_blank:
            return self.base is MISSING or self.base is None or self.base == ""
        value, error = parse_input(self.node, self.text)
        return not error and is_same_value(self.node, value, self.base)

    @property
    def is_filled(self) -> bool:
        is_only_preselected = bool(self.preselected) and self.text == self.preselected
        return not self.is_blank and (self.is_needed or not is_only_preselected)

    def value(self) -> Any:
        if self._keeps_base:
            return self.base
        if self.is_blank:
            return assumptions.cleared_value(self.node)
        return parse_input(self.node, self.text)[0]

    def fill(self, value: Any) -> None:
        if self.node.is_json or not isinstance(value, (dict, list)):
            self.text = initial_text(value)


class ReadOnlyField:
    """A value that is shown and cannot be edited, and the reason. `is_sent`: it is sent as it was read."""

    __slots__ = ("base", "error", "is_sent", "node", "path", "reason")

    is_changed = False

    def __init__(self, node: Node, path: str, base: Any, reason: str, *, is_sent: bool) -> None:
        self.node = node
        self.path = path
        self.base = base
        self.reason = reason
        self.is_sent = is_sent
        self.error = ""

    @property
    def is_filled(self) -> bool:
        return self.is_sent and self.base is not MISSING and self.base not in (None, "", {}, [])

    def value(self) -> Any:
        return self.base if self.is_sent else MISSING

    def fill(self, value: Any) -> None:
        """Does nothing, because the value cannot be edited."""


class Group:
    """An object: the root, a property, or one item of an array of objects."""

    __slots__ = ("base", "children", "error", "node", "path")

    def __init__(self, node: Node, path: str, base: Any, children: list[Field]) -> None:
        self.node = node
        self.path = path
        self.base = base
        self.children = children
        self.error = ""

    @property
    def is_changed(self) -> bool:
        return any(child.is_changed for child in self.children)

    @property
    def is_filled(self) -> bool:
        return any(child.is_filled for child in self.children)

    def value(self) -> Any:
        if self.node.path and not isinstance(self.base, dict) and not self.is_filled:
            return self.base
        values = {}
        for child in self.children:
            value = child.value()
            if value is not MISSING:
                values[child.node.name] = value
        return values

    def child(self, name: str) -> Field | None:
        return next((child for child in self.children if child.node.name == name), None)

    def fill(self, value: Any) -> None:
        values = value if isinstance(value, dict) else {}
        for child in self.children:
            child.fill(values.get(child.node.name, MISSING))


class ListItem:
    """One element of an array. Its key stays the same when the item is moved.

    `is_hidden`: above the limits of a page, so that it has no inputs and none is posted.
    """

    __slots__ = ("field", "is_hidden", "is_new", "is_removed", "key")

    def __init__(self, key: str, field: Field, *, is_new: bool, is_hidden: bool = False) -> None:
        self.key = key
        self.field = field
        self.is_new = is_new
        self.is_removed = False
        self.is_hidden = is_hidden

    @property
    def is_sent(self) -> bool:
        """False for a removed item, a new one left blank, and one whose values were all emptied."""
        if self.is_removed:
            return False
        if self.field.is_filled:
            return True
        is_blank_new_item = self.is_new and "-" not in self.key
        return not is_blank_new_item and not self.field.is_changed


class ListField:
    """An array. `items` includes the removed ones, at their positions, so that each can be restored."""

    __slots__ = ("base", "binder", "error", "is_in_item", "items", "node", "path")

    def __init__(
        self, node: Node, path: str, base: Any, binder: Binder, *, is_in_item: bool
    ) -> None:
        self.node = node
        self.path = path
        self.base = base
        self.binder = binder
        self.is_in_item = is_in_item
        self.items: list[ListItem] = []
        self.error = ""

    @property
    def base_items(self) -> list[Any]:
        """The elements in the record; [] where there are none."""
        return self.base if isinstance(self.base, list) else []

    @property
    def remaining_items(self) -> list[ListItem]:
        return [item for item in self.items if not item.is_removed]

    @property
    def sent_items(self) -> list[ListItem]:
        return [item for item in self.items if item.is_sent]

    @property
    def is_filled(self) -> bool:
        return any(item.field.is_filled for item in self.items if not item.is_removed)

    @property
    def is_changed(self) -> bool:
        sent = self.sent_items
        if any(item.is_new or item.field.is_changed for item in sent):
            return True
        return [item.key for item in sent] != [
            item_key(index) for index in range(len(self.base_items))
        ]

    def value(self) -> Any:
        values = [
            value
            for item in self.items
            if item.is_sent and (value := item.field.value()) is not MISSING
        ]
        if values or self.is_changed:
            return values
        if self.base == [] and not self.is_in_item and not assumptions.SEND_EMPTY_LISTS_AS_READ:
            return MISSING
        return self.base

    def find(self, key: str) -> ListItem | None:
        return next((item for item in self.items if item.key == key), None)

    def new_item(self, key: str) -> ListItem | None:
        """An item for the key of a new one, not yet in `items`; None for any other key."""
        match = NEW_ITEM_KEY.fullmatch(key)
        if not match:
            return None
        value: Any = MISSING
        if match[2] is not None:
            if int(match[2]) >= len(self.base_items):
                return None
            value = self.base_items[int(match[2])]
        return ListItem(key, self.bind_item(key, value), is_new=True)

    def next_key(self, copy_of: str = "") -> str:
        """The key of the next new item, which may be a copy of a record's item."""
        numbers = [int(match[1]) for item in self.items if (match := NEW_ITEM_KEY.match(item.key))]
        return f"n{max(numbers, default=0) + 1}" + (f"-{copy_of}" if copy_of else "")

    def bind_item(self, key: str, value: Any) -> Field:
        element = self.node.element
        assert element is not None  # noqa: S101  a node of an array always has one
        return self.binder.bind(
            element, join(self.path, key), value, is_new=value is MISSING, is_in_item=True
        )

    def fill(self, value: Any) -> None:
        values = value if isinstance(value, list) else []
        old = [item for item in self.items if not item.is_new]
        self.items = []
        for index, item_value in enumerate(values):
            item = old[index] if index < len(old) else None
            if item is None:
                key = self.next_key()
                item = ListItem(key, self.bind_item(key, MISSING), is_new=True)
            item.field.fill(item_value)
            self.items.append(item)
        for item in old[len(values) :]:
            item.is_removed = True
            self.items.append(item)


Field = Leaf | ReadOnlyField | Group | ListField


class Binder:
    """Binds nodes to values, and limits the inputs, so that the form of a very large record is still usable."""

    def __init__(self, *, creating: bool) -> None:
        self.creating = creating
        self.inputs = 0

    def bind(
        self,
        node: Node,
        path: str,
        base: Any,
        *,
        is_new: bool = False,
        is_in_item: bool = False,
        is_needed: bool = False,
    ) -> Field:
        """The field of one node.

        `is_new`: it is not in the record, so it may have a preset. `is_needed`: all that it belongs to is required.
        """
        is_needed = not node.path or (is_needed and node.required)
        reason, is_sent = self._why_read_only(node, base, is_new=is_new)
        if reason:
            return ReadOnlyField(node, path, base, reason, is_sent=is_sent)
        if node.type is NodeType.OBJECT and not node.is_json:
            values = base if isinstance(base, dict) else {}
            children = [
                self.bind(
                    child,
                    join(path, encode_name(child.name)),
                    values.get(child.name, MISSING),
                    is_new=is_new,
                    is_in_item=is_in_item,
                    is_needed=is_needed,
                )
                for child in node.children
            ]
            return Group(node, path, base, children)
        if node.type is NodeType.ARRAY:
            return self._list(node, path, base, is_new=is_new, is_in_item=is_in_item)
        self.inputs += 1
        return Leaf(node, path, base, is_new=is_new, is_needed=is_needed)

    def _list(
        self, node: Node, path: str, base: Any, *, is_new: bool, is_in_item: bool
    ) -> ListField:
        field = ListField(node, path, base, self, is_in_item=is_in_item)
        for index, value in enumerate(field.base_items):
            key = item_key(index)
            is_hidden = index >= MAX_LIST_ITEMS or self.inputs >= MAX_INPUTS
            bound = field.bind_item(key, value)
            field.items.append(ListItem(key, bound, is_new=False, is_hidden=is_hidden))
        if is_new and node.required and not field.items:
            field.items.append(ListItem("n1", field.bind_item("n1", MISSING), is_new=True))
        return field

    def _why_read_only(self, node: Node, base: Any, *, is_new: bool) -> tuple[str, bool]:
        """Why a value cannot be edited ("" where it can), and whether it is sent."""
        if node.read_only:
            return "Read-only; not sent.", False
        is_plain = node.type not in (NodeType.OBJECT, NodeType.ARRAY)
        if node.path == ("id",) and not self.creating and is_plain:
            return "Read-only; sent unchanged.", True
        is_absent = base is MISSING or base is None
        if node.type in (NodeType.FILE, NodeType.MULTIPART):
            if is_absent:
                return "Files cannot be entered here.", True
            return "Files cannot be edited here; sent unchanged.", True
        if node.type is NodeType.OBJECT:
            is_new_item = is_new and not node.name
            has_input = bool(node.children) or node.required or is_new_item
            can_be_edited = has_input and (is_absent or isinstance(base, dict))
        elif node.type is NodeType.ARRAY:
            can_be_edited = is_absent or isinstance(base, list)
        else:
            can_be_edited = not isinstance(base, (dict, list))
        return "" if can_be_edited else "Cannot be edited here; sent unchanged.", True


def walk(field: Field, labels: Labels = ()) -> Iterator[tuple[Field, Labels]]:
    """This field and every field below it, in order, with its labels; removed list items are left out."""
    yield field, labels
    if isinstance(field, Group):
        for child in field.children:
            yield from walk(child, (*labels, child.node.label))
    elif isinstance(field, ListField):
        for index, item in enumerate(field.remaining_items):
            yield from walk(item.field, (*labels, index))
