"""What the template shows of a form: a tree of blocks, one for each field, with plain text and no HTML.

`customers/forms/layout.py` makes them, templates/editing/_field_macros.html shows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import ClassVar, Literal, NamedTuple

from django.utils.safestring import SafeString

from customers.forms.dates import DateInput
from customers.forms.presentation.display import NodeDisplay

# Characters. A longer text has room for line breaks.
_ONE_LINE = 80
# Stand for a path and for a text in HTML that is made for any of them; neither is in a value that a form shows.
_ANY_PATH, _ANY_TEXT = "\x00", "\x01"

# "now": the field has to be filled in; "later": once something else of its group is.
Required = Literal["", "now", "later"]


@dataclass(slots=True)
class LeafState:
    """What is not the same for every input, and seldom there.

    `original_text`, `keeps_invisible`: see `Leaf`. `is_changed`: it is not the record's value, `was` (for people)
    and `initial` (as the input's value). `is_unlisted`: it is none of the options. `is_preset`: a new field has it.
    """

    error: str = ""
    warning: str = ""
    has_focus: bool = False
    original_text: str = ""
    keeps_invisible: bool = False
    is_changed: bool = False
    was: str = ""
    initial: str = ""
    is_unlisted: bool = False
    is_preset: bool = False
    removed_count: int = 0


class LeafBlock(NamedTuple):
    """One input. `options` are those of its node without one of the same meaning as an unlisted value.

    A tuple, because the template takes it apart in one step: the bench's row "Edit form of 80 inputs".
    """

    path: str
    label: str
    text: str
    width: str
    has_lines: bool
    required: Required
    described_by: str
    date: DateInput | None
    display: NodeDisplay
    options: tuple[tuple[str, str], ...]
    state: LeafState | None

    @property
    def kind(self) -> Literal["leaf"]:
        """Which block it is."""
        return "leaf"

    def html(self, macro: Callable[[LeafBlock], str]) -> str:
        """The block as `macro` shows it. Of the usual ones, only the path and the text differ within a model.

        Their HTML is cached, with places for these two: the bench's row "Edit form of 80 inputs".
        """
        if self.state or self.date or self.has_lines:
            return macro(self)
        text = self.text if self.options else _ANY_TEXT
        html = _any_leaf(macro, self.label, self.width, self.required, text, self.display)
        html = html.replace(_ANY_PATH, escape(self.path)).replace(_ANY_TEXT, escape(self.text))
        return SafeString(html)


@lru_cache(maxsize=1024)
def _any_leaf(
    macro: Callable[[LeafBlock], str],
    label: str,
    width: str,
    required: Required,
    text: str,
    display: NodeDisplay,
) -> str:
    """The HTML of an input with any path, and with any text where `text` stands for it."""
    block = LeafBlock(
        path=_ANY_PATH,
        label=label,
        text=text,
        width=width,
        has_lines=False,
        required=required,
        described_by=leaf_described_by(_ANY_PATH, display, None),
        date=None,
        display=display,
        options=display.options_with(text),
        state=None,
    )
    return str(macro(block))


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
class _Part:
    """What a group and a list have both."""

    path: str
    label: str
    display: NodeDisplay
    error: str
    warning: str
    required: Required

    @property
    def described_by(self) -> str:
        """The ids of the help, the warning and the error; "" for none."""
        return described_by(self.path, self.display, self.warning, self.error)


@dataclass(slots=True)
class GroupBlock(_Part):
    """The fields of an object. `is_optional`: its required fields are required once it has a value."""

    kind: ClassVar = "group"
    is_optional: bool
    blocks: list[Block]


@dataclass(slots=True)
class ListBlock(_Part):
    """A list of items.

    `order` and `removed` are item keys, joined by commas. `count` is of the items that are not removed;
    `hidden_count` of those beyond what a page shows. `can_copy`: an item's values can be copied to the main fields.
    """

    kind: ClassVar = "list"
    count: int
    order: str
    removed: str
    hidden_count: int
    has_focus: bool
    can_copy: bool
    rows: list[ItemBlock | RemovedItemBlock] = field(default_factory=list)

    @property
    def is_over_limit(self) -> bool:
        """Whether there are more items than the integration accepts."""
        limit = self.display.max_items
        return limit is not None and self.count > limit


class ItemBlock(NamedTuple):
    """One item of a list: a row that opens, or one of a few inputs on one line (`display.is_short`).

    `title` and `summary` are what it holds. `name` names it in its buttons, `target` in their values.
    `changes` is the number of its fields that were changed; `is_moved`: its place was changed. `has_focus`: its menu
    takes the focus.
    """

    path: str
    id: str
    number: int
    title: str
    summary: str
    name: str
    target: str
    key: str
    is_open: bool
    is_new: bool
    changes: int
    is_first: bool
    is_last: bool
    has_focus: bool
    error: str
    warning: str
    blocks: list[Block]
    is_moved: bool = False

    @property
    def kind(self) -> Literal["item"]:
        """Which block it is."""
        return "item"


@dataclass(slots=True)
class RemovedItemBlock:
    """An item that is removed on save. `inputs` (name, value) keep its values, so that it can be restored."""

    kind: ClassVar = "removed_item"
    path: str
    label: str
    summary: str
    target: str
    has_focus: bool
    is_new: bool
    inputs: list[tuple[str, str]]


Block = LeafBlock | ReadOnlyBlock | GroupBlock | ListBlock


def described_by(path: str, display: NodeDisplay, warning: str, error: str) -> str:
    """The ids of the help, the warning and the error; "" for none."""
    parts = (("h-", bool(display.help)), ("w-", bool(warning)), ("e-", bool(error)))
    return " ".join(prefix + path for prefix, is_shown in parts if is_shown)


def leaf_described_by(path: str, display: NodeDisplay, state: LeafState | None) -> str:
    """The same for an input, with the hint on an unlisted value and the value from before."""
    if state is None:
        return f"h-{path}" if display.help else ""
    parts = [f"v-{path}"] if state.is_unlisted else []
    if state.is_changed:
        parts.append(f"c-{path}")
    rest = described_by(path, display, state.warning, state.error)
    return " ".join([*parts, rest] if rest else parts)


def has_lines(display: NodeDisplay, text: str) -> bool:
    """Whether an input has room for several lines."""
    is_long = len(text) > _ONE_LINE or display.is_long_text
    return display.is_json or "\n" in text or (display.is_text and is_long)
