"""What a form shows of each node of a model: label, help, limits and options. Made once for a model and cached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import simplejson

from customers.codat import iso_codes
from customers.formatting import STATUS_LABELS, singular
from customers.forms.model import Node, NodeType, Note, parse_model
from customers.forms.presentation.labels import adds_information, label_in_sentence, short_limit
from customers.forms.presentation.limits import Limit, parse_limit
from customers.forms.presentation.order import shown_order, summary_order
from customers.forms.presentation.widths import Width, characters_in, is_one_line, width_of
from customers.forms.values import to_json

# A list of more options than this gets a search box, with JavaScript.
_SEARCHABLE_FROM = 13
# A row of at most this many inputs, and of nothing else, stands on one line.
_MAX_SHORT_ROW = 3
# A limit of more characters is reached by few: the page shows it while one types.
_TIGHT_LIMIT = 40
# A text that may be longer has room for line breaks, except where it is known to be one line.
_LONG_TEXT = 255

# Codes that inputs suggest, by the format of a limit: (code, name) each.
_SUGGESTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "country-2": tuple((code, name) for code, _, name in iso_codes.COUNTRIES),
    "country-3": tuple((code, name) for _, code, name in iso_codes.COUNTRIES),
    "currency": iso_codes.CURRENCIES,
}


@dataclass(frozen=True, slots=True)
class HelpPart:
    """A sentence of a field's help.

    `note`: from the model's notes. `warning`: a note that is a warning and matches no pattern. `screen_reader`: for
    screen readers only, because the page shows it in a shorter form.
    """

    text: str
    style: Literal["description", "note", "warning", "screen_reader"]


@dataclass(frozen=True, slots=True, eq=False)
class NodeDisplay:
    """What a form shows of a node, independent of its value. All of it is text, not HTML. Compared by identity.

    `item_label` and `item_noun` name one item of a list, at the start of a line and within a sentence. `required`:
    always, or if other fields of its group are filled in. `is_help_for_screen_reader`: no part of the help is visible;
    `is_noted`: a note is. Lengths are in characters. `is_json`: the value is an object as JSON text. `is_text`: the
    value is text, which may have line breaks. `width` has room for `room` characters. `options` are (value, label) with
    a blank one first; () for any other input. `suggestions` is the id of a <datalist>, "" for none. `order` is that of
    an object's children on the page, `summary_order` that in the summary of a row. `is_short`: as an item of a list it
    is one line; `is_short_list`: the items of this list are.
    """

    label: str
    item_label: str
    item_noun: str
    required: Literal["", "always", "if_filled"]
    help: tuple[HelpPart, ...]
    is_help_for_screen_reader: bool
    short_limit: str
    is_limit_tight: bool
    is_noted: bool
    min_length: int | None
    max_length: int | None
    max_items: int | None
    input_mode: str
    placeholder: str
    has_attributes: bool
    is_json: bool
    is_text: bool
    is_long_text: bool
    is_date: bool
    width: Width
    room: int
    options: tuple[tuple[str, str], ...]
    option_labels: Mapping[str, str]
    is_status: bool
    suggestions: str
    order: tuple[int, ...]
    summary_order: tuple[int, ...]
    is_short: bool
    is_short_list: bool

    def options_with(self, text: str) -> tuple[tuple[str, str], ...]:
        """The options for a value. One that means the same as an unlisted status takes that one's place.

        Xero is sent `InActive`, and Codat's copy has `Archived` then.
        """
        label = STATUS_LABELS.get(text) if text not in self.option_labels else None
        if not label or not self.is_status or label not in self.option_labels.values():
            return self.options
        return tuple(
            (text, label) if other == label else (value, other) for value, other in self.options
        )

    @property
    def is_searchable(self) -> bool:
        """Whether the options get a search box."""
        return len(self.options) > _SEARCHABLE_FROM


class CompiledModel:
    """A model with the display of each of its nodes."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.displays: dict[Node, NodeDisplay] = {}
        self._formats: set[str] = set()
        self._add(root, is_always_sent=True)

    def part(self, names: Collection[str]) -> CompiledModel:
        """The model with these fields of the record alone: for the check of a change of them, not for a page.

        What a person does not change is not validated, so the others have no part in it.
        """
        part = copy(self)
        children = tuple(child for child in self.root.children if child.name in names)
        part.root = replace(self.root, children=children)
        return part

    @property
    def datalists(self) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """The suggestions that the inputs refer to: id, and (code, name) of each."""
        return [(_datalist_id(name), _SUGGESTIONS[name]) for name in sorted(self._formats)]

    def _add(self, node: Node, *, is_always_sent: bool) -> None:
        is_always_required = is_always_sent and node.required
        limit = _combined_limit(node.notes)
        if limit.format in _SUGGESTIONS:
            self._formats.add(limit.format)
        self.displays[node] = _display(node, limit, is_always_required=is_always_required)
        for child in node.children:
            self._add(child, is_always_sent=is_always_required or not node.path)
        if node.element:
            self._add(node.element, is_always_sent=False)


# A process sees one model per connection; a compiled one takes some 100 kB.
@lru_cache(maxsize=64)
def _compile_text(model: str) -> CompiledModel:
    return CompiledModel(parse_model(simplejson.loads(model, use_decimal=True)))


def compile_model(model: Mapping[str, Any] | Node | CompiledModel) -> CompiledModel:
    """The parsed model with its displays, cached by its JSON text. Raises ModelError."""
    if isinstance(model, CompiledModel):
        return model
    if isinstance(model, Node):
        return CompiledModel(model)
    try:
        text = to_json(model)
    except RecursionError:
        # Too deep for JSON, so too deep for a form: the parser reports that.
        return CompiledModel(parse_model(model))
    return _compile_text(text)


def _combined_limit(notes: tuple[Note, ...]) -> Limit:
    """The limits of all notes of one node that an input can show, the narrowest where several state one."""
    combined = Limit()
    for note in notes:
        limit = parse_limit(note.details)
        if limit:
            combined = replace(
                combined,
                min_length=_narrower(max, combined.min_length, limit.min_length),
                max_length=_narrower(min, combined.max_length, limit.max_length),
                max_rows=_narrower(min, combined.max_rows, limit.max_rows),
                format=combined.format or limit.format,
            )
    return combined


def _narrower(choose: Any, one: int | None, other: int | None) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)


def _display(node: Node, limit: Limit, *, is_always_required: bool) -> NodeDisplay:
    item_label = singular(node.label)
    input_mode = "decimal" if node.type is NodeType.NUMBER else ""
    input_mode = "email" if limit.format == "email" else input_mode
    placeholder = "YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ" if node.type is NodeType.DATETIME else ""
    suggestions = _datalist_id(limit.format) if limit.format in _SUGGESTIONS else ""
    options, parts = _options(node), _help(node)
    width = width_of(node, limit, tuple(label for _, label in options))
    return NodeDisplay(
        label=node.label,
        item_label=item_label,
        item_noun=label_in_sentence(item_label),
        required=_required(node, is_always_required=is_always_required),
        help=parts,
        is_help_for_screen_reader=all(part.style == "screen_reader" for part in parts),
        short_limit=_short_limit(node),
        is_limit_tight=limit.min_length is not None or (limit.max_length or 0) <= _TIGHT_LIMIT,
        min_length=limit.min_length,
        max_length=limit.max_length,
        max_items=limit.max_rows,
        is_noted=any(part.style in ("note", "warning") for part in parts),
        input_mode=input_mode,
        placeholder=placeholder,
        has_attributes=bool(input_mode or placeholder or suggestions) or limit.has_lengths,
        is_json=node.is_json,
        is_text=node.type in (NodeType.STRING, NodeType.UNKNOWN) and not options,
        is_long_text=(limit.max_length or 0) > _LONG_TEXT and not is_one_line(node),
        is_date=node.type is NodeType.DATETIME and not options,
        width=width,
        room=characters_in(width),
        options=options,
        option_labels=dict(options),
        is_status=node.name == "status",
        suggestions=suggestions,
        order=shown_order(node),
        summary_order=summary_order(node),
        is_short=_is_short(node),
        is_short_list=node.element is not None and _is_short(node.element),
    )


def _required(node: Node, *, is_always_required: bool) -> Literal["", "always", "if_filled"]:
    """Whether a value is required: always, or once something else of its group is filled in."""
    if not node.required or node.read_only:
        return ""
    return "always" if is_always_required else "if_filled"


def _is_short(node: Node) -> bool:
    """Whether an element of an array has few inputs and nothing else."""
    leaves = node.children or (node,)
    return len(leaves) <= _MAX_SHORT_ROW and not any(
        leaf.children or leaf.element or leaf.is_json for leaf in leaves
    )


def _help(node: Node) -> tuple[HelpPart, ...]:
    """A node's help. A description that repeats the label is left out.

    A note that the page shows in another way (a counter, "2 of 3") is for screen readers only.
    """
    shown = [HelpPart(_sentence(node.description), "description")] if adds_information(node) else []
    if node.is_json:
        shown.append(HelpPart("Its fields are not known. Enter an object in JSON.", "note"))
    for_screen_reader = []
    for note in node.notes:
        text, limit = _sentence(note.details), parse_limit(note.details)
        if limit is not None and (short_limit(limit) or limit == Limit(max_rows=limit.max_rows)):
            for_screen_reader.append(HelpPart(text, "screen_reader"))
        else:
            is_unknown_warning = note.is_warning and limit is None
            shown.append(HelpPart(text, "warning" if is_unknown_warning else "note"))
    return (*shown, *for_screen_reader)


def _short_limit(node: Node) -> str:
    """The last limit of length in a node's notes, in short; "" for none."""
    limits = (parse_limit(note.details) for note in node.notes)
    return next(
        (text for limit in reversed([*limits]) if limit and (text := short_limit(limit))), ""
    )


def _sentence(text: str) -> str:
    """The text with a full stop, because a screen reader reads all sentences of the help as one text."""
    return text if text.endswith((".", "!", "?", ":", ";")) else text + "."


def _options(node: Node) -> tuple[tuple[str, str], ...]:
    known = STATUS_LABELS if node.name == "status" else {}
    labels = {option.text: known.get(option.text, option.label) for option in node.options}
    counts = Counter(labels.values())
    options = [
        (text, f"{label} ({text})" if counts[label] > 1 else label)
        for text, label in labels.items()
    ]
    if node.type is NodeType.BOOLEAN and not options:
        options = [("true", "Yes"), ("false", "No")]
    return (("", "-"), *options) if options else ()


def _datalist_id(name: str) -> str:
    return f"codes-{name}"
