"""The search over the customers of all companies.

It looks from the best kind of match to the loosest, and stops where it has `MAX_HITS`. Each look is one query that
finds candidates, the same ones on every database; `matching` decides whether and how well they match.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Q, QuerySet, Sum

from customers.index import matching, similar
from customers.index.backends import Parts, containing
from customers.index.coverage import Coverage, coverage
from customers.index.filters import Filters
from customers.index.matching import MIN_ID, Candidate, Kind, Match, Rank
from customers.index.question import Question, anywhere, at_start, read, whole
from customers.models import IndexedCustomer

Rows = QuerySet[IndexedCustomer]

# Hits that are ranked and that pages can show. Where there are more, these are the best kinds of match.
MAX_HITS = 500
# Customers up to which the companies of a search are read one by one instead of looking up trigrams of all companies.
FEW_CUSTOMERS = 20_000
# Above all text.
_HIGHEST = "\U0010ffff"
# Without a text, the list of customers is counted up to this number.
MAX_COUNTED = 10_000


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
    without a text that has more than `MAX_HITS`.
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
    rows = filters.apply(IndexedCustomer.objects.all())
    covered = coverage(filters.sources())
    if not question.text:
        return _listed(rows, page, page_size, covered)
    found = find(question, rows, is_small=_is_small(filters))
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


def _by_company(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    companies: dict[str, list[str]] = {}
    for company_id, customer_id in pairs:
        companies.setdefault(company_id, []).append(customer_id)
    return companies


def _listed(rows: Rows, page: int, page_size: int, covered: Coverage) -> Hits:
    start, total = (page - 1) * page_size, rows[: MAX_COUNTED + 1].count()
    customers = rows.select_related("source").order_by("name_key", "pk")
    pairs = customers.values_list("source__company_id", "customer_id") if total <= MAX_HITS else ()
    return Hits(
        hits=[Hit(customer) for customer in customers[start : start + page_size]],
        total=min(total, MAX_COUNTED),
        has_more=total > MAX_COUNTED,
        page=page,
        page_size=page_size,
        coverage=covered,
        by_company=_by_company(pairs),
    )


def _is_small(filters: Filters) -> bool:
    if not filters.companies:
        return False
    customers = filters.sources().aggregate(sum=Sum("customers"))["sum"] or 0
    return bool(customers <= FEW_CUSTOMERS)


# -- finding ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found: the ranks in order, each with its customer's key. `question` with what was added to it."""

    question: Question
    similar: matching.Similar
    ranks: Sequence[tuple[Rank, int]]
    has_more: bool


def find(question: Question, rows: Rows, *, is_small: bool = False) -> Found:
    """The best matches among some rows, at most `MAX_HITS`."""
    ranks: dict[int, Rank] = {}
    has_more = False

    def look(found: Rows, like: matching.Similar | None = None) -> None:
        nonlocal has_more
        values = found.values_list(*matching.COLUMNS)[: MAX_HITS + 1]
        candidates = [Candidate(*row) for row in values]
        has_more = has_more or len(candidates) > MAX_HITS
        for candidate in candidates:
            if candidate.pk not in ranks:
                rank = matching.rank(candidate, question, like)
                if rank is not None:
                    ranks[candidate.pk] = rank

    def is_full() -> bool:
        return has_more or len(ranks) >= MAX_HITS

    for step in _steps(question, rows, is_small=is_small):
        if is_full():
            break
        look(step)
    like: matching.Similar = {}
    if not is_full():
        like = similar.similar(question)
        split = similar.split(question)
        question = replace(question, readings=(*question.readings, *split))
        if any(like.values()) or split:
            look(_containing(rows, _with_errors(question, like), is_small=is_small), like)
    ordered = sorted((rank, pk) for pk, rank in ranks.items())
    return Found(question, like, ordered[:MAX_HITS], has_more or len(ordered) > MAX_HITS)


def _steps(question: Question, rows: Rows, *, is_small: bool) -> Iterator[Rows]:
    """The queries for a text as it was typed, each for a looser kind of match."""
    exact = Q(customer_id=question.text)
    if len(question.text) >= MIN_ID:
        exact |= Q(customer_id__gte=question.text, customer_id__lt=question.text + _HIGHEST)
    yield rows.filter(exact).order_by("customer_id", "pk")
    if question.key:
        starts = rows.filter(name_key__gte=question.key, name_key__lt=question.key + _HIGHEST)
        yield starts.order_by("name_key", "pk")
    if question.readings:
        for part in (at_start, anywhere):
            parts = [[[part(word)] for word in reading] for reading in question.readings]
            yield _containing(rows, parts, is_small=is_small)


def _containing(rows: Rows, parts: Parts, *, is_small: bool) -> Rows:
    # By key: of too many, the same ones on every database.
    return containing(rows, "searched", parts, with_trigrams=not is_small).order_by("pk")


def _with_errors(question: Question, like: matching.Similar) -> Parts:
    """Each word as it was typed, or one of those that are like it."""
    return [
        [[anywhere(word), *(whole(other) for other in like.get(word, ()))] for word in reading]
        for reading in question.readings
    ]


def _hits(found: Found, ranks: Sequence[tuple[Rank, int]]) -> list[Hit]:
    customers = IndexedCustomer.objects.select_related("source").in_bulk([pk for _, pk in ranks])
    return [
        Hit(
            customers[pk],
            Kind(rank[0]),
            matching.matches(customers[pk], found.question, found.similar),
        )
        for rank, pk in ranks
        if pk in customers
    ]
