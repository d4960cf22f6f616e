"""The companies of the home page: trouble first, found by what the worker last read of them. No call to Codat."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils import timezone

from customers.formatting import counted, thousands
from customers.home.company_facts import folded
from customers.home.problem import Problem
from customers.home.sources.companies import OLD
from customers.models import CompanyState, IndexedCompany, Write
from customers.web import links

# Rows of the page, and of all that were found.
FEW, MANY = 15, 1_000
MAX_WORDS = 8
# What a row says of its company's problems; the worst first.
_LABELS = {
    "connection": "Not connected",
    "waiting-connection": "Connection waits",
    "refused": "{} refused",
    "not-sent": "{} not sent",
    "batch-failed": "Batch failed",
    "unknown": "{} unknown",
    "timed-out": "{} timed out",
    "different": "{} different",
    "absent": "{} not found",
    "batch": "Batch waits",
    "findings": "Problems in the data",
    "copies-none": "Never synced",
    "copies-old": "Old copy",
    "copies-late": "Behind schedule",
}
_RANKS = {kind: rank for rank, kind in enumerate(_LABELS)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a company, in one or two words."""

    label: str
    tone: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A company of the list. `customers` is None where the index has not counted them."""

    company_id: str
    url: str
    name: str
    tags: str
    platform: str
    troubles: Sequence[Trouble]
    customers: int | None
    open_changes: int
    last_sync: datetime | None
    is_old: bool


@dataclass(frozen=True, slots=True)
class CompanyTable:
    """The rows, and how many companies there are: all, and those that were found."""

    rows: Sequence[CompanyRow] = ()
    found: int = 0
    total: int = 0
    text: str = ""

    @property
    def has_customers(self) -> bool:
        """Whether the customers of any row were counted."""
        return any(row.customers is not None for row in self.rows)

    @property
    def has_open_changes(self) -> bool:
        """Whether any row has changes that are not finished."""
        return any(row.open_changes for row in self.rows)


def company_table(problems: Iterable[Problem], text: str, limit: int) -> CompanyTable:
    """The companies that match a text: those with problems first, then by name. Five queries."""
    states = CompanyState.objects.defer("search", "error", "finding")
    total = states.count()
    matching = _matching(states, text)
    found = total if matching is states else matching.count()
    by_company = _by_company(problems)
    troubled = list(matching.filter(pk__in=list(by_company)))
    troubled.sort(key=lambda state: (_rank(by_company[state.company_id]), state.name))
    shown = troubled[:limit]
    if len(shown) < limit:
        shown += matching.exclude(pk__in=list(by_company))[: limit - len(shown)]
    ids = [state.company_id for state in shown]
    open_changes, customers = _open_changes(ids), _customers(ids)
    now = timezone.now()
    rows = [
        CompanyRow(
            company_id=state.company_id,
            url=links.customers(state.company_id),
            name=state.name,
            tags=" · ".join(f"{key}: {value}" for key, value in state.tags.items()),
            platform=state.platform_name,
            troubles=_troubles(by_company.get(state.company_id, ())),
            customers=customers.get(state.company_id),
            open_changes=open_changes.get(state.company_id, 0),
            last_sync=state.last_sync,
            is_old=state.last_sync is not None and now - state.last_sync > OLD,
        )
        for state in shown
    ]
    return CompanyTable(rows, found, total, text)


def _matching(states: "QuerySet[CompanyState]", text: str) -> "QuerySet[CompanyState]":
    """The companies that have every word of a text in what they are found by; all for no text."""
    for word in folded(text).split()[:MAX_WORDS]:
        states = states.filter(search__contains=word)
    return states


def _by_company(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    """The problems of each company; one that speaks of several companies is each one's."""
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.kind.name in _RANKS:
            for company_id in filter(None, (problem.company_id, *problem.companies)):
                found.setdefault(company_id, []).append(problem)
    for own in found.values():
        own.sort(key=_rank_of)
    return found


def _rank_of(problem: Problem) -> int:
    return _RANKS[problem.kind.name]


def _rank(problems: Sequence[Problem]) -> int:
    return min(map(_rank_of, problems))


def _troubles(problems: Iterable[Problem]) -> list[Trouble]:
    """What a row says, each kind once."""
    numbers: dict[str, list[Problem]] = {}
    for problem in problems:
        numbers.setdefault(problem.kind.name, []).append(problem)
    return [
        Trouble(
            label=_LABELS[name].format(sum(problem.count for problem in own)),
            tone=own[0].kind.tone,
            icon=own[0].kind.icon,
            url=links.problem(own[0].key),
        )
        for name, own in numbers.items()
    ]


def _open_changes(ids: Sequence[str]) -> Mapping[str, int]:
    """How many changes of each company are not finished. One query, of an index alone."""
    pending = Write.objects.filter(is_pending=1, company_id__in=ids).order_by()
    return dict(pending.values_list("company_id").annotate(Count("pk")))


def _customers(ids: Sequence[str]) -> Mapping[str, int]:
    """How many customers each company has, where the index has counted them."""
    complete = IndexedCompany.objects.filter(
        company_id__in=ids, state=IndexedCompany.State.COMPLETE
    )
    return dict(complete.values_list("company_id", "customers"))


def showing(table: CompanyTable) -> str:
    """`Showing 15 of 212 companies`, "" where all are shown."""
    if len(table.rows) >= table.found:
        return ""
    rows = thousands(len(table.rows))
    return f"Showing {rows} of {counted(table.found, 'company', 'companies')}"


def more_label(table: CompanyTable) -> str:
    """The link that shows more of them, "" where no more can be shown."""
    if len(table.rows) >= min(table.found, MANY):
        return ""
    return "Show all" if table.found <= MANY else f"Show {thousands(MANY)}"
