"""The search over the customers of all companies: pages of hits, and their keys for a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from customers.index import matching
from customers.index.coverage import Coverage, coverage
from customers.index.filters import Filters
from customers.index.finding import MAX_HITS, Found, filtered, find
from customers.index.matching import Kind, Match, Rank
from customers.index.question import read
from customers.models import IndexedCustomer

# Customers of a list of one company that can be selected together: as many as a batch has.
MAX_SELECTED = 10_000
# Without a text, the list of customers is counted up to this number.
MAX_COUNTED = 10_000
# Customers of a search that are one file.
MAX_EXPORTED = 10_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer that was found. `customer.source` is its company, with the age of its copy in `synced_at`.

    `kind` is None in a list without a text. `matches`: the fields in which something was found, and where.
    """

    customer: IndexedCustomer
    kind: Kind | None = None
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what was found. `total` in all pages; `has_more` where there are more that were not counted.

    `by_company`: the IDs of all that were found, by company, the company of the best one first; empty for a list
    without a text that has more than `MAX_HITS`, of one company `MAX_SELECTED`.
    """

    hits: Sequence[Hit]
    total: int
    has_more: bool
    page: int
    page_size: int
    coverage: Coverage
    by_company: Mapping[str, Sequence[str]] = field(default_factory=dict)


def search(
    text: str, *, filters: Filters | None = None, page: int = 1, page_size: int = 25
) -> Hits:
    """A page of the customers that match a text and filters, the best first. No calls to Codat.

    Without a text, all customers within the filters, by name.
    """
    filters, question = filters or Filters(), read(text)
    covered = coverage(filters.sources())
    if not question.text:
        return _listed(filters, page, page_size, covered)
    found = find(question, filters)
    start = (page - 1) * page_size
    return Hits(
        hits=_hits(found, found.ranks[start : start + page_size]),
        total=len(found.ranks),
        has_more=found.has_more,
        page=page,
        page_size=page_size,
        coverage=covered,
        by_company=_by_company((rank[-2], rank[-1]) for rank, _ in found.ranks),
    )


def found_keys(text: str, filters: Filters) -> tuple[list[tuple[int, str]], bool]:
    """All that a search finds, in its order: the key and the company's ID of each, `MAX_EXPORTED` at most.

    And whether there are more.
    """
    question = read(text)
    if question.text:
        found = find(question, filters)
        return [(pk, rank[-2]) for rank, pk in found.ranks], found.has_more
    ordered = filtered(filters).order_by("name_key", "pk").values_list("pk", "source__company_id")
    keys = list(ordered[: MAX_EXPORTED + 1])
    return keys[:MAX_EXPORTED], len(keys) > MAX_EXPORTED


def _by_company(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    companies: dict[str, list[str]] = {}
    for company_id, customer_id in pairs:
        companies.setdefault(company_id, []).append(customer_id)
    return companies


def _listed(filters: Filters, page: int, page_size: int, covered: Coverage) -> Hits:
    # Of what breaks a rule pages tell the number, so it is counted to the end.
    limit = None if filters.rules else MAX_COUNTED
    rows = filtered(filters)
    start, total = (page - 1) * page_size, rows[: limit and limit + 1].count()
    customers = rows.select_related("source").order_by("name_key", "pk")
    pairs = customers.values_list("source__company_id", "customer_id")
    selectable = MAX_SELECTED if len(filters.companies) == 1 else MAX_HITS
    has_more = limit is not None and total > limit
    return Hits(
        hits=[Hit(customer) for customer in customers[start : start + page_size]],
        total=limit if limit and has_more else total,
        has_more=has_more,
        page=page,
        page_size=page_size,
        coverage=covered,
        by_company=_by_company(pairs if total <= selectable else ()),
    )


def _hits(found: Found, ranks: Sequence[tuple[Rank, int]]) -> list[Hit]:
    rows = IndexedCustomer.objects.select_related("source").defer("searched")
    customers = rows.in_bulk([pk for _, pk in ranks])
    return [
        Hit(
            customers[pk],
            Kind(rank[0]),
            matching.matches(customers[pk], found.question, found.similar),
        )
        for rank, pk in ranks
        if pk in customers
    ]
