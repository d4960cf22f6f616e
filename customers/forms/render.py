"""What the template shows: one flat list of items for one loop.

A template per widget, or a method call per attribute, is what makes generated forms slow. So what
is constant for a model (labels, help, lists of options) is escaped once into a Sheet, a leaf, of which
there are most, comes as ready HTML, and any other item is a dict with plain strings, which Django's
templates look up fastest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from customers import notes
from customers.forms import codes
from customers.forms.actions import can_copy
from customers.forms.paths import FIELD, html_id
from customers.forms.state import Group, Kept, Leaf, Row, Rows, State
from customers.forms.values import MISSING, UNSENDABLE, readable
from customers.forms.wording import in_sentence, row_name, says_something, short
from customers.push_model import Kind, Node, Note

if TYPE_CHECKING:
    from customers.forms.form import Form

Item = dict[str, Any]

# Lists longer than this get a search box, where scripts run.
_SEARCHABLE = 12
# So many rows stand open; of more, only those that need a look do.
_OPEN_ROWS = 3
_GIST_LENGTH = 80
# A value that cannot be edited takes a whole line if it is longer.
_NARROW = 40

_REQUIRED = mark_safe(' <span class="mark" aria-hidden="true">*</span>')
_IF_FILLED = mark_safe(' <span class="mark" title="required once filled in">(*)</span>')
_NOTHING = mark_safe("")
_NOT_OFFERED = (
    "The integration does not offer this value. It stays as it is unless you choose another."
)


@dataclass(frozen=True, slots=True)
class Face:
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
    limit: notes.Limit
    options: str
    # where `selected` is put for an option: just behind its value
    places: dict[str, int]


class Sheet:
    """A model with the faces of its nodes, made once and kept."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.faces: dict[Node, Face] = {}
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


def _limit(all_notes: tuple[Note, ...]) -> notes.Limit:
    """All that the notes of one node say, the narrowest where they say it twice."""
    total = notes.Limit()
    for note in all_notes:
        found = notes.read(note.details)
        if found:
            total = replace(
                total,
                min_length=_pick(max, total.min_length, found.min_length),
                max_length=_pick(min, total.max_length, found.max_length),
                min_value=_pick(max, total.min_value, found.min_value),
                max_value=_pick(min, total.max_value, found.max_value),
                min_rows=_pick(max, total.min_rows, found.min_rows),
                max_rows=_pick(min, total.max_rows, found.max_rows),
                format=total.format or found.format,
                first_row_only=total.first_row_only or found.first_row_only,
                one_of_each=total.one_of_each or found.one_of_each,
            )
    return total


def _pick(choose: Any, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)


def _face(node: Node, limit: notes.Limit, *, always: bool) -> Face:
    label, mark = escape(node.label), _NOTHING
    if node.required and not node.read_only:
        mark = _REQUIRED if always else _IF_FILLED
    shown, quiet, corner = _help(node)
    row = row_name(node.label)
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
    return Face(
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
        text, limit = _sentence(note.details), notes.read(note.details)
        if limit is not None and (found := short(limit)):
            quiet.append(f'<span class="vh">{text}</span>')
            corner = f'<span class="limit" aria-hidden="true">{found}</span>'
        elif limit is not None and limit == notes.Limit(max_rows=limit.max_rows):
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


_LISTS: dict[str | None, tuple[str, ...]] = {
    "country-2": tuple(f"{entry[:2]} {entry[7:]}" for entry in codes.COUNTRIES),
    "country-3": tuple(entry[3:] for entry in codes.COUNTRIES),
    "currency": codes.CURRENCIES,
}


def _datalist(name: str) -> str:
    options = []
    for entry in _LISTS[name]:
        code, _, label = entry.partition(" ")
        options.append(f'<option value="{escape(code)}">{escape(label)}</option>')
    return f'<datalist id="codes-{name}">{"".join(options)}</datalist>'


def render(form: Form) -> list[Item]:
    """Every item of the form, in order."""
    renderer = _Renderer(form)
    for child in form.root.children:
        renderer.add(child, None)
    return renderer.items


class _Renderer:
    def __init__(self, form: Form) -> None:
        self.faces = form.sheet.faces
        self.root = form.root
        self.focus = form.focus
        self.wrong = [name[len(FIELD) :] for name in form.errors]
        self.items: list[Item] = []

    def add(self, state: State, number: int | None) -> None:
        """One state and what is below it; `number` is the row's where the state is a row."""
        if isinstance(state, Leaf):
            self.items.append(self._leaf(state, number))
        elif isinstance(state, Group):
            if number is None:
                self._group(state)
            else:
                for child in state.children:
                    self.add(child, None)
        elif isinstance(state, Rows):
            self._rows(state, number)
        elif state.base is not MISSING:
            face = self.faces[state.node]
            self.items.append(
                {
                    "kind": "kept",
                    "id": html_id(state.path),
                    "path": state.path,
                    "label": _numbered(face.row, number),
                    "text": (text := readable(state.base)),
                    "wide": " wide" if "\n" in text or len(text) > _NARROW else "",
                    "reason": state.reason,
                }
            )

    def _leaf(self, leaf: Leaf, number: int | None) -> Item:
        face = self.faces[leaf.node]
        path, text, error = leaf.path, leaf.text, leaf.error
        attrs = f' id="f-{path}" name="f.{path}"{face.attrs}'
        below = described = ""
        if face.below:
            described = f"h-{path}"
            below = f'<p id="h-{path}" class="help{face.below}'
        if face.options and text not in face.places:
            described += f" v-{path}"
            below += f'<p class="help" id="v-{path}">{_NOT_OFFERED}</p>'
        if error:
            described += f" e-{path}"
            below += f'<p class="error" id="e-{path}">{escape(error)}</p>'
            attrs += ' aria-invalid="true"'
        if described:
            attrs += f' aria-describedby="{described.strip()}"'
        if self.focus == f"f-{path}":
            attrs += " autofocus"
        wrong = " wrong" if error else ""
        label = face.title if number is None else _numbered(face.row, number)
        if face.options:
            control = f"<select{attrs}>{_selected(face, text)}</select>"
        elif "\n" in text:
            control = f'<textarea rows="4"{attrs}>\n{escape(text)}</textarea>'
        else:
            control = f'<input type="text"{attrs} value="{escape(text)}">'
        # Paths are percent-encoded, so they need no escaping; nor does what the sheet holds.
        html = f'<div class="field{wrong}"><label for="f-{path}">{label}</label>\n{control}{below}</div>'
        return {"kind": "leaf", "html": mark_safe(html)}  # noqa: S308

    def _group(self, group: Group) -> None:
        face = self.faces[group.node]
        self.items.append(
            {
                "kind": "open",
                "id": html_id(group.path),
                "path": group.path,
                "label": face.label,
                "mark": face.mark,
                "help": face.help,
                "error": group.error,
            }
        )
        for child in group.children:
            self.add(child, None)
        self.items.append({"kind": "close"})

    def _rows(self, rows: Rows, number: int | None) -> None:
        face = self.faces[rows.node]
        visible = rows.visible
        shown = [row for row in rows.rows if not row.hidden]
        label = _numbered(face.label if number is None else face.row, number)
        self.items.append(
            {
                "kind": "rows",
                "id": html_id(rows.path),
                "path": rows.path,
                "label": label,
                "mark": face.mark,
                "help": face.help,
                "error": rows.error,
                "count": len(visible),
                "limit": face.limit.max_rows,
                "over": face.limit.max_rows is not None and len(visible) > face.limit.max_rows,
                "order": ",".join(row.key for row in shown),
                "removed": ",".join(row.key for row in shown if row.removed),
            }
        )
        copies = can_copy(self.root, rows)
        shown_visible = [row for row in shown if not row.removed]
        place = 0
        for row in shown:
            if row.removed:
                self._removed(rows, row, face.row)
                continue
            place += 1
            self._row(rows, row, face.row, place, shown_visible, copies=copies)
        self.items.append(
            {
                "kind": "rows_end",
                "path": rows.path,
                "one": face.one,
                "focus": self.focus == f"add-{rows.path}",
                "hidden": len(rows.rows) - len(shown),
            }
        )

    def _row(
        self, rows: Rows, row: Row, label: str, place: int, shown: list[Row], *, copies: bool
    ) -> None:
        path = row.state.path
        error = row.state.error if isinstance(row.state, Group) else ""
        gist = _gist(row.state)
        needs_a_look = (
            any(wrong == path or wrong.startswith(path + ".") for wrong in self.wrong)
            or not gist
            or self.focus.startswith((f"f-{path}.", f"add-{path}.", f"undo-{path}."))
            or self.focus in (f"f-{path}", f"up-{path}", f"down-{path}")
        )
        self.items.append(
            {
                "kind": "row",
                # An object has no element of its own inside its row; anything else has.
                "id": html_id(path) if isinstance(row.state, Group) else f"row-{path}",
                "plain": (plain := isinstance(row.state, Leaf)),
                "path": path,
                "label": label,
                "number": place,
                "gist": gist,
                "open": needs_a_look or len(shown) <= _OPEN_ROWS,
                "error": error,
                "target": f"{rows.path}:{row.key}",
                "key": row.key,
                "first": place == 1,
                "last": place == len(shown),
                "copies": copies,
                "focus": self.focus.partition("-")[0] if self.focus.endswith(f"-{path}") else "",
            }
        )
        self.add(row.state, place)
        self.items.append({"kind": "row_end", "plain": plain})

    def _removed(self, rows: Rows, row: Row, label: str) -> None:
        path = row.state.path
        self.items.append(
            {
                "kind": "removed",
                "id": html_id(path),
                "path": path,
                "label": label,
                "gist": _gist(row.state),
                "target": f"{rows.path}:{row.key}",
                "focus": self.focus == f"undo-{path}",
            }
        )
        self._hide(row.state)
        self.items.append({"kind": "removed_end"})

    def _hide(self, state: State) -> None:
        """What a removed row held stays in the page, so that it can come back."""
        if isinstance(state, Leaf):
            self.items.append({"kind": "hidden", "name": FIELD + state.path, "text": state.text})
        elif isinstance(state, Group):
            for child in state.children:
                self._hide(child)
        elif isinstance(state, Rows):
            shown = [row for row in state.rows if not row.hidden]
            keys = {"r.": shown, "x.": [row for row in shown if row.removed]}
            for prefix, rows in keys.items():
                text = ",".join(row.key for row in rows)
                self.items.append({"kind": "hidden", "name": prefix + state.path, "text": text})
            for row in shown:
                self._hide(row.state)


def _numbered(label: str, number: int | None) -> str:
    return label if number is None else mark_safe(f"{label} {number}")  # noqa: S308  an escaped label


def _selected(face: Face, text: str) -> str:
    """The options with the current one selected; a value that is none of them comes first."""
    place = face.places.get(text)
    if place is None:
        choice = escape(text)
        extra = f'<option value="{choice}" selected>{choice} (not offered)</option>'
        return mark_safe(extra + face.options)  # noqa: S308  escaped above
    if not text:
        return mark_safe(face.options)  # noqa: S308  escaped when the sheet was made
    return mark_safe(f"{face.options[:place]} selected{face.options[place:]}")  # noqa: S308  the same


def _gist(state: State) -> str:
    """The first values of a row, for its folded line."""
    words: list[str] = []
    length = 0
    for text in _texts(state):
        words.append(text)
        length += len(text)
        if length > _GIST_LENGTH:
            break
    return ", ".join(words).replace(UNSENDABLE, "")[: _GIST_LENGTH + 20]


def _texts(state: State) -> list[str]:
    if isinstance(state, Leaf):
        return [] if state.blank else [state.text.strip()]
    if isinstance(state, Group):
        return [text for child in state.children for text in _texts(child)]
    if isinstance(state, Kept):
        return [readable(state.base)] if state.filled else []
    return [text for row in state.visible[:3] for text in _texts(row.state)]
