"""Checks the rows of the index again that were checked by older rules. It reads our database only."""

from collections import defaultdict
from collections.abc import Callable

from django.db.models import QuerySet

from customers.index.rules import table
from customers.index.store import PIECE
from customers.models import IndexedCustomer


def is_wanted() -> bool:
    """Whether some rows were checked by older rules. Those that were never checked are read from Codat first."""
    return _outdated().exists()


def recheck(should_stop: Callable[[], bool]) -> int:
    """Check such rows piece by piece; how many. It ends early where it should, and continues when called again."""
    done = 0
    while not should_stop() and (rows := list(_outdated().order_by("pk")[:PIECE])):
        by_bits = defaultdict(list)
        for row in rows:
            by_bits[table.broken_rules(row)].append(row.pk)
        for bits, keys in by_bits.items():
            # A row that was filled meanwhile has been checked by these rules.
            done += (
                _outdated()
                .filter(pk__in=keys)
                .update(broken_rules=bits, rules_version=table.VERSION)
            )
    return done


def _outdated() -> "QuerySet[IndexedCustomer]":
    return IndexedCustomer.objects.filter(rules_version__gt=0, rules_version__lt=table.VERSION)
