"""The search over the customers of all companies.

It looks from the best kind of match to the loosest, and stops where it has `MAX_HITS`. Each look is one query that
finds candidates, the same ones on every database; `matching` decides whether and how well they match.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Q, QuerySet, Sum

from customers.index import backends, matching, similar
from customers.index.backends import Parts
from customers.index.coverage import Coverage, coverage
from customers.index.filters import Filters
from customers.index.matching import MIN_ID, Candidate, Kind, Match, Rank
from customers.index.question import Question, anywhere, at_start, read, whole
from customers.models import IndexedCustomer

Rows = QuerySet[IndexedCustomer]

# Hits that are ranked and that pages can show. Where there are more, these are the best kinds of match.
MAX_HITS = 500
# Where a text as it was typed finds so many, it has no typing error.
ENOUGH_HITS = 10
# Customers that contain a text, up to which they are sorted by name. More are read by name from the beginning.
MAX_SORTED = 5_000
# An estimate from which on a text is surely found in more.
_COMMON = 2 * MAX_SORTED
# Customers up to which the companies of a search are read one by one instead of looking up trigrams of all companies.
FEW_CUSTOMERS = 20_000
# From this length on few customers contain a text, so that all that do are looked up at first.
_LONG = 5
# Above all text.
_HIGHEST = "\U0010ffff"
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
    rows = filters.apply(IndexedCustomer.objects.all())
    covered = coverage(filters.sources())
    if not question.text:
        return _listed(rows, filters, page, page_size, covered)
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


def found_keys(text: str, filters: Filters) -> tuple[list[tuple[int, str]], bool]:
    """All that a search finds, in its order: the key and the company's ID of each, `MAX_EXPORTED` at most.

    And whether there are more.
    """
    question, rows = read(text), filters.apply(IndexedCustomer.objects.all())
    if question.text:
        found = find(question, rows, is_small=_is_small(filters))
        return [(pk, rank[-2]) for rank, pk in found.ranks], found.has_more
    ordered = rows.order_by("name_key", "pk").values_list("pk", "source__company_id")
    keys = list(ordered[: MAX_EXPORTED + 1])
    return keys[:MAX_EXPORTED], len(keys) > MAX_EXPORTED


def _by_company(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    companies: dict[str, list[str]] = {}
    for company_id, customer_id in pairs:
        companies.setdefault(company_id, []).append(customer_id)
    return companies


def _listed(rows: Rows, filters: Filters, page: int, page_size: int, covered: Coverage) -> Hits:
    # Of what breaks a rule pages tell the number, so it is counted to the end.
    limit = None if filters.rules else MAX_COUNTED
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


class _Finder:
    """One search: the candidates that its looks have found so far."""

    def __init__(self, question: Question, rows: Rows, *, is_small: bool) -> None:
        self.question, self._rows, self._is_small = question, rows, is_small
        self.similar: matching.Similar = {}
        self.ranks: dict[int, Rank] = {}
        self.has_more = False

    @property
    def is_full(self) -> bool:
        """Whether a looser kind of match is not looked for."""
        return self.has_more or len(self.ranks) >= MAX_HITS

    def take(self, found: Rows) -> None:
        """Rank the first rows of a query, by name."""
        values = found.order_by("name_key", "pk").values_list(*matching.COLUMNS)[: MAX_HITS + 1]
        candidates = [Candidate(*row) for row in values]
        self.has_more = self.has_more or len(candidates) > MAX_HITS
        for candidate in candidates:
            if candidate.pk not in self.ranks:
                rank = matching.rank(candidate, self.question, self.similar)
                if rank is not None:
                    self.ranks[candidate.pk] = rank

    def take_containing(self, parts: Parts) -> None:
        """Rank the customers whose words contain such parts."""
        is_read = self._is_small or _is_common(parts)
        found = [] if is_read else _containing(parts, MAX_SORTED + 1)
        if is_read or len(found) > MAX_SORTED:
            # So few rows that all of them, or so many hits that the first by name, are read quickly.
            self.take(self._rows.filter(backends.condition("searched", parts)))
        else:
            self._take_keys(found)

    def _take_keys(self, keys: Sequence[int]) -> None:
        new = [pk for pk in keys if pk not in self.ranks]
        if new:
            self.take(self._rows.filter(pk__in=new))

    def look(self) -> None:
        """Look for a text as it was typed, from the best kind of match to the loosest."""
        text, key, readings = self.question.text, self.question.key, self.question.readings
        starts = [[[at_start(word)] for word in reading] for reading in readings]
        parts = [[[anywhere(word)] for word in reading] for reading in readings]
        exact = Q(customer_id=text)
        if len(text) >= MIN_ID:
            exact |= Q(customer_id__gte=text, customer_id__lt=text + _HIGHEST)
        self.take(self._rows.filter(exact))
        if len(key) >= _LONG and readings and not (self._is_small or _is_common(parts)):
            found = _containing(parts, MAX_HITS + 1)
            if len(found) <= MAX_HITS:
                # All kinds of match are among them.
                self._take_keys(found)
                return
        if key and not self.is_full:
            self.take(self._rows.filter(name_key__gte=key, name_key__lt=key + _HIGHEST))
        if readings and not self.is_full:
            self.take_containing(starts)
        if readings and not self.is_full:
            self.take_containing(parts)

    def look_for_errors(self) -> None:
        """Look for words that are like those that were typed."""
        split = similar.split(self.question)
        self.similar = similar.similar(self.question)
        self.question = replace(self.question, readings=(*self.question.readings, *split))
        if not split and not any(self.similar.values()):
            return
        self.take_containing(
            [
                [
                    [anywhere(word), *(whole(other) for other in self.similar.get(word, ()))]
                    for word in reading
                ]
                for reading in self.question.readings
            ]
        )


def _containing(parts: Parts, limit: int) -> list[int]:
    """The keys of customers whose words contain such parts, so many at most."""
    return backends.find(IndexedCustomer, "searched", parts, limit)


def _is_common(parts: Parts) -> bool:
    """Whether so many customers contain such parts that looking all of them up is in vain."""
    return backends.is_common(IndexedCustomer, "searched", parts, _COMMON)


def find(question: Question, rows: Rows, *, is_small: bool = False) -> Found:
    """The best matches among some rows, at most `MAX_HITS`."""
    finder = _Finder(question, rows, is_small=is_small)
    finder.look()
    if len(finder.ranks) < ENOUGH_HITS:
        finder.look_for_errors()
    ordered = sorted((rank, pk) for pk, rank in finder.ranks.items())
    has_more = finder.has_more or len(ordered) > MAX_HITS
    return Found(finder.question, finder.similar, ordered[:MAX_HITS], has_more)


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
