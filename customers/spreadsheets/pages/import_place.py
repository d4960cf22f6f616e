"""Which rows of an import its page shows: a tab, a kind of problem, a search, a page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from customers.codat.text import db_safe
from customers.models import ImportRow
from customers.spreadsheets.importing.problems import MAX_KIND
from customers.web.lists.paging import page_number

_MAX_QUERY, _MAX_DIGITS = 200, 6

RowState = ImportRow.State


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter of the rows: those in some states."""

    key: str
    label: str
    states: tuple[str, ...]


PROBLEMS = Tab("problems", "Problems", ImportRow.PROBLEMS)
TABS = (
    PROBLEMS,
    Tab("new", "New", (RowState.NEW,)),
    Tab("changed", "Changed", (RowState.CHANGED,)),
    Tab("unchanged", "Unchanged", (RowState.UNCHANGED,)),
    Tab("left_out", "Left out", (RowState.LEFT_OUT,)),
)
_BY_KEY = {tab.key: tab for tab in TABS}


@dataclass(frozen=True, slots=True)
class ImportPlace:
    """A tab ("" for the first one with rows), a kind of problem ("" for all), a search, and a page from 1."""

    show: str = ""
    kind: str = ""
    q: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "ImportPlace":
        """From an address; what it does not understand is left out."""
        show = query.get("show", "")
        return cls(
            show if show in _BY_KEY else "",
            db_safe(query.get("kind", ""), MAX_KIND),
            db_safe(query.get("q", "").strip(), _MAX_QUERY),
            page_number(query.get("page", ""), digits=_MAX_DIGITS),
        )

    def address(self, **changes: Any) -> str:
        """The query string of this place with changes: "?..." or ""."""
        place = replace(self, **changes)
        page = place.page if place.page > 1 else ""
        pairs = {"show": place.show, "kind": place.kind, "q": place.q, "page": page}
        query = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{query}" if query else ""

    def tab(self, counts: Mapping[str, int]) -> Tab:
        """The tab: the one that was chosen, else the first one that has rows. `counts` are rows by tab."""
        first = next((tab for tab in TABS if counts.get(tab.key)), PROBLEMS)
        return _BY_KEY.get(self.show, first)
