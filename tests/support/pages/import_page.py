"""A person at the page of an import."""

from __future__ import annotations

from typing import Any

from customers.models import Import, ImportRow
from customers.service import default_service
from customers.spreadsheets.importing import working
from customers.web import links
from tests.conftest import RawPathClient
from tests.support.pages.controls import Controls

HEADINGS = ["Name", "E-mail", "Status", "Phone", "Notes"]
State = Import.State


class Pages:
    """A person at the page of an import."""

    def __init__(self, client: RawPathClient, source: Import) -> None:
        self.client = client
        self.source = source
        self.url = links.import_page(source.company_id, source.pk)

    def html(self, query: str = "") -> str:
        answer = self.client.get(self.url + query)
        assert answer.status_code == 200
        return str(answer.content.decode())

    def fields(self, form: str, query: str = "") -> dict[str, str]:
        """What a form of the page would post."""
        return Controls(self.html(query), form).fields

    def press(self, action: str, form: str = "", **typed: str) -> Any:
        """Press a button; the answer."""
        fields = self.fields(form) if form else {"version": str(self.now.version)}
        names = {name.replace("__", "."): text for name, text in typed.items()}
        return self.client.post(self.url, fields | names | {"action": action})

    @property
    def now(self) -> Import:
        return Import.objects.get(pk=self.source.pk)

    def states(self) -> dict[int, str]:
        return dict(ImportRow.objects.filter(source=self.source).values_list("position", "state"))

    def work(self) -> None:
        """Do what the worker does next."""
        working.step(self.now, default_service())

    def check(self) -> None:
        """Match the columns as suggested, and have the rows checked."""
        assert self.press("columns", "columns").status_code == 303
        assert self.now.state == State.CHECKING
        self.work()
        assert self.now.state == State.CHECKED

    def group(self, text: str) -> str:
        """The form of the group with this heading."""
        html = self.html()
        form = html[: html.index(text)].rpartition('class="problem-group" id="')[2]
        return form.partition('"')[0]


def text_of(answer: Any) -> str:
    return str(answer.content.decode())
