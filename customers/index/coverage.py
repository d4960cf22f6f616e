"""How much of the companies a search has looked at, and how old that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, QuerySet

from customers.models import IndexedCompany

State = IndexedCompany.State

# Companies that are named, at most.
MAX_NAMED = 50


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of `total` companies `searched` are in the index. `missing` are the others by state, `named` some of them.

    Companies without an accounting connection have no customers and are not counted. `is_off`: there is no index.
    """

    total: int
    searched: int
    missing: tuple[tuple[State, int], ...] = ()
    named: Sequence[IndexedCompany] = ()
    is_off: bool = False


def coverage(companies: "QuerySet[IndexedCompany]") -> Coverage:
    """The coverage of some companies of the index."""
    if not settings.INDEX_CUSTOMERS:
        return Coverage(0, 0, is_off=True)
    rows = companies.order_by("state").values_list("state").annotate(number=Count("pk"))
    counts = {State(state): number for state, number in rows}
    counts.pop(State.NO_CONNECTION, None)
    searched = counts.pop(State.COMPLETE, 0)
    total = searched + sum(counts.values())
    named: Sequence[IndexedCompany] = ()
    if counts:
        named = list(companies.filter(state__in=counts).order_by("name", "pk")[:MAX_NAMED])
    return Coverage(total, searched, tuple(sorted(counts.items())), named)
