"""What a search has looked at, in words: "Searched 20 of 22 companies. 2 never synced"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from customers.formatting import counted, thousands
from customers.index.coverage import Coverage
from customers.models import IndexedCompany
from customers.searching.found_customers import company_name
from customers.web import links

State = IndexedCompany.State

# How a company that is not searched reads after its number.
_WORDS = {
    State.WAITING: "not read yet",
    State.FILLING: "being read",
    State.NEVER_SYNCED: "never synced",
    State.FAILED: "could not be read",
}


@dataclass(frozen=True, slots=True)
class NotSearched:
    """A company whose customers were not searched: why, and the error where there was one."""

    url: str
    name: str
    reason: str
    message: str


def sentence(coverage: Coverage) -> str:
    """How much was searched; "" where that is everything, and where there is no index."""
    if coverage.is_off or not coverage.missing:
        return ""
    missing = ", ".join(
        f"{thousands(number)} {_WORDS.get(state, state.label.lower())}"
        for state, number in coverage.missing
    )
    return (
        f"Searched {thousands(coverage.searched)} of {counted(coverage.total, 'company', 'companies')}."
        f" {missing[:1].upper()}{missing[1:]}."
    )


def is_filling(coverage: Coverage) -> bool:
    """Whether customers are missing that the worker will still read."""
    return any(state in (State.WAITING, State.FILLING) for state, _ in coverage.missing)


def not_searched(coverage: Coverage) -> Sequence[NotSearched]:
    """The companies that were not searched, those that the coverage names."""
    return [
        NotSearched(
            url=links.customers(company.company_id),
            name=company_name(company),
            reason=_WORDS.get(State(company.state), company.get_state_display()),
            message=company.message if company.state == State.FAILED else "",
        )
        for company in coverage.named
        if links.is_addressable(company.company_id)
    ]
