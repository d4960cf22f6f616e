"""A form's state: the model's tree, bound to a record, with what the inputs hold now.

Four kinds: Leaf (one input), Group (an object), Rows (an array) and Kept (a value that is shown and
not edited). Each answers `changed`, `filled` and `value()`: what goes out.

The rule of a leaf: text equal to what was shown goes out exactly as it came in, be it absent, null,
"" or a number with seven zeros; emptied text is cleared on purpose; other text is converted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from customers.forms import assumptions
from customers.forms.model import Kind, Node
from customers.forms.paths import NEW_ROW, join, segment
from customers.forms.values import MISSING, convert, shown

# Rows of one array, and inputs of one form, that a page shows. What is beyond is kept and sent as it is.
MAX_ROWS = 500
MAX_INPUTS = 8_000


# The labels of the nodes that lead to a state, and the indexes of rows between them: see `path_label`.
Labels = tuple[str | int, ...]


class Leaf:
    """One input. `default` is a preselected text that by itself does not count as filled in."""

    __slots__ = ("base", "default", "error", "node", "path", "shown", "text")

    def __init__(self, node: Node, path: str, base: Any, *, new: bool) -> None:
        self.node = node
        self.path = path
        self.base = base
        self.shown = shown(base)
        preselect = new and base is MISSING and node.required and len(node.options) == 1
        self.default = node.options[0].text if preselect else ""
        self.text = self.shown or self.default
        self.error = ""

    @property
    def blank(self) -> bool:
        return not self.text or self.text.isspace()

    @property
    def changed(self) -> bool:
        if self.text == self.shown or (self.default and self.text == self.default):
            return False
        return not (self.blank and self.base in (MISSING, None, ""))

    @property
    def filled(self) -> bool:
        return not self.blank and (not self.default or self.text != self.default)

    def value(self) -> Any:
        if self.text == self.shown:
            return self.base
        if self.blank:
            if self.base is MISSING or self.base is None or self.base == "":
                return self.base
            return assumptions.cleared(self.node)
        return convert(self.node, self.text)[0]

    def fill(self, value: Any) -> None:
        if not isinstance(value, (dict, list)):
            self.text = shown(value)


class Kept:
    """A value that is shown and cannot be edited; `sent` says whether it goes out as it came."""

    __slots__ = ("base", "error", "node", "path", "reason", "sent")

    changed = False

    def __init__(self, node: Node, path: str, base: Any, reason: str, *, sent: bool) -> None:
        self.node = node
        self.path = path
        self.base = base
        self.reason = reason
        self.sent = sent
        self.error = ""

    @property
    def filled(self) -> bool:
        return self.sent and self.base is not MISSING and self.base not in (None, "", {}, [])

    def value(self) -> Any:
        return self.base if self.sent else MISSING

    def fill(self, value: Any) -> None:
        """What cannot be edited stays what the record says."""


class Group:
    """An object: the root, a property, or one row of an array of objects."""

    __slots__ = ("base", "children", "error", "node", "path")

    def __init__(self, node: Node, path: str, base: Any, children: list[State]) -> None:
        self.node = node
        self.path = path
        self.base = base
        self.children = children
        self.error = ""

    @property
    def changed(self) -> bool:
        return any(child.changed for child in self.children)

    @property
    def filled(self) -> bool:
        return any(child.filled for child in self.children)

    def value(self) -> Any:
        if self.node.path and not isinstance(self.base, dict) and not self.filled:
            return self.base
        out = {}
        for child in self.children:
            value = child.value()
            if value is not MISSING:
                out[child.node.name] = value
        return out

    def child(self, name: str) -> State | None:
        return next((child for child in self.children if child.node.name == name), None)

    def fill(self, value: Any) -> None:
        values = value if isinstance(value, dict) else {}
        for child in self.children:
            child.fill(values.get(child.node.name, MISSING))


class Row:
    """One element of an array, under a key that it keeps wherever it is moved."""

    __slots__ = ("hidden", "key", "new", "removed", "state")

    def __init__(self, key: str, state: State, *, new: bool, hidden: bool = False) -> None:
        self.key = key
        self.state = state
        self.new = new
        self.removed = False
        self.hidden = hidden

    @property
    def sent(self) -> bool:
        """A new row left blank and a row that was emptied by hand are not sent."""
        if self.removed:
            return False
        return self.state.filled or not (
            (self.new and not self.key.count("-")) or self.state.changed
        )


class Rows:
    """An array. `rows` hold removed ones too, in their places, so that each can come back."""

    __slots__ = ("base", "binding", "error", "in_row", "node", "path", "rows")

    def __init__(self, node: Node, path: str, base: Any, binding: Binding, *, in_row: bool) -> None:
        self.node = node
        self.path = path
        self.base = base
        self.binding = binding
        self.in_row = in_row
        self.rows: list[Row] = []
        self.error = ""

    @property
    def visible(self) -> list[Row]:
        return [row for row in self.rows if not row.removed]

    @property
    def sent(self) -> list[Row]:
        return [row for row in self.rows if row.sent]

    @property
    def filled(self) -> bool:
        return any(row.state.filled for row in self.rows if not row.removed)

    @property
    def changed(self) -> bool:
        sent = self.sent
        if any(row.new or row.state.changed for row in sent):
            return True
        before = len(self.base) if isinstance(self.base, list) else 0
        return [row.key for row in sent] != [f"b{index}" for index in range(before)]

    def value(self) -> Any:
        values = [
            value for row in self.rows if row.sent and (value := row.state.value()) is not MISSING
        ]
        if values or self.changed:
            return values
        if self.base == [] and not self.in_row and not assumptions.SEND_EMPTY_LISTS_AS_READ:
            return MISSING
        return self.base

    def find(self, key: str) -> Row | None:
        return next((row for row in self.rows if row.key == key), None)

    def new_row(self, key: str) -> Row | None:
        """A row for the key of a new one, not yet placed; None if the key is not one."""
        found = NEW_ROW.fullmatch(key)
        if not found:
            return None
        value: Any = MISSING
        if found[2] is not None:
            base = self.base if isinstance(self.base, list) else []
            if int(found[2]) >= len(base):
                return None
            value = base[int(found[2])]
        return Row(key, self.bind_row(key, value), new=True)

    def next_key(self, copy_of: str = "") -> str:
        numbers = [int(m[1]) for row in self.rows if (m := NEW_ROW.fullmatch(row.key))]
        return f"n{max(numbers, default=0) + 1}" + (f"-{copy_of}" if copy_of else "")

    def bind_row(self, key: str, value: Any) -> State:
        element = self.node.element
        assert element is not None  # noqa: S101  an array node always has one
        return self.binding.bind(
            element, join(self.path, key), value, new=value is MISSING, in_row=True
        )

    def fill(self, value: Any) -> None:
        values = value if isinstance(value, list) else []
        old = [row for row in self.rows if not row.new]
        self.rows = []
        for index, item in enumerate(values):
            row = old[index] if index < len(old) else None
            if row is None:
                key = self.next_key()
                row = Row(key, self.bind_row(key, MISSING), new=True)
            row.state.fill(item)
            self.rows.append(row)
        for row in old[len(values) :]:
            row.removed = True
            self.rows.append(row)


State = Leaf | Kept | Group | Rows


class Binding:
    """Binds nodes to values, and counts inputs so that a huge record stays a usable page."""

    def __init__(self, *, creating: bool) -> None:
        self.creating = creating
        self.inputs = 0

    def bind(
        self, node: Node, path: str, base: Any, *, new: bool = False, in_row: bool = False
    ) -> State:
        """The state of one node. `new`: nothing of it is in the record, so defaults apply."""
        kept = self._kept(node, path, base)
        if kept:
            return kept
        if node.kind is Kind.OBJECT:
            values = base if isinstance(base, dict) else {}
            children = [
                self.bind(
                    child,
                    join(path, segment(child.name)),
                    values.get(child.name, MISSING),
                    new=new,
                    in_row=in_row,
                )
                for child in node.children
            ]
            return Group(node, path, base, children)
        if node.kind is Kind.ARRAY:
            return self._rows(node, path, base, new=new, in_row=in_row)
        self.inputs += 1
        return Leaf(node, path, base, new=new)

    def _rows(self, node: Node, path: str, base: Any, *, new: bool, in_row: bool) -> Rows:
        rows = Rows(node, path, base, self, in_row=in_row)
        for index, value in enumerate(base if isinstance(base, list) else ()):
            key = f"b{index}"
            hidden = index >= MAX_ROWS or self.inputs >= MAX_INPUTS
            rows.rows.append(Row(key, rows.bind_row(key, value), new=False, hidden=hidden))
        if new and node.required and not rows.rows:
            rows.rows.append(Row("n1", rows.bind_row("n1", MISSING), new=True))
        return rows

    def _kept(self, node: Node, path: str, base: Any) -> Kept | None:
        if node.read_only:
            return Kept(node, path, base, "Read-only, and not sent.", sent=False)
        compound = node.kind in (Kind.OBJECT, Kind.ARRAY)
        if node.path == ("id",) and not self.creating and not compound:
            return Kept(node, path, base, "Read-only. Sent as it is.", sent=True)
        if node.kind in (Kind.FILE, Kind.MULTIPART):
            return Kept(node, path, base, "Files cannot be sent with a form.", sent=True)
        if node.kind is Kind.OBJECT:
            odd = not node.children or not (
                base is MISSING or base is None or isinstance(base, dict)
            )
        elif node.kind is Kind.ARRAY:
            odd = not (base is MISSING or base is None or isinstance(base, list))
        else:
            odd = isinstance(base, (dict, list))
        return Kept(node, path, base, "Kept as it is, and sent so.", sent=True) if odd else None


def walk(state: State, labels: Labels = ()) -> Iterator[tuple[State, Labels]]:
    """Every state below and with this one, in order, removed rows left out, with its labels.

    Rows are counted as they stand.
    """
    yield state, labels
    if isinstance(state, Group):
        for child in state.children:
            yield from walk(child, (*labels, child.node.label))
    elif isinstance(state, Rows):
        for index, row in enumerate(state.visible):
            yield from walk(row.state, (*labels, index))
