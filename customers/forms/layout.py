"""The context of a form's template: a tree of blocks, one for each field, with plain text and no HTML.

The template is templates/editing/_form_fields.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from customers.codat.text import REPLACEMENT
from customers.formatting import DASH
from customers.forms.actions import can_copy
from customers.forms.bound import Field, Group, Leaf, ListField, ListItem, ReadOnlyField
from customers.forms.display import CompiledModel, NodeDisplay
from customers.forms.model import NodeType
from customers.forms.paths import FIELD_PREFIX, ORDER_PREFIX, REMOVED_ITEMS_PREFIX, html_id
from customers.forms.values import MISSING, text_or_json

# Characters. A longer text, and one whose limit is larger than the second, gets an input of several lines.
_ONE_LINE = 80
_LONG_LIMIT = 255
_FILES = (NodeType.FILE, NodeType.MULTIPART)
# A list of this many items shows them open; of a longer one, only those that need attention are open.
_MAX_OPEN_ITEMS = 3
# Characters of the summary of a closed item.
_SUMMARY_LENGTH = 80
# Characters of a value that cannot be edited; a longer one takes a whole line.
_NARROW_LENGTH = 40


@dataclass(slots=True)
class LeafBlock:
    """One input. `label` is without the mark of a required field. `original_text`, `keeps_invisible`: see `Leaf`."""

    kind: ClassVar = "leaf"
    path: str
    label: str
    display: NodeDisplay
    text: str
    error: str
    warning: str
    has_focus: bool
    original_text: str = ""
    keeps_invisible: bool = False

    @property
    def removed_count(self) -> int:
        """How many invisible characters were removed from the entered text."""
        return max(len(self.original_text) - len(self.text), 0)

    @property
    def has_lines(self) -> bool:
        """Whether the input has several lines."""
        is_long = len(self.text) > _ONE_LINE or (self.display.max_length or 0) > _LONG_LIMIT
        return self.display.is_json or "\n" in self.text or (self.display.is_text and is_long)

    @property
    def is_unlisted(self) -> bool:
        """Whether the value is none of the options."""
        return bool(self.display.options) and self.text not in self.display.option_values

    @property
    def described_by(self) -> str:
        """The ids of the help, of the hint on an unlisted value, of the warning and of the error; "" for none."""
        return _described_by(self, hint=self.is_unlisted)


@dataclass(slots=True)
class ReadOnlyBlock:
    """A value that cannot be edited."""

    kind: ClassVar = "read_only"
    path: str
    label: str
    text: str
    reason: str
    is_wide: bool


@dataclass(slots=True)
class GroupBlock:
    """The fields of an object."""

    kind: ClassVar = "group"
    path: str
    label: str
    display: NodeDisplay
    error: str
    warning: str
    blocks: list[Block]

    @property
    def described_by(self) -> str:
        """The ids of the help, the warning and the error; "" for none."""
        return _described_by(self)


@dataclass(slots=True)
class ListBlock:
    """A list of items.

    `order` and `removed` are item keys, joined by commas. `count` is of the items that are not removed;
    `hidden_count` of those above the limit of a page. `can_copy`: an item's values can be copied to the main fields.
    """

    kind: ClassVar = "list"
    path: str
    label: str
    display: NodeDisplay
    error: str
    warning: str
    count: int
    order: str
    removed: str
    hidden_count: int
    has_focus: bool
    can_copy: bool
    rows: list[ItemBlock | RemovedItemBlock] = field(default_factory=list)

    @property
    def described_by(self) -> str:
        """The ids of the help, the warning and the error; "" for none."""
        return _described_by(self)

    @property
    def is_over_limit(self) -> bool:
        """Whether there are more items than the integration accepts."""
        limit = self.display.max_items
        return limit is not None and self.count > limit


@dataclass(slots=True)
class ItemBlock:
    """One item of a list. `is_plain`: it is a single input, and is not folded.

    `target` names the item in its buttons. `focus` is the button that takes the focus: `up`, `down` or "".
    """

    kind: ClassVar = "item"
    path: str
    id: str
    label: str
    summary: str
    error: str
    warning: str
    target: str
    key: str
    is_plain: bool
    is_open: bool
    is_first: bool
    is_last: bool
    focus: str
    blocks: list[Block]


@dataclass(slots=True)
class RemovedItemBlock:
    """An item that is removed on save. `inputs` (name, value) keep its values, so that it can be restored."""

    kind: ClassVar = "removed_item"
    path: str
    label: str
    summary: str
    target: str
    has_focus: bool
    inputs: list[tuple[str, str]]


Block = LeafBlock | ReadOnlyBlock | GroupBlock | ListBlock


def _described_by(block: LeafBlock | GroupBlock | ListBlock, *, hint: bool = False) -> str:
    parts = {
        "h-": bool(block.display.help),
        "v-": hint,
        "w-": bool(block.warning),
        "e-": bool(block.error),
    }
    return " ".join(prefix + block.path for prefix, is_shown in parts.items() if is_shown)


def layout(
    compiled: CompiledModel,
    root: Group,
    *,
    focus: str,
    error_paths: Iterable[str],
    warnings: Mapping[str, str],
) -> list[Block]:
    """The blocks of a form, in order.

    `focus` is the id of the element that takes the focus, or "". `warnings` are sentences by the paths of fields.
    """
    builder = _Layout(compiled, root, focus, error_paths, warnings)
    return [block for child in root.children for block in builder.blocks(child)]


class _Layout:
    def __init__(
        self,
        compiled: CompiledModel,
        root: Group,
        focus: str,
        error_paths: Iterable[str],
        warnings: Mapping[str, str],
    ) -> None:
        self.displays = compiled.displays
        self.root = root
        self.focus = focus
        self.warnings = warnings
        # Items that contain an error, a warning or the focus are open.
        self.open_paths: set[str] = set()
        for path in (*error_paths, *warnings, focus.partition("-")[2]):
            self.open_paths.update(_with_ancestors(path))

    def blocks(self, field: Field, number: int | None = None) -> list[Block]:
        """The block of one field; [] where nothing is shown. `number` is that of the item that the field is."""
        display = self.displays[field.node]
        label = display.label if number is None else f"{display.item_label} {number}"
        if isinstance(field, Leaf):
            has_focus = self.focus == html_id(field.path)
            warning = self._warning(field)
            return [
                LeafBlock(
                    field.path,
                    label,
                    display,
                    field.text,
                    field.error,
                    warning,
                    has_focus,
                    field.original_text,
                    field.keeps_invisible,
                )
            ]
        if isinstance(field, Group):
            children = [block for child in field.children for block in self.blocks(child)]
            # An item has its own element, which shows the group's label and error.
            if number is not None:
                return children
            warning = self._warning(field)
            return [GroupBlock(field.path, label, display, field.error, warning, children)]
        if isinstance(field, ListField):
            return [self._list(field, label, display)]
        is_required_file = field.node.required and field.node.type in _FILES
        is_shown = field.base is not MISSING or is_required_file
        return [_read_only(field, label)] if is_shown else []

    def _warning(self, field: Field) -> str:
        """The warning about the stored record; "" where the field has an error."""
        return "" if field.error else self.warnings.get(field.path, "")

    def _list(self, field: ListField, label: str, display: NodeDisplay) -> ListBlock:
        shown = [item for item in field.items if not item.is_hidden]
        block = ListBlock(
            path=field.path,
            label=label,
            display=display,
            error=field.error,
            warning=self._warning(field),
            count=len(field.remaining_items),
            order=_keys(shown),
            removed=_keys(item for item in shown if item.is_removed),
            hidden_count=len(field.items) - len(shown),
            has_focus=self.focus == f"add-{field.path}",
            can_copy=can_copy(self.root, field),
        )
        count = sum(not item.is_removed for item in shown)
        number = 0
        for item in shown:
            if item.is_removed:
                block.rows.append(self._removed_item(field, item))
            else:
                number += 1
                block.rows.append(self._item(field, item, number, count))
        return block

    def _item(self, field: ListField, item: ListItem, number: int, count: int) -> ItemBlock:
        """`number` of the `count` items that are shown and not removed."""
        path = item.field.path
        is_group = isinstance(item.field, Group)
        summary = _summary(item.field)
        verb, _, focus_path = self.focus.partition("-")
        return ItemBlock(
            path=path,
            # A group has no element of its own in its item; any other field has.
            id=html_id(path) if is_group else f"item-{path}",
            label=f"{self.displays[field.node].item_label} {number}",
            summary=summary,
            error=item.field.error if is_group else "",
            warning=self._warning(item.field) if is_group else "",
            target=f"{field.path}:{item.key}",
            key=item.key,
            is_plain=isinstance(item.field, Leaf),
            is_open=not summary or count <= _MAX_OPEN_ITEMS or path in self.open_paths,
            is_first=number == 1,
            is_last=number == count,
            focus=verb if focus_path == path else "",
            blocks=self.blocks(item.field, number),
        )

    def _removed_item(self, field: ListField, item: ListItem) -> RemovedItemBlock:
        path = item.field.path
        return RemovedItemBlock(
            path=path,
            label=self.displays[field.node].item_label,
            summary=_summary(item.field),
            target=f"{field.path}:{item.key}",
            has_focus=self.focus == f"undo-{path}",
            inputs=_inputs(item.field),
        )


def _read_only(field: ReadOnlyField, label: str) -> ReadOnlyBlock:
    text = text_or_json(field.base) or DASH
    is_wide = "\n" in text or len(text) > _NARROW_LENGTH
    return ReadOnlyBlock(field.path, label, text, field.reason, is_wide)


def _with_ancestors(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _keys(items: Iterable[ListItem]) -> str:
    return ",".join(item.key for item in items)


def _inputs(field: Field) -> list[tuple[str, str]]:
    """The (name, value) of every input of a removed item."""
    if isinstance(field, Leaf):
        return [(FIELD_PREFIX + field.path, field.text)]
    if isinstance(field, Group):
        return [pair for child in field.children for pair in _inputs(child)]
    if isinstance(field, ListField):
        shown = [item for item in field.items if not item.is_hidden]
        return [
            (ORDER_PREFIX + field.path, _keys(shown)),
            (REMOVED_ITEMS_PREFIX + field.path, _keys(item for item in shown if item.is_removed)),
            *(pair for item in shown for pair in _inputs(item.field)),
        ]
    return []


def _summary(field: Field) -> str:
    """The first values of an item, for its line when it is closed."""
    texts: list[str] = []
    length = 0
    for text in _texts(field):
        texts.append(text)
        length += len(text)
        if length > _SUMMARY_LENGTH:
            break
    return ", ".join(texts).replace(REPLACEMENT, "")[: _SUMMARY_LENGTH + 20]


def _texts(field: Field) -> list[str]:
    if isinstance(field, Leaf):
        return [] if field.is_blank else [field.text.strip()]
    if isinstance(field, Group):
        return [text for child in field.children for text in _texts(child)]
    if isinstance(field, ReadOnlyField):
        return [text_or_json(field.base)] if field.is_filled else []
    return [text for item in field.remaining_items[:3] for text in _texts(item.field)]
