"""What a browser would post: the successful controls of rendered HTML, nothing of the form's own.

Follows the HTML standard where it matters for a round trip: the parser's newline and NUL handling,
the newline after <textarea>, text inputs losing newlines, a select's selected option, CRLF on sending.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

from django.http import QueryDict


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
        given = {key: value or "" for key, value in attrs}
        assert not any(key.startswith("on") or key == "style" for key in given), given
        if "id" in given:
            assert given["id"] not in self.ids, f"two elements with the id {given['id']!r}"
            self.ids.add(given["id"])
        self.references += [
            *given.get("for", "").split(),
            *given.get("aria-describedby", "").split(),
            *given.get("aria-labelledby", "").split(),
            *given.get("list", "").split(),
        ]
        if "autofocus" in given:
            self.autofocus.append(given.get("id", ""))
        if tag == "details" and "open" in given:
            self.open_rows.add(given.get("id", ""))
        if tag == "input":
            kind = given.get("type", "text")
            value = given.get("value", "")
            if kind == "text":
                value = value.replace("\n", "")
            self._add(given, kind, value).checked = "checked" in given
        elif tag == "select":
            self._select = self._add(given, "select", "")
            self._selected = False
        elif tag == "option" and self._select is not None:
            self._option = [given.get("value", ""), ""]
            first = not self._select.options
            if "selected" in given or (first and not self._selected):
                self._select.value = given.get("value", "")
                self._selected = self._selected or "selected" in given
        elif tag == "textarea":
            self._textarea = self._add(given, "textarea", "")
        elif tag == "button":
            assert given.get("type") == "submit"
            self.buttons[given["value"]] = given

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

    def _add(self, given: dict[str, str], kind: str, value: str) -> Control:
        control = Control(given.get("name", ""), kind, value, given.get("id", ""), attributes=given)
        self.controls.append(control)
        return control

    def __getitem__(self, name: str) -> Control:
        found = [control for control in self.controls if control.name == name]
        assert len(found) == 1, f"{len(found)} controls are named {name!r}"
        return found[0]

    @property
    def fields(self) -> list[Control]:
        """The inputs that a person sees."""
        return [c for c in self.controls if c.name.startswith("f.") and c.kind != "hidden"]

    def pairs(self, action: str = "") -> list[tuple[str, str]]:
        """Names and values as sent; `action` is the row button that was pressed."""
        if action:
            assert action in self.buttons, f"no button {action!r}"
            assert "disabled" not in self.buttons[action]
        sent = []
        for control in self.controls:
            if not control.name or (control.kind == "radio" and not control.checked):
                continue
            value = control.value.replace("\r\n", "\n").replace("\r", "\n")
            sent.append((control.name, value.replace("\n", "\r\n")))
        return [*sent, ("action", action)] if action else sent

    def post(self, action: str = "") -> QueryDict:
        """The post as Django reads it."""
        return QueryDict(urlencode(self.pairs(action)))
