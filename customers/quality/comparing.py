"""Finds the probable duplicates of each company that the index has read since they were compared last.

A pair that a person decided about stays decided. One that nobody decided about goes when its customers are no longer
alike. A pair of the same customer is closed when one of the two is gone or archived, and open again when both are back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from customers.index.rules.table import ARCHIVED
from customers.models import DuplicatePair, IndexedCompany, IndexedCustomer
from customers.quality.likeness import Compared, Likeness, alike, compared

Decision = DuplicatePair.Decision

# Pairs of one company that are stored: the most similar ones.
MAX_PAIRS = 2_000
# A company with more customers is compared once in this time: 20,000 take some seconds, and each change reads it anew.
SMALL, REST = 2_000, timedelta(hours=1)
_COLUMNS = ("customer_id", "name", "emails", "phones", "tax_number", "registration_number")
# Rows of one statement.
_PIECE = 500


def is_wanted() -> bool:
    """Whether a company has been read since its customers were compared."""
    return _due().exists()


def work(should_stop: Callable[[], bool]) -> int:
    """Compare the customers of the companies that are due; how many pairs were added, changed or closed."""
    done = 0
    while not should_stop() and (source := _due().order_by("read_at").first()):
        done += compare(source)
    return done


def forget() -> int:
    """Delete the undecided pairs of companies that are not in the index; how many."""
    known = IndexedCompany.objects.values("company_id")
    pairs = DuplicatePair.objects.filter(decision=Decision.OPEN)
    return pairs.exclude(company_id__in=known).delete()[0]


def _due() -> QuerySet[IndexedCompany]:
    never = Q(compared_at=None, read_at__isnull=False)
    rested = Q(customers__lte=SMALL) | Q(compared_at__lt=timezone.now() - REST)
    newer = Q(read_at__gt=F("compared_at")) & rested
    return IndexedCompany.objects.filter(never | newer, state=IndexedCompany.State.COMPLETE)


def compare(source: IndexedCompany) -> int:
    """Compare the customers of one company; how many of its pairs were added, changed or closed."""
    customers = active_customers(source)
    found = alike(customers)[:MAX_PAIRS]
    with transaction.atomic():
        done = _store(source.company_id, found)
        done += _close(source.company_id, {customer.customer_id for customer in customers})
        # What was read meanwhile is due again.
        IndexedCompany.objects.filter(pk=source.pk).update(compared_at=source.read_at)
    return done


def active_customers(source: IndexedCompany) -> list[Compared]:
    """The customers of a company that are compared: neither deleted nor archived."""
    rows = IndexedCustomer.objects.filter(source=source, is_deleted=False)
    rows = rows.exclude(status__in=ARCHIVED).order_by("customer_id")
    return [compared(*values) for values in rows.values_list(*_COLUMNS)]


def _store(company_id: str, found: Sequence[Likeness]) -> int:
    """Add pairs that are new, refresh those that are known, delete those that are undecided and no longer alike."""
    pairs = DuplicatePair.objects.filter(company_id=company_id)
    known = {(pair.first_id, pair.second_id): pair for pair in pairs}
    new, changed = [], []
    for likeness in found:
        pair = known.pop((likeness.first_id, likeness.second_id), None)
        values = likeness.score, list(likeness.reasons)
        if pair is None:
            new.append(_pair(company_id, likeness))
        elif (pair.score, pair.reasons) != values:
            pair.score, pair.reasons = values
            changed.append(pair)
    DuplicatePair.objects.bulk_create(new, batch_size=_PIECE, ignore_conflicts=True)
    DuplicatePair.objects.bulk_update(changed, ["score", "reasons"], batch_size=_PIECE)
    gone = [pair.pk for pair in known.values() if pair.decision == Decision.OPEN]
    for start in range(0, len(gone), _PIECE):
        # A person may have decided meanwhile.
        pairs.filter(pk__in=gone[start : start + _PIECE], decision=Decision.OPEN).delete()
    return len(new) + len(changed) + len(gone)


def _pair(company_id: str, likeness: Likeness) -> DuplicatePair:
    return DuplicatePair(
        company_id=company_id,
        first_id=likeness.first_id,
        second_id=likeness.second_id,
        score=likeness.score,
        reasons=list(likeness.reasons),
    )


def _close(company_id: str, active: set[str]) -> int:
    """Close the pairs of the same customer of which one is gone or archived, open those that are back; how many."""
    same = DuplicatePair.objects.filter(company_id=company_id, decision=Decision.SAME)
    closed, opened = [], []
    for pair in same:
        is_whole = pair.first_id in active and pair.second_id in active
        if is_whole and pair.closed_at is not None:
            opened.append(pair.pk)
        elif not is_whole and pair.closed_at is None:
            closed.append(pair.pk)
    same.filter(pk__in=closed).update(closed_at=timezone.now())
    same.filter(pk__in=opened).update(closed_at=None)
    return len(closed) + len(opened)
