"""What the search box shows while somebody types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User

from customers.formatting import thousands
from customers.index.search import Hits, search
from customers.searching import places, searched
from customers.searching.entries import Entry, Group, Part
from customers.searching.found_customers import FoundIn, found_customers
from customers.searching.identifiers import identified
from customers.searching.recent import recent_entries
from customers.searching.search_state import read_text
from customers.web import links
from customers.web.reader import Reader

# Customers that are shown.
MAX_CUSTOMERS = 6


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Groups of entries for a text. `count` is announced; `footer` says what was not searched, "" for nothing."""

    text: str
    groups: Sequence[Group]
    count: str
    footer: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to choose."""
        return not self.groups


def suggest(text: str, *, user: User, reader: Reader, here: str) -> Suggestions:
    """Suggestions for a text; `here` is the ID of the company whose page is open, "" for none."""
    text = read_text(text)
    may_write = user.has_perm("customers.write_customers")
    if not text.strip():
        return _opened_last(reader, may_write=may_write)
    hits = search(text, page_size=MAX_CUSTOMERS) if settings.INDEX_CUSTOMERS else None
    query = "?" + urlencode({"q": text})
    customers = found_customers(hits.hits, FoundIn(query, may_write)) if hits else ()
    entries = [each.entry() for each in customers if each.url]
    known = places.known_companies(reader)
    companies = places.matching_companies(text, known)
    ids = identified(text, may_write=may_write)
    groups = [
        Group("By ID", ids),
        Group(_customers_heading(hits), [*entries, _all_of(text, query, hits)]),
        Group("Companies", [places.company_entry(each, text) for each in companies]),
        Group("Pages", places.page_entries(text, user)),
        Group(
            "Do",
            _actions(entries, companies, known, here) if may_write else (),
            is_counted=False,
        ),
    ]
    shown = [group for group in groups if group.entries]
    number = len(ids) + len(companies) + (hits.total if hits else 0)
    more = "+" if hits and hits.has_more else ""
    count = f"{thousands(number)}{more} result{'' if number == 1 else 's'}"
    return Suggestions(text, shown, count, searched.sentence(hits.coverage) if hits else "")


def _opened_last(reader: Reader, *, may_write: bool) -> Suggestions:
    entries = recent_entries(reader, may_write=may_write)
    group = Group("Opened last", entries, is_counted=False)
    return Suggestions("", [group] if entries else [], "")


def _customers_heading(hits: Hits | None) -> str:
    if hits is None:
        return "Customers"
    number = len(hits.by_company)
    if not number:
        return "No customer matches"
    return f"Customers in {thousands(number)} compan{'y' if number == 1 else 'ies'}"


def _all_of(text: str, query: str, hits: Hits | None) -> Entry:
    """The way to all results, and to a search without an index."""
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    what = f"All customers that match “{shown}”"
    hint = "Filters, export, batch"
    if hits is None:
        what, hint = f"Search all companies for “{shown}”", "Asks Codat, company by company"
    elif not hits.total:
        what = f"Search for “{shown}” with filters"
    return Entry(
        url=links.search(query),
        title=(Part(what),),
        icon="magnifying-glass",
        aside=hint,
    )


def _actions(
    entries: Sequence[Entry],
    companies: Sequence[places.Company],
    known: Sequence[places.Company],
    here: str,
) -> Sequence[Entry]:
    first = entries[0] if entries else None
    targets = [each for each in known if each.company_id == here][:1] + list(companies[:1])
    if first is not None and not targets:
        targets = [places.Company(*first.mark)]
    return list(places.action_entries(first, dict.fromkeys(targets)))
