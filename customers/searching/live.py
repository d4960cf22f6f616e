"""The search without an index: Codat is asked company after company, some at a time, as far as the quota allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from customers.codat.companies import accounting_connections
from customers.codat.errors import CodatError, NotSynced, Reserved
from customers.codat.http.call_context import deadline
from customers.codat.http.quota import background
from customers.codat.pages import position
from customers.codat.parallel import all_in_parallel
from customers.codat.text import single_line
from customers.codat.types import Company, CustomersPage
from customers.formatting import counted, text_or_dash, thousands
from customers.searching.entries import Entry, Part, Reason
from customers.searching.search_state import SearchState
from customers.service import CustomerService, default_service
from customers.web import links
from customers.web.lists.list_states import read_customers

# Companies of one step, each of which costs one call, and customers that are shown of a company.
STEP, MAX_SHOWN = 10, 5
# Seconds that a step waits for Codat.
TIME_LIMIT = 20
# Characters of a text that Codat is asked for.
MIN_TEXT = 2
_MAX_DIGITS = 6


@dataclass(frozen=True, slots=True)
class CompanyFound:
    """The customers of one company: the first of them, and the list with all."""

    company_id: str
    name: str
    url: str
    count: int
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a live search is. `next_url` continues it, "" at its end; `stopped` says why it ended early."""

    searched: int
    total: int
    found: int
    not_synced: int
    failed: int
    next_query: str = ""
    stopped: str = ""

    @property
    def next_url(self) -> str:
        """The fragment with the next companies."""
        return links.live_search(self.next_query) if self.next_query else ""

    @property
    def page_url(self) -> str:
        """The page with the next companies, without scripts."""
        return links.search(self.next_query) if self.next_query else ""

    @property
    def sentence(self) -> str:
        """The same in words."""
        parts = [
            f"Searched {thousands(self.searched)} of {counted(self.total, 'company', 'companies')}."
        ]
        if self.not_synced:
            parts.append(f"{thousands(self.not_synced)} never synced.")
        if self.failed:
            parts.append(f"{thousands(self.failed)} could not be searched.")
        number = "No" if not self.found else thousands(self.found)
        parts.append(f"{number} customer{'' if self.found == 1 else 's'} found so far.")
        return " ".join(
            parts if self.next_query else [*parts[:-1], parts[-1].replace(" so far", "")]
        )


def live_context(state: SearchState, params: QueryDict, *, may_write: bool) -> dict[str, Any]:
    """The next step of a live search: `companies` with what was found, and `progress`. Raises CodatError.

    One call for the companies, and one for each of them. `?from=` is the number of companies before, `?found=`,
    `?unsynced=` and `?failed=` what they had.
    """
    if len(state.text.strip()) < MIN_TEXT:
        return {"is_short": True, "companies": [], "progress": None}
    start = _number(params, "from") // STEP * STEP
    service = default_service()
    page = service.snapshots.list_companies(page=start // STEP + 1, page_size=STEP, order_by="name")
    spot = position(page.data, start // STEP + 1, STEP)
    listed = [each for each in page.data["results"] if links.is_addressable(each.get("id"))]
    if state.company:
        listed = [service.snapshots.get_company(company_id=state.company).data]
    connected = [each for each in listed if accounting_connections(each)]
    answers = _ask(service, state, connected)
    found = [
        _found(state, company, answer, may_write=may_write)
        for company, answer in zip(connected, answers, strict=True)
        if not isinstance(answer, CodatError) and answer["results"]
    ]
    searched = len(listed) if state.company else start + len(page.data["results"])
    counts = {"from": searched} | _counts(params, answers, found)
    has_next = not state.company and spot.has_next
    is_reserved = any(isinstance(answer, Reserved) for answer in answers)
    query = state.address()
    progress = Progress(
        searched=counts["from"],
        total=len(listed) if state.company else spot.total,
        found=counts["found"],
        not_synced=counts["unsynced"],
        failed=counts["failed"],
        next_query=f"{query}&{urlencode(counts)}" if has_next and not is_reserved else "",
        stopped=(
            "The rest of today’s Codat quota is kept for other pages. Open a company and search there."
            if is_reserved
            else ""
        ),
    )
    return {"is_short": False, "companies": found, "progress": progress}


def _ask(
    service: CustomerService, state: SearchState, companies: Sequence[Company]
) -> list[CustomersPage | CodatError]:
    """A page of each company's customers that match."""
    question = QueryDict(mutable=True)
    question.update({"q": state.text, "status": state.status, "deleted": state.deleted})
    query = read_customers(question).query

    def ask(company: Company) -> CustomersPage:
        return service.list(company_id=str(company.get("id")), page_size=MAX_SHOWN, query=query)

    # One search may cost as many calls as there are companies, so it leaves the reserve to other pages.
    with background(), deadline(TIME_LIMIT):
        return all_in_parallel([partial(ask, each) for each in companies])


def _found(
    state: SearchState, company: Company, answer: CustomersPage, *, may_write: bool
) -> CompanyFound:
    company_id, name = str(company.get("id")), text_or_dash(company.get("name"))
    back = links.from_search(state.address())
    entries = []
    for customer in answer["results"]:
        customer_id = customer.get("id")
        if not links.is_addressable(customer_id):
            continue
        shown = text_or_dash(customer.get("customerName"))
        reach = customer.get("emailAddress") or customer.get("phone")
        reasons = (Reason("", (Part(single_line(reach)),)),) if isinstance(reach, str) else ()
        entries.append(
            Entry(
                url=links.customer(company_id, customer_id) + back,
                title=(Part(shown),),
                details=reasons,
                mark=(company_id, name),
                edit_url=links.edit(company_id, customer_id) + back if may_write else "",
            )
        )
    words = urlencode({"q": state.text}, errors="replace")
    total = position(answer, 1, MAX_SHOWN).total
    return CompanyFound(company_id, name, f"{links.customers(company_id)}?{words}", total, entries)


def _counts(
    params: QueryDict, answers: Sequence[object], found: Sequence[CompanyFound]
) -> dict[str, int]:
    """What the search had up to this step, as the address of the next one names it."""
    not_synced = _number_of(answers, NotSynced)
    return {
        "found": _number(params, "found") + sum(each.count for each in found),
        "unsynced": _number(params, "unsynced") + not_synced,
        "failed": _number(params, "failed") + _number_of(answers, CodatError) - not_synced,
    }


def _number_of(answers: Sequence[object], kind: type[CodatError]) -> int:
    return sum(isinstance(answer, kind) for answer in answers)


def _number(params: QueryDict, name: str) -> int:
    text = params.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else 0
