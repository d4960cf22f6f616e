"""Makes the blocks that the template shows of a form; see customers/forms/blocks.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from customers.codat.text import REPLACEMENT
from customers.formatting import DASH
from customers.forms.actions import can_copy
from customers.forms.assumptions import preset_text
from customers.forms.blocks import (
    Block,
    GroupBlock,
    ItemBlock,
    LeafBlock,
    LeafState,
    ListBlock,
    ReadOnlyBlock,
    RemovedItemBlock,
    Required,
    has_lines,
    leaf_described_by,
)
from customers.forms.bound import Field, Group, Leaf, ListField, ListItem, ReadOnlyField
from customers.forms.changes import moved_keys
from customers.forms.dates import date_input
from customers.forms.model import NodeType
from customers.forms.paths import FIELD_PREFIX, ORDER_PREFIX, REMOVED_ITEMS_PREFIX, html_id
from customers.forms.presentation.display import CompiledModel, NodeDisplay
from customers.forms.presentation.order import is_address
from customers.forms.presentation.widths import room_for
from customers.forms.values import MISSING, text_or_json

_FILES = (NodeType.FILE, NodeType.MULTIPART)
# Characters of the summary of a closed item.
_SUMMARY_LENGTH = 80
# Characters of a value that cannot be edited; a longer one takes a whole line.
_NARROW_LENGTH = 40


def layout(
    compiled: CompiledModel,
    root: Group,
    *,
    focus: str,
    error_paths: Iterable[str],
    warnings: Mapping[str, str],
    creating: bool,
) -> list[Block]:
    """The blocks of a form, in order.

    `focus` is the id of the element that takes the focus, or "". `warnings` are sentences by the paths of fields.
    `creating`: everything is new, so nothing is marked as changed.
    """
    maker = _Layout(compiled, root, focus, error_paths, warnings)
    maker.is_new = creating
    return maker.children(root)


class _Layout:
    """`changes` counts the changed fields that were laid out so far; `is_new`: what is laid out now is new.

    `container` is the object around them that requires something only once it has a value; None where there is none.
    """

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
        self.is_new = False
        self.changes = 0
        self.container: Field | None = None
        self.filled: dict[str, bool] = {}
        # Items on the way to an error, a warning or the focus are open. What a menu belongs to is not inside of it.
        verb, _, focus_path = focus.partition("-")
        self.focus_path = focus_path if verb == "f" else None
        self.open_paths = set(
            _with_ancestors(focus_path)[: -1 if verb in ("menu", "undo") else None]
        )
        for path in (*error_paths, *warnings):
            self.open_paths.update(_with_ancestors(path))

    def children(self, group: Group) -> list[Block]:
        """The blocks of the fields of a group, in the order of the page."""
        order = self.displays[group.node].order
        return [block for index in order for block in self.blocks(group.children[index])]

    def blocks(self, field: Field, number: int | None = None) -> list[Block]:
        """The block of one field; [] where nothing is shown. `number` is that of the item that the field is."""
        display = self.displays[field.node]
        if isinstance(field, Leaf):
            return [self._leaf(field, display, number)]
        if isinstance(field, Group):
            # An item has its own element, which shows the group's label and error.
            return self.children(field) if number is not None else [self._group(field, display)]
        label = display.label if number is None else f"{display.item_label} {number}"
        if isinstance(field, ListField):
            return [self._list(field, label, display)]
        is_required_file = field.node.required and field.node.type in _FILES
        is_shown = field.base is not MISSING or is_required_file
        return [_read_only(field, label)] if is_shown else []

    # -- inputs ---------------------------------------------------------------------------------

    def _leaf(self, leaf: Leaf, display: NodeDisplay, number: int | None) -> LeafBlock:
        path, text, options, width = leaf.path, leaf.text, display.options, display.width
        is_unlisted = bool(options) and text not in display.option_labels
        if is_unlisted:
            options = display.options_with(text)
            is_unlisted = options is display.options
        elif not options and len(text) > display.room:
            width = room_for(len(text))
        is_changed = not self.is_new and text != leaf.initial and leaf.is_changed
        self.changes += is_changed
        has_focus = path == self.focus_path
        warning = self._warning(leaf)
        state = None
        is_marked = is_unlisted or is_changed or has_focus or warning or leaf.error
        if is_marked or leaf.original_text or leaf.keeps_invisible or leaf.preselected:
            state = self._state(leaf, display, warning)
            state.is_changed, state.is_unlisted, state.has_focus = (
                is_changed,
                is_unlisted,
                has_focus,
            )
        return LeafBlock(
            path,
            display.label if number is None else f"{display.item_label} {number}",
            text,
            width,
            has_lines(display, text),
            self._required(display) if display.required else "",
            leaf_described_by(path, display, state),
            date_input(text) if display.is_date else None,
            display,
            options,
            state,
        )

    def _state(self, leaf: Leaf, display: NodeDisplay, warning: str) -> LeafState:
        initial = leaf.initial
        date = date_input(initial) if display.is_date else None
        return LeafState(
            error=leaf.error,
            warning=warning,
            original_text=leaf.original_text,
            removed_count=max(len(leaf.original_text) - len(leaf.text), 0),
            keeps_invisible=leaf.keeps_invisible,
            was=display.option_labels.get(initial, initial) if initial else "",
            initial=date.value if date else initial,
            is_preset=bool(leaf.preselected) and leaf.text == leaf.preselected,
        )

    def _warning(self, field: Field) -> str:
        """What the stored record lacks here; an error takes its place."""
        if not self.warnings or field.error:
            return ""
        return self.warnings.get(field.path, "")

    def _required(self, display: NodeDisplay) -> Required:
        if not display.required:
            return ""
        container = self.container
        if display.required == "always" or container is None:
            return "now"
        is_filled = self.filled.get(container.path)
        if is_filled is None:
            is_filled = self.filled[container.path] = container.is_filled
        return "now" if is_filled else "later"

    # -- groups and lists -----------------------------------------------------------------------

    def _group(self, group: Group, display: NodeDisplay) -> GroupBlock:
        required = self._required(display)
        around = self.container
        if not group.node.required:
            self.container = group
        blocks = self.children(group)
        self.container = around
        return GroupBlock(
            path=group.path,
            label=display.label,
            display=display,
            error=group.error,
            warning=self._warning(group),
            required=required,
            is_optional=not group.node.required,
            blocks=blocks,
        )

    def _list(self, field: ListField, label: str, display: NodeDisplay) -> ListBlock:
        shown = [item for item in field.items if not item.is_hidden]
        block = ListBlock(
            path=field.path,
            label=label,
            display=display,
            error=field.error,
            warning=self._warning(field),
            required=self._required(display),
            count=len(field.remaining_items),
            order=_keys(shown),
            removed=_keys(item for item in shown if item.is_removed),
            hidden_count=len(field.items) - len(shown),
            has_focus=self.focus == f"add-{field.path}",
            can_copy=can_copy(self.root, field),
        )
        remaining = [item for item in shown if not item.is_removed]
        moved = frozenset() if self.is_new else moved_keys(field)
        self.changes += len(moved)
        numbers = {item.key: number for number, item in enumerate(remaining, 1)}
        for item in shown:
            if item.is_removed:
                self.changes += not item.is_new
                block.rows.append(self._removed_item(field, item))
            else:
                row = self._item(field, item, numbers[item.key], len(remaining))
                block.rows.append(row._replace(is_moved=True) if item.key in moved else row)
        return block

    def _item(self, field: ListField, item: ListItem, number: int, count: int) -> ItemBlock:
        """`number` of the `count` items that are shown and not removed."""
        path, is_new = item.field.path, item.is_new
        display = self.displays[field.node.element or field.node]
        title, summary = ("", "") if display.is_short else self._summary(item.field)
        around, self.container = self.container, item.field
        is_inside_new, self.is_new = self.is_new, self.is_new or is_new
        before = self.changes
        blocks = self.blocks(item.field, number)
        changes = self.changes - before
        self.container, self.is_new = around, is_inside_new
        self.changes += is_new and not is_inside_new and item.field.is_filled
        label = self.displays[field.node].item_label
        noun = self.displays[field.node].item_noun
        is_group = isinstance(item.field, Group)
        is_open = is_new or bool(changes) or not title or path in self.open_paths
        return ItemBlock(
            path=path,
            # A group has no element of its own in its item; any other field has.
            id=html_id(path) if is_group else f"item-{path}",
            number=number,
            title=title or (f"New {noun}" if is_new else f"{label} {number}"),
            summary=summary,
            name=f"{noun} {number}",
            target=f"{field.path}:{item.key}",
            key=item.key,
            is_open=is_open and not display.is_short,
            is_new=is_new and not is_inside_new,
            changes=changes,
            is_first=number == 1,
            is_last=number == count,
            has_focus=self.focus == f"menu-{path}",
            error=item.field.error if is_group else "",
            warning=self._warning(item.field) if is_group else "",
            blocks=blocks,
        )

    def _removed_item(self, field: ListField, item: ListItem) -> RemovedItemBlock:
        path = item.field.path
        title, summary = self._summary(item.field)
        return RemovedItemBlock(
            path=path,
            label=self.displays[field.node].item_label,
            summary=", ".join(text for text in (title, summary) if text),
            target=f"{field.path}:{item.key}",
            has_focus=self.focus == f"undo-{path}",
            is_new=item.is_new,
            inputs=_inputs(item.field),
        )

    # -- the line of a closed item --------------------------------------------------------------

    def _summary(self, field: Field) -> tuple[str, str]:
        """What an item is called, and the rest of what it holds; "" for a blank one."""
        texts: list[str] = []
        length = 0
        for text in self._texts(field):
            texts.append(text)
            length += len(text)
            if length > _SUMMARY_LENGTH:
                break
        if not texts:
            return "", ""
        between = ", " if is_address(field.node) else " · "
        title, *rest = (text.replace(REPLACEMENT, "")[: _SUMMARY_LENGTH + 20] for text in texts)
        return title, between.join(rest)[: _SUMMARY_LENGTH + 20]

    def _texts(self, field: Field) -> Iterator[str]:
        """The values of a field, without those that a new one starts with, and of a list the first of three items."""
        if isinstance(field, Leaf):
            text = field.text.strip()
            if text and text != preset_text(field.node) and not field.is_blank:
                yield self.displays[field.node].option_labels.get(text, text)
        elif isinstance(field, Group):
            for index in self.displays[field.node].summary_order:
                yield from self._texts(field.children[index])
        elif isinstance(field, ReadOnlyField):
            if field.is_filled:
                yield text_or_json(field.base)
        else:
            for item in field.remaining_items[:3]:
                yield from self._texts(item.field)


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
