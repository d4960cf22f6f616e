"""What a browser would post: the successful controls of rendered HTML, nothing of the form's own.

Follows the HTML standard where it matters for a round trip: the parser's newline and NUL handling,
the newline after <textarea>, text inputs losing newlines, a select's selected option, CRLF on sending.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urlencode

from django.http import QueryDict

_DATE_FORMATS = {
    "date": ("%Y-%m-%d",),
    "datetime-local": ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"),
}


def sanitised_date(kind: str, value: str) -> str:
    """What a browser makes of the value of a date's input: in its shortest form, "" where it is not valid."""
    for pattern in _DATE_FORMATS[kind]:
        try:
            moment = datetime.strptime(value, pattern)  # noqa: DTZ007  it has no zone
        except ValueError:
            continue
        if kind == "date":
            return moment.date().isoformat()
        shortest = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
        return shortest.rstrip("0").rstrip(".") if "." in shortest else shortest.removesuffix(":00")
    return ""


@dataclass
class Control:
    name: str
    kind: str
    value: str = ""
    id: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    checked: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    row: str = ""

    def type(self, text: str) -> None:
        """What happens when a person enters text here."""
        if self.kind == "select":
            assert text in [value for value, _ in self.options], f"{text!r} cannot be chosen"
        elif self.kind != "textarea":
            text = text.replace("\n", "").replace("\r", "")
        self.value = text


class Page(HTMLParser):
    """A page with one form. Raises if two elements have one id."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.controls: list[Control] = []
        self.buttons: dict[str, dict[str, str]] = {}
        self.ids: set[str] = set()
        self.references: list[str] = []
        self.open_rows: set[str] = set()
        self.autofocus: list[str] = []
        self.text = ""
        self._select: Control | None = None
        self._option: list[str] | None = None
        self._selected = False
        self._textarea: Control | None = None
        html.encode("utf-8")
        self.feed(html.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd"))
        self.close()
        missing = [id_ for id_ in self.references if id_ not in self.ids]
        assert not missing, f"nothing has the id {missing[0]!r}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        assert not any(key.startswith("on") or key == "style" for key in attributes), attributes
        if "id" in attributes:
            assert attributes["id"] not in self.ids, (
                f"two elements with the id {attributes['id']!r}"
            )
            self.ids.add(attributes["id"])
        self.references += [
            *attributes.get("for", "").split(),
            *attributes.get("aria-describedby", "").split(),
            *attributes.get("aria-labelledby", "").split(),
            *attributes.get("list", "").split(),
        ]
        if "autofocus" in attributes:
            self.autofocus.append(attributes.get("id", ""))
        if tag == "details" and "open" in attributes:
            self.open_rows.add(attributes.get("id", ""))
        self._start_control(tag, attributes)

    def _start_control(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "input":
            kind = attributes.get("type", "text")
            value = attributes.get("value", "")
            if kind == "text":
                value = value.replace("\n", "")
            elif kind in _DATE_FORMATS:
                value = sanitised_date(kind, value)
            self._add(attributes, kind, value).checked = "checked" in attributes
        elif tag == "select":
            self._select = self._add(attributes, "select", "")
            self._selected = False
        elif tag == "option" and self._select is not None:
            self._option = [attributes.get("value", ""), ""]
            first = not self._select.options
            if "selected" in attributes or (first and not self._selected):
                self._select.value = attributes.get("value", "")
                self._selected = self._selected or "selected" in attributes
        elif tag == "textarea":
            self._textarea = self._add(attributes, "textarea", "")
        elif tag == "button" and "data-copy" not in attributes:
            assert attributes.get("type") == "submit"
            self.buttons[attributes["value"]] = attributes

    def handle_endtag(self, tag: str) -> None:
        if tag == "option" and self._select is not None and self._option is not None:
            self._select.options.append((self._option[0], self._option[1]))
            self._option = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._textarea is not None:
            self._textarea.value = self._textarea.value.removeprefix("\n")
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._option is not None:
            self._option[1] += data
        elif self._textarea is not None:
            self._textarea.value += data
        else:
            self.text += data

    def _add(self, attributes: dict[str, str], kind: str, value: str) -> Control:
        control = Control(
            attributes.get("name", ""), kind, value, attributes.get("id", ""), attributes=attributes
        )
        self.controls.append(control)
        return control

    def __getitem__(self, name: str) -> Control:
        controls = [control for control in self.controls if control.name == name]
        assert len(controls) == 1, f"{len(controls)} controls are named {name!r}"
        return controls[0]

    @property
    def fields(self) -> list[Control]:
        """The inputs that a person sees."""
        return [c for c in self.controls if c.name.startswith("f.") and c.kind != "hidden"]

    def pairs(self, action: str = "") -> list[tuple[str, str]]:
        """Names and values as sent; `action` is the row button that was pressed."""
        if action:
            assert action in self.buttons, f"no button {action!r}"
            assert "disabled" not in self.buttons[action]
        pairs = []
        for control in self.controls:
            if not control.name or (control.kind == "radio" and not control.checked):
                continue
            value = control.value.replace("\r\n", "\n").replace("\r", "\n")
            pairs.append((control.name, value.replace("\n", "\r\n")))
        return [*pairs, ("action", action)] if action else pairs

    def post(self, action: str = "") -> QueryDict:
        """The post as Django reads it."""
        return QueryDict(urlencode(self.pairs(action)))
