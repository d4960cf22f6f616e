"""What is constant of a form: each node's label, help and options, escaped once for a model and kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from customers.formatting import singular
from customers.forms import iso_codes, limits
from customers.forms.labels import in_sentence, says_something, short
from customers.forms.model import Kind, Node, Note

# Lists longer than this get a search box, where scripts run.
_SEARCHABLE = 12

_REQUIRED = mark_safe(' <span class="mark" aria-hidden="true">*</span>')
_IF_FILLED = mark_safe(' <span class="mark" title="required once filled in">(*)</span>')
_NOTHING = mark_safe("")


@dataclass(frozen=True, slots=True)
class NodeMarkup:
    """What is constant of a node's HTML, escaped."""

    label: SafeString
    mark: SafeString
    title: SafeString
    # what one row of a list is called, at the start of a line and inside of one
    row: SafeString
    one: SafeString
    help: SafeString
    # of a leaf: `help` in its paragraph, which begins with `<p class="help` and lacks its id
    below: str
    attrs: str
    limit: limits.Limit
    options: str
    # where `selected` is put for an option: just behind its value
    places: dict[str, int]


class CompiledModel:
    """A model with the faces of its nodes, made once and kept."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.faces: dict[Node, NodeMarkup] = {}
        self.formats: set[str] = set()
        self._add(root, always=True)
        self.lists = mark_safe("".join(_datalist(name) for name in sorted(self.formats)))  # noqa: S308  built from constants

    def _add(self, node: Node, *, always: bool) -> None:
        always = always and node.required
        limit = _limit(node.notes)
        if limit.format and limit.format in _LISTS:
            self.formats.add(limit.format)
        self.faces[node] = _face(node, limit, always=always)
        for child in node.children:
            self._add(child, always=always or not node.path)
        if node.element:
            self._add(node.element, always=False)


def _limit(all_notes: tuple[Note, ...]) -> limits.Limit:
    """What the notes of one node say and an input can tell, the narrowest where they say it twice."""
    total = limits.Limit()
    for note in all_notes:
        found = limits.read(note.details)
        if found:
            total = replace(
                total,
                min_length=_pick(max, total.min_length, found.min_length),
                max_length=_pick(min, total.max_length, found.max_length),
                max_rows=_pick(min, total.max_rows, found.max_rows),
                format=total.format or found.format,
            )
    return total


def _pick(choose: Any, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)


def _face(node: Node, limit: limits.Limit, *, always: bool) -> NodeMarkup:
    label, mark = escape(node.label), _NOTHING
    if node.required and not node.read_only:
        mark = _REQUIRED if always else _IF_FILLED
    shown, quiet, corner = _help(node)
    row = singular(node.label)
    attrs = ' aria-required="true"' if always else ""
    if node.kind is Kind.NUMBER:
        attrs += ' inputmode="decimal"'
    elif node.kind is Kind.DATETIME:
        attrs += ' placeholder="YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ"'
    if limit.max_length is not None:
        attrs += f' data-max="{limit.max_length}"'
    if limit.min_length is not None:
        attrs += f' data-min="{limit.min_length}"'
    if limit.format == "email":
        attrs += ' inputmode="email"'
    elif limit.format in _LISTS:
        attrs += f' list="codes-{limit.format}"'
    if len(node.options) > _SEARCHABLE:
        attrs += " data-combobox"
    options, places = _options(node)
    return NodeMarkup(
        label,
        mark,
        label + mark,
        escape(row),
        escape(in_sentence(row)),
        mark_safe(shown + quiet),  # noqa: S308  each part is escaped
        f'{"" if shown else " vh"}">{shown}{quiet}</p>{corner}' if shown or quiet else "",
        attrs,
        limit,
        options,
        places,
    )


def _help(node: Node) -> tuple[str, str, str]:
    """HTML of a node's help: what everybody sees, what is only read out, and what stands in the corner.

    A description that repeats the label is left out. A note of which the page makes something better (a
    counter, "2 of 3") is only read out; a warning that no pattern knows says that it is a note.
    """
    shown = [_sentence(node.description)] if says_something(node) else []
    quiet, corner = [], ""
    for note in node.notes:
        text, limit = _sentence(note.details), limits.read(note.details)
        if limit is not None and (found := short(limit)):
            quiet.append(f'<span class="vh">{text}</span>')
            corner = f'<span class="limit" aria-hidden="true">{found}</span>'
        elif limit is not None and limit == limits.Limit(max_rows=limit.max_rows):
            quiet.append(f'<span class="vh">{text}</span>')
        elif note.warning and limit is None:
            shown.append(f'<span class="note"><b>Note:</b> {text}</span>')
        else:
            shown.append(f'<span class="note">{text}</span>')
    return " ".join(shown), " ".join(quiet), corner


def _sentence(text: str) -> str:
    """Escaped, and with a stop at its end, since a screen reader reads all of the help in one go."""
    return escape(text if text.endswith((".", "!", "?", ":", ";")) else text + ".")


def _options(node: Node) -> tuple[str, dict[str, int]]:
    choices = [(option.text, option.label) for option in node.options]
    if node.kind is Kind.BOOLEAN and not choices:
        choices = [("true", "Yes"), ("false", "No")]
    if not choices:
        return "", {}
    html, places = '<option value="">-</option>', {"": len('<option value=""')}
    for text, label in choices:
        html += f'<option value="{escape(text)}"'
        places[text] = len(html)
        html += f">{escape(label)}</option>"
    return html, places


_LISTS: dict[str | None, tuple[tuple[str, str], ...]] = {
    "country-2": tuple((code, name) for code, _, name in iso_codes.COUNTRIES),
    "country-3": tuple((code, name) for _, code, name in iso_codes.COUNTRIES),
    "currency": iso_codes.CURRENCIES,
}


def _datalist(name: str) -> str:
    options = "".join(
        f'<option value="{escape(code)}">{escape(label)}</option>' for code, label in _LISTS[name]
    )
    return f'<datalist id="codes-{name}">{options}</datalist>'
