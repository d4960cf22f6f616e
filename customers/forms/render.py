"""What the template shows: one flat list of items for one loop.

A template per widget, or a method call per attribute, is what makes generated forms slow. So what
is constant for a model is escaped once (faces.py), a leaf, of which there are most, comes as ready HTML,
and any other item is a dict with plain strings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.html import escape
from django.utils.safestring import mark_safe

from customers.codat.text import REPLACEMENT
from customers.forms.actions import can_copy
from customers.forms.bound import Group, Kept, Leaf, Row, Rows, State
from customers.forms.markup import NodeMarkup
from customers.forms.paths import FIELD, html_id
from customers.forms.values import MISSING, readable

if TYPE_CHECKING:
    from customers.forms.form import Form

Item = dict[str, Any]

# So many rows stand open; of more, only those that need a look do.
_OPEN_ROWS = 3
_GIST_LENGTH = 80
# A value that cannot be edited takes a whole line if it is longer.
_NARROW = 40

_NOT_OFFERED = (
    "The integration does not offer this value. It stays as it is unless you choose another."
)


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


def _selected(face: NodeMarkup, text: str) -> str:
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
    return ", ".join(words).replace(REPLACEMENT, "")[: _GIST_LENGTH + 20]


def _texts(state: State) -> list[str]:
    if isinstance(state, Leaf):
        return [] if state.blank else [state.text.strip()]
    if isinstance(state, Group):
        return [text for child in state.children for text in _texts(child)]
    if isinstance(state, Kept):
        return [readable(state.base)] if state.filled else []
    return [text for row in state.visible[:3] for text in _texts(row.state)]
