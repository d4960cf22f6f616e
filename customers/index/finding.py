"""Finds the customers of all companies that match a text.

It looks from the best kind of match to the loosest, and stops where it has enough (`MAX_HITS`). Each look finds
candidates, the same ones on every database; `matching` decides whether and how well they match.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet, Sum

from customers.index import backends, matching, similar
from customers.index.backends import Parts
from customers.index.filters import Filters
from customers.index.matching import MIN_ID, Candidate, Kind, Rank
from customers.index.question import Question, Reading, anywhere, at_start, whole
from customers.models import IndexedCustomer

Rows = QuerySet[IndexedCustomer]

# Hits that are ranked and that pages can show. Over all companies fewer: the search box asks after each letter.
# Where there are more, these are the best kinds of match.
MAX_HITS, MAX_HITS_OF_ALL = 500, 250
# Where a text as it was typed finds so many, it has no typing error.
ENOUGH_HITS = 10
# Customers that contain a text, up to which they are sorted by name. More are read by name from the beginning.
MAX_SORTED = 10_000
# Customers up to which the companies of a search are read one by one instead of looking up trigrams of all companies.
FEW_CUSTOMERS = 20_000
# From this length on few customers contain a text, so that all that do are looked up at first.
_LONG = 5
# Above all text.
_HIGHEST = "\U0010ffff"
# What parts of a text are looked for in.
_SEARCHED = (IndexedCustomer, "searched")


def filtered(filters: Filters) -> Rows:
    """The customers within the filters."""
    return filters.apply(IndexedCustomer.objects.all())


def _is_small(filters: Filters) -> bool:
    if not filters.companies:
        return False
    customers = filters.sources().aggregate(sum=Sum("customers"))["sum"] or 0
    return bool(customers <= FEW_CUSTOMERS)


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found: the ranks in order, each with its customer's key. `question` with what was added to it."""

    question: Question
    similar: matching.Similar
    ranks: Sequence[tuple[Rank, int]]
    has_more: bool


class _Finder:
    """One search: the candidates that its looks have found so far."""

    def __init__(self, question: Question, filters: Filters) -> None:
        self.question, self._rows = question, filtered(filters)
        self._is_all, self._is_small = filters == Filters(), _is_small(filters)
        self.most = MAX_HITS if filters.companies else MAX_HITS_OF_ALL
        self.similar: matching.Similar = {}
        self._ranking = matching.Ranking(question)
        self.ranks: dict[int, Rank] = {}
        self.has_more = False

    @property
    def is_full(self) -> bool:
        """Whether a looser kind of match is not looked for."""
        return self.has_more or len(self.ranks) >= self.most

    @property
    def has_enough(self) -> bool:
        """Whether the text has no typing error: it finds many, or one that is exactly what was typed."""
        kinds = [rank[0] for rank in self.ranks.values()]
        return len(kinds) >= ENOUGH_HITS or Kind.EXACT in kinds

    def take(self, found: Rows) -> None:
        """Rank the first rows of a query, by name."""
        values = found.order_by("name_key", "pk").values_list(*matching.COLUMNS)[: self.most + 1]
        candidates = list(map(Candidate._make, values))
        self.has_more = self.has_more or len(candidates) > self.most
        for candidate in candidates:
            if candidate.pk not in self.ranks:
                rank = self._ranking.rank(candidate)
                if rank is not None:
                    self.ranks[candidate.pk] = rank

    def _take_beginning(self, key: str) -> None:
        # Their keys first: these are in the index of names. PostgreSQL would sort all of a common beginning.
        named = self._rows.filter(name_key__gte=key, name_key__lt=key + _HIGHEST)
        keys = named.order_by("name_key", "pk").values_list("pk", flat=True)[: self.most + 1]
        self._take_keys(list(keys))

    def take_containing(self, parts: Parts, *, may_be_common: bool = True) -> None:
        """Rank the customers whose words contain such parts."""
        # As many as are ranked already may be among the first.
        number = self.most + 1 + len(self.ranks) if self._is_all else MAX_SORTED
        found = None
        if not (self._is_small or (may_be_common and _is_common(parts))):
            found = backends.first(*_SEARCHED, parts, "name_key", number, limit=MAX_SORTED)
        if found is None and self._is_all:
            found = backends.read(*_SEARCHED, parts, "name_key", number)
        if found is not None:
            self._take_keys(found)
        else:
            # So few rows that all of them, or so many hits that the first by name, are read quickly.
            known = backends.among(list(self.ranks))
            self.take(self._rows.filter(backends.condition("searched", parts)).exclude(known))

    def _take_keys(self, keys: Sequence[int]) -> None:
        new = [pk for pk in keys if pk not in self.ranks]
        if new:
            self.take(self._rows.filter(backends.among(new)))

    def look(self) -> None:
        """Look for a text as it was typed, from the best kind of match to the loosest."""
        text, key, readings = self.question.text, self.question.key, self.question.readings
        starts = [[[at_start(word)] for word in reading] for reading in readings]
        parts = [[[anywhere(word)] for word in reading] for reading in readings]
        exact = Q(customer_id=text)
        if len(text) >= MIN_ID:
            exact |= Q(customer_id__gte=text, customer_id__lt=text + _HIGHEST)
        self.take(self._rows.filter(exact))
        is_rare = bool(readings) and len(key) >= _LONG and not (self._is_small or _is_common(parts))
        if is_rare:
            found = backends.find(*_SEARCHED, parts, self.most + 1)
            if len(found) <= self.most:
                # All kinds of match are among them.
                self._take_keys(found)
                return
        if key and not self.is_full:
            self._take_beginning(key)
        if readings and not self.is_full:
            self.take_containing(starts, may_be_common=not is_rare)
        if readings and not self.is_full:
            self.take_containing(parts, may_be_common=not is_rare)

    def look_for_errors(self) -> None:
        """Look for two words that were typed as one, and for words that are like those that were typed."""
        split = similar.split(self.question)
        self.similar = similar.similar(self.question)
        self.question = replace(self.question, readings=(*self.question.readings, *split))
        self._ranking = matching.Ranking(self.question, self.similar)
        if split:
            self.take_containing([[[anywhere(word)] for word in reading] for reading in split])
        parts = [each for reading in self.question.readings for each in self._mistyped(reading)]
        if parts:
            self.take_containing(parts)

    def _mistyped(self, reading: Reading) -> Iterator[Sequence[Sequence[str]]]:
        """The parts of a reading with an error in one word, and perhaps in others, for each word that may have one."""
        for place, word in enumerate(reading):
            if self.similar.get(word):
                alike = [self._alike(other) for other in reading]
                # Without the word itself: what has no error was looked for before.
                alike[place] = alike[place][1:]
                yield alike

    def _alike(self, word: str) -> list[str]:
        """What a customer's words contain for a word or one that is like it."""
        return [anywhere(word), *(whole(other) for other in self.similar.get(word, ()))]


def _is_common(parts: Parts) -> bool:
    """Whether so many customers contain such parts that looking all of them up is in vain."""
    return backends.is_common(*_SEARCHED, parts, MAX_SORTED)


def find(question: Question, filters: Filters) -> Found:
    """The best matches within the filters, at most `MAX_HITS`, of all companies `MAX_HITS_OF_ALL`."""
    finder = _Finder(question, filters)
    finder.look()
    if not finder.has_enough:
        finder.look_for_errors()
    ordered = sorted((rank, pk) for pk, rank in finder.ranks.items())
    has_more = finder.has_more or len(ordered) > finder.most
    return Found(finder.question, finder.similar, ordered[: finder.most], has_more)
