"""What a browser would post from a page."""

from html.parser import HTMLParser
from typing import Any


class Controls(HTMLParser):
    """The successful controls of the form with the id `form`, as a browser would post them."""

    def __init__(self, html: str, form_id: str = "form") -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.fields: dict[str, str] = {}
        self._select = ""
        self._textarea = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name, value = values.get("name") or "", values.get("value") or ""
        if tag == "form":
            self.inside = values.get("id") == self.form_id
        elif not self.inside:
            return
        elif tag == "input" and name:
            if values.get("type") not in ("checkbox", "radio") or "checked" in values:
                self.fields[name] = value
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in values or self._select not in self.fields:
                self.fields[self._select] = value
        elif tag == "textarea":
            self._textarea = name
            self.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data


def fields(response: Any) -> dict[str, str]:
    """What the form in this answer would post."""
    found = Controls(response.content.decode()).fields
    assert "base" in found, response.content.decode()[:2000]
    return found


def press(client: Any, url: str, page: Any, action: str, **typed: str) -> Any:
    """Press a button of the form in the answer `page`, after typing; the next answer."""
    return client.post(url, fields(page) | typed | {"action": action})
