"""A page of results of a search over the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import simplejson

from customers.formatting import thousands
from customers.index.search import MAX_EXPORTED, Hits, search
from customers.models import IndexedCompany
from customers.searching import searched
from customers.searching.found_customers import (
    FoundCustomer,
    FoundIn,
    company_name,
    found_customers,
)
from customers.searching.search_state import SearchState
from customers.web import links

PAGE_SIZE = 50
# Companies that are listed below the results.
MAX_COMPANIES = 50


@dataclass(frozen=True, slots=True)
class CompanyHits:
    """The hits of one company: what can be done with them together.

    `number` counts the companies of the page from 1: the checkboxes of its customers belong to the form `of-<number>`.
    `ids`: all that were found, as JSON. `only_url` shows these alone, "" where no others are shown.
    """

    number: int
    company: IndexedCompany
    name: str
    count: int
    ids: str
    only_url: str
    has_rows: bool

    @property
    def url(self) -> str:
        """The company's list of customers."""
        return links.customers(self.company.company_id)

    @property
    def batch_url(self) -> str:
        """The page on which a batch of ticked customers is made (POST)."""
        return links.new_batch(self.company.company_id)

    @property
    def export_url(self) -> str:
        """The page on which ticked customers are exported (POST)."""
        return links.export(self.company.company_id)


@dataclass(frozen=True, slots=True)
class Results:
    """What a page of results shows. `rows` have the number of their company."""

    hits: Hits
    rows: Sequence[tuple[FoundCustomer, int]]
    companies: Sequence[CompanyHits]
    other_companies: int

    @property
    def count(self) -> str:
        """How many customers were found, in how many companies."""
        hits = self.hits
        if not hits.total:
            return "No customers found"
        number = f"{thousands(hits.total)} customer{'' if hits.total == 1 else 's'}"
        if hits.has_more:
            number = f"The best {number}" if hits.by_company else f"More than {number}"
        if not hits.by_company:
            return number
        companies = len(hits.by_company)
        return f"{number} in {thousands(companies)} compan{'y' if companies == 1 else 'ies'}"

    @property
    def file_label(self) -> str:
        """What the button says that makes one file of what was found."""
        hits = self.hits
        number = min(hits.total, MAX_EXPORTED)
        has_more = hits.has_more or hits.total > MAX_EXPORTED
        which = "the best" if any(hit.kind for hit in hits.hits[:1]) else "the first"
        which = which if has_more else "all" if number > 1 else ""
        return " ".join(filter(None, ("Export", which, thousands(number), "as one file")))

    @property
    def pages(self) -> int:
        """The number of pages."""
        return max(1, -(-self.hits.total // PAGE_SIZE))


def results(state: SearchState, *, may_write: bool) -> Results:
    """A page of what the index has for a search. No calls to Codat."""
    hits = search(state.text, filters=state.filters, page=state.page, page_size=PAGE_SIZE)
    customers = found_customers(hits.hits, FoundIn(state.address(), may_write))
    companies = _companies(state, hits, customers)
    numbers = {each.company.company_id: each.number for each in companies}
    return Results(
        hits=hits,
        rows=[(each, numbers[each.company.company_id]) for each in customers],
        companies=companies,
        other_companies=max(0, len(hits.by_company) - len(companies)),
    )


def _companies(
    state: SearchState, hits: Hits, customers: Sequence[FoundCustomer]
) -> list[CompanyHits]:
    """The companies of the page's customers, then others in which something was found."""
    on_page = {each.company.company_id: each.company for each in customers}
    others = [each for each in hits.by_company if each not in on_page]
    shown = [*on_page, *others[: max(0, MAX_COMPANIES - len(on_page))]]
    unknown = [each for each in shown if each not in on_page]
    found = {
        each.company_id: each for each in IndexedCompany.objects.filter(company_id__in=unknown)
    }
    companies: Mapping[str, IndexedCompany] = found | on_page
    return [
        CompanyHits(
            number=number,
            company=companies[company_id],
            name=company_name(companies[company_id]),
            count=len(hits.by_company.get(company_id, ())),
            ids=simplejson.dumps(hits.by_company.get(company_id, ()), separators=(",", ":")),
            only_url="" if state.company else state.address(company=company_id, page=1),
            has_rows=company_id in on_page,
        )
        for number, company_id in enumerate((each for each in shown if each in companies), start=1)
    ]


def results_context(state: SearchState, *, may_write: bool) -> dict[str, Any]:
    """The context of searching/_results.html."""
    found = results(state, may_write=may_write)
    page, pages = state.page, found.pages
    return {
        "results": found,
        "coverage": found.hits.coverage,
        "searched": searched.sentence(found.hits.coverage),
        "is_filling": searched.is_filling(found.hits.coverage),
        "not_searched": searched.not_searched(found.hits.coverage),
        "file_url": links.search_file(state.address(page=1)),
        "position": f"Page {page} of {pages}",
        "previous_url": state.address(page=min(page - 1, pages)) or "?" if page > 1 else "",
        "next_url": state.address(page=page + 1) if page < pages else "",
        "last_url": state.address(page=pages) or "?",
    }
