"""Following the pending writes of a company: by pages of Codat's push history, one call for as many as it has.

Where only one or two are pending, and for what the history does not have, the push operation is read alone.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Min
from django.utils import timezone

from customers.codat.types import PushOperation
from customers.codat.values import parse_date
from customers.models import Lease, Write, WriteQuerySet
from customers.service import CustomerService
from customers.writes import leases, polling, tracking
from customers.writes.journal import apply_result
from customers.writes.operations import operation_key, operation_state
from customers.writes.row_errors import ROW_ERRORS

log = logging.getLogger(__name__)

State = Write.State

# Up to so many writes of a company are followed one by one.
FEW = 2
# Bounds of one reading of the history; Codat's limit of a page is 2,000.
MAX_PAGES, MIN_PAGE_SIZE, MAX_PAGE_SIZE = 10, 100, 1000
# Writes that the history does not have, and that are read alone in one turn.
MAX_SINGLE_READS = 20
# Older writes are looked for in the history only when their own interval is over: they lie many pages back.
_RECENT = timedelta(hours=1)
# The lease of a turn: longer than its calls take.
_TURN = timedelta(minutes=5)
# Writes that are read from the database together.
_PIECE = 500


class Step(NamedTuple):
    """One step of following: when its subject was looked at last, a name for the log, and the step itself.

    `run` returns how many writes it checked. Raises CodatError.
    """

    looked_at: datetime
    label: str
    run: Callable[[], int]


def follow_company(company_id: str, service: CustomerService, *, by: str) -> int:
    """Follow all pending writes of a company; how many were checked. Raises CodatError. `by` as in `apply_result`."""
    rows = _pending().filter(company_id=company_id)
    if rows.count() > FEW:
        return _read_history(company_id, service, by=by)
    return sum(_follow_one(write, service, by=by) for write in rows)


def due_steps(service: CustomerService, *, by: str) -> list[Step]:
    """The steps that are due, for the company or write that was looked at longest ago first."""
    now = timezone.now()
    companies = list(
        _pending()
        .order_by()
        .values("company_id")
        .annotate(number=Count("pk"), oldest=Min("sent_at"), newest=Max("sent_at"))
    )
    many = {row["company_id"]: row for row in companies if row["number"] > FEW}
    few = [row["company_id"] for row in companies if row["number"] <= FEW]
    steps = [
        Step(
            write.checked_at or write.sent_at or write.created_at,
            f"write {write.pk}",
            partial(_follow_one, write, service, by=by),
        )
        for write in _pending().filter(company_id__in=few).order_by()
        if tracking.is_due(write, now)
    ]
    names = {_lease_name(company_id): company_id for company_id in many}
    ran = dict(Lease.objects.filter(name__in=names).values_list("name", "ran_at"))
    for name, company_id in names.items():
        looked_at = ran.get(name) or many[company_id]["oldest"] or now
        # Without a turn so far, or after an event about a failure, events are not waited for.
        events_of = company_id if ran.get(name) else ""
        if polling.is_over(looked_at, now - (many[company_id]["newest"] or now), events_of, now):
            run = partial(_read_history, company_id, service, by=by)
            steps.append(Step(looked_at, f"company {company_id}", run))
    return sorted(steps, key=lambda step: step.looked_at)


def make_due(company_id: str) -> None:
    """Let a company's writes be followed in the next turn."""
    Lease.objects.filter(name=_lease_name(company_id)).update(ran_at=None)


def _pending() -> WriteQuerySet:
    # Redundant: the flag makes the database use its index.
    return Write.objects.filter(state=State.PENDING, is_pending=1).exclude(push_operation_key="")


def _lease_name(company_id: str) -> str:
    return f"follow:{company_id}"


def _follow_one(write: Write, service: CustomerService, *, by: str) -> int:
    tracking.follow(write, service, by=by)
    return 1


class _Wanted(NamedTuple):
    """A pending write that is looked for in the history."""

    pk: UUID
    sent_at: datetime
    is_recent: bool


def _read_history(company_id: str, service: CustomerService, *, by: str) -> int:
    """Follow the writes of a company by its history. One process does so at a time, any other returns immediately."""
    name, holder = _lease_name(company_id), leases.new_holder()
    if not leases.take(name, holder=holder, lasts=_TURN):
        return 0
    try:
        wanted = _wanted(company_id)
        missing = dict(wanted)
        if wanted:
            for operations in _pages(company_id, service, missing):
                _apply(operations, wanted, by=by)
        _read_missing([item.pk for item in missing.values()], service, by=by)
        old = [item.pk for key, item in wanted.items() if not (item.is_recent or key in missing)]
        for start in range(0, len(old), _PIECE):
            rows = Write.objects.filter(pk__in=old[start : start + _PIECE], state=State.PENDING)
            rows.update(checked_at=timezone.now())
        return len(wanted)
    finally:
        leases.give_back(name, holder=holder)


def _wanted(company_id: str) -> dict[str, _Wanted]:
    """The writes to look for, by the keys of their push operations."""
    now, wanted = timezone.now(), {}
    rows = _pending().filter(company_id=company_id)
    columns = rows.values_list("push_operation_key", "pk", "sent_at", "checked_at", "created_at")
    for key, pk, sent_at, checked_at, created_at in columns.iterator():
        since = sent_at or created_at
        is_recent = now - since < _RECENT
        if is_recent or polling.is_over(checked_at or since, now - since, "", now):
            wanted[key] = _Wanted(pk, since, is_recent)
    return wanted


def _pages(
    company_id: str, service: CustomerService, missing: dict[str, _Wanted]
) -> Iterator[Sequence[PushOperation]]:
    """Pages of the history, the newest first, until few of the wanted are missing. Takes what it finds from these."""
    oldest = min(item.sent_at for item in missing.values()) - tracking.CLOCK_SKEW
    size = min(max(2 * len(missing), MIN_PAGE_SIZE), MAX_PAGE_SIZE)
    for number in range(1, MAX_PAGES + 1):
        page = service.list_push_operations(
            company_id=company_id, page=number, page_size=size, order_by="-requestedOnUtc"
        )
        operations = page.get("results") or []
        for operation in operations:
            missing.pop(operation_key(operation), None)
        yield operations
        last = parse_date(operations[-1].get("requestedOnUtc")) if operations else None
        if len(missing) <= FEW or len(operations) < size or (last and last < oldest):
            return


def _apply(operations: Sequence[PushOperation], wanted: dict[str, _Wanted], *, by: str) -> None:
    """Record what the history says of the wanted writes. One that is still pending is as it was."""
    ended = {
        wanted[key].pk: operation
        for operation in operations
        if (key := operation_key(operation)) in wanted
        and operation_state(operation) != State.PENDING
    }
    pks = list(ended)
    for start in range(0, len(pks), _PIECE):
        for write in Write.objects.filter(pk__in=pks[start : start + _PIECE]):
            apply_result(write, ended[write.pk], by=by)


def _read_missing(pks: Sequence[UUID], service: CustomerService, *, by: str) -> None:
    """Read the operations of some writes alone, where their own interval is over."""
    rows = Write.objects.filter(pk__in=pks[:_PIECE])
    due = [write for write in rows if tracking.is_due(write)]
    for write in due[:MAX_SINGLE_READS]:
        try:
            tracking.follow(write, service, by=by)
        except ROW_ERRORS as error:
            log.warning("write %s: %s", write.pk, error)
