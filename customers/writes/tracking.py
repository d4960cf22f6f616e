"""Following a write to its end: when to ask Codat again, what to ask, and what may be tried again.

Pages, `manage.py settle_writes` and webhooks all come through `check`; it is safe to run in several
places at once, since each step claims the row by one conditional UPDATE.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from customers.codat.errors import AlreadyInUse, NotFound
from customers.codat.types import PushOperation
from customers.codat.values import parse_date
from customers.models import Write
from customers.service import CustomerService
from customers.writes import confirmation
from customers.writes.journal import SENDING_LASTS, attempt, forgotten, key_of, record_id, settle

State = Write.State

# Codat replays the first answer to an Idempotency-Key for 90 minutes; the rest is for clocks.
REPLAY_LASTS = timedelta(minutes=85)
# A 5xx is replayed like every other answer; one that comes so often is Codat's own, not a proxy's.
REPLAYED_FAULTS = 3
# How far clocks may be apart when the push history is searched for a lost write.
CLOCK_SKEW = timedelta(minutes=5)

# (up to this age, ask again after): quick at first, then patient; past the last row pages stop.
_INTERVALS = (
    (timedelta(seconds=20), timedelta(seconds=2)),
    (timedelta(minutes=2), timedelta(seconds=5)),
    (timedelta(minutes=10), timedelta(seconds=15)),
    (timedelta(hours=1), timedelta(minutes=1)),
)
# What cron keeps asking after, for as long as it takes: desktop software may be off for weeks.
_PATIENT = (timedelta(days=1), timedelta(minutes=10))
_SLOWEST = timedelta(hours=1)

# The push history is read back this far for evidence; one page is within Codat's limit of 2,000.
_HISTORY_PAGES, _HISTORY_PAGE_SIZE = 10, 1000


def is_followed(write: Write) -> bool:
    """Whether there is still something to find out: the outcome, or whether it can be read back."""
    return not write.is_finished or write.confirmation == Write.Confirmation.WAITING


def interval(write: Write, now: datetime | None = None) -> timedelta | None:
    """How long after one check the next one makes sense; None once pages stop asking.

    They never begin where only a person can tell what became of a write.
    """
    if write.state == State.UNKNOWN and not write.push_operation_key and not can_be_repeated(write):
        return None
    age = _age(write, now or timezone.now())
    return next((pause for limit, pause in _INTERVALS if age < limit), None)


def is_due(write: Write, now: datetime | None = None) -> bool:
    """Whether a followed write was not asked after for as long as its interval."""
    now = now or timezone.now()
    last = write.checked_at or write.sent_at or write.created_at
    pause = interval(write, now) or (_PATIENT[1] if _age(write, now) < _PATIENT[0] else _SLOWEST)
    # A tenth early: a browser's timer and ours are not the same.
    return is_followed(write) and now - last >= pause * 0.9


def _age(write: Write, now: datetime) -> timedelta:
    """How long there has been this to find out: the outcome, or whether it can be read back."""
    return now - (write.completed_at or write.created_at)


def check(write: Write, service: CustomerService, *, by: str) -> Write:
    """Find out what became of a write, as far as it can be known now, and whether it can be read.

    A write whose sender has died moves on by itself: never sent -> failed; perhaps sent -> unknown.
    An unknown create is sent again with its own key while Codat replays the first answer. What Codat
    itself no longer knows of after a day, nobody will hear of any more: timed out. Raises
    CodatError where Codat cannot be asked; the row is then as it was.
    """
    if not is_followed(write) or not _claim(write):
        return write
    if write.state == State.SUCCESS:
        return confirmation.step(write, service)
    if write.state == State.SENDING:
        _give_up_sending(write)
    if write.push_operation_key:
        try:
            operation = service.get_push_operation(
                company_id=write.company_id, push_operation_key=write.push_operation_key
            )
        except NotFound:
            if _age(write, timezone.now()) < _PATIENT[0]:
                raise
            return forgotten(write, by=by)
        return settle(write, operation, by=by)
    if write.state == State.UNKNOWN and can_be_repeated(write):
        return _repeat(write, service)
    return write


def can_be_repeated(write: Write) -> bool:
    """Whether sending again with the same key is harmless and may tell something.

    A create whose answer Codat still keeps, unless that answer is a fault, time after time, or says
    that the key is another write's.
    """
    status = write.status_code or 0
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return False
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and write.attempts >= REPLAYED_FAULTS:
        return False
    if write.kind != Write.Kind.CREATE or write.sent_at is None or write.push_operation_key:
        return False
    # A clock that was put back by more than clocks differ says nothing about Codat's 90 minutes.
    return -CLOCK_SKEW < timezone.now() - write.sent_at < REPLAY_LASTS


def _claim(write: Write) -> bool:
    """Be the one who checks now: of several at once, one finds the row as it read it."""
    now = timezone.now()
    claimed = Write.objects.filter(pk=write.pk, checks=write.checks).update(
        checks=F("checks") + 1, checked_at=now
    )
    write.refresh_from_db()
    return bool(claimed)


def _give_up_sending(write: Write) -> None:
    """Move on a row whose sender is dead; one that may still be alive is left alone."""
    limit = timezone.now() - SENDING_LASTS
    mine = Write.objects.filter(pk=write.pk, state=State.SENDING)
    mine.filter(sent_at=None, created_at__lt=limit).update(
        state=State.FAILED, completed_at=timezone.now(), error_message="The dashboard stopped."
    )
    mine.filter(sent_at__lt=limit).update(state=State.UNKNOWN)
    write.refresh_from_db()


def _repeat(write: Write, service: CustomerService) -> Write:
    claimed = Write.objects.filter(
        pk=write.pk, state=State.UNKNOWN, attempts=write.attempts
    ).update(attempts=F("attempts") + 1)
    write.refresh_from_db()
    return attempt(write, service) if claimed else write


@dataclass(frozen=True, slots=True)
class Evidence:
    """A push operation at Codat that may be a write of ours whose answer was lost."""

    operation: PushOperation
    same_customer: bool


def evidence(write: Write, service: CustomerService) -> list[Evidence]:
    """Push operations that an unknown write may have become, the likeliest first.

    Those of its connection and data type, asked for at about the time it was sent, that no other
    row of the journal knows. A person decides: two saves by two people may look the same here.
    """
    if write.sent_at is None:
        return []
    known = set(_others(write).values_list("push_operation_key", flat=True))
    found = [
        Evidence(operation, bool(write.customer_id) and record_id(operation) == write.customer_id)
        for operation in _history(write, service)
        if key_of(operation) and key_of(operation) not in known and _fits(write, operation)
    ]
    return sorted(found, key=lambda item: not item.same_customer)


def _others(write: Write) -> "QuerySet[Write]":
    """The company's writes besides this one that are known to be some push operation."""
    rows = Write.objects.filter(company_id=write.company_id)
    return rows.exclude(push_operation_key="").exclude(pk=write.pk)


def _history(write: Write, service: CustomerService) -> Iterator[PushOperation]:
    """The company's push operations, the newest first, back to when a write was sent."""
    for number in range(1, _HISTORY_PAGES + 1):
        page = service.list_push_operations(
            company_id=write.company_id,
            page=number,
            page_size=_HISTORY_PAGE_SIZE,
            order_by="-requestedOnUtc",
        )
        operations = page.get("results") or []
        yield from operations
        oldest = parse_date(operations[-1].get("requestedOnUtc")) if operations else None
        if len(operations) < _HISTORY_PAGE_SIZE or (oldest and oldest < _earliest(write)):
            return


def _earliest(write: Write) -> datetime:
    return (write.sent_at or write.created_at) - CLOCK_SKEW


def _latest(write: Write) -> datetime:
    """Until when Codat may have got a write: a create was perhaps repeated."""
    lasts = REPLAY_LASTS if write.kind == Write.Kind.CREATE else SENDING_LASTS
    return (write.sent_at or write.created_at) + lasts + CLOCK_SKEW


def _fits(write: Write, operation: PushOperation) -> bool:
    """Whether an operation may be this write, by its time, connection, data type and customer."""
    requested = parse_date(operation.get("requestedOnUtc"))
    customer_id = record_id(operation)
    return (
        requested is not None
        and _earliest(write) <= requested <= _latest(write)
        and str(operation.get("dataType") or "customers").lower() == "customers"
        and operation.get("dataConnectionKey") in (None, write.connection_id)
        and (not customer_id or write.customer_id in ("", customer_id))
    )


def link_operation(write: Write, push_operation_key: str, service: CustomerService) -> Write:
    """A person has recognised a push operation as this write: take its outcome over.

    Of several people at once one decides; the row comes back as that one left it. Raises CodatError
    where Codat cannot be asked, NotFound where it is no operation that can be this write, AlreadyInUse where
    another write of the journal is it.
    """
    operation = service.get_push_operation(
        company_id=write.company_id, push_operation_key=push_operation_key
    )
    if key_of(operation) != push_operation_key or not _fits(write, operation):
        raise NotFound(
            "not an operation of this write's connection and time",
            sentence="That operation cannot be this save: it is of another connection, time or customer.",
            status=404,
        )
    with transaction.atomic():
        # Two writes are not to become one operation: whoever adopts holds all that might be adopted for.
        unknown = Write.objects.filter(company_id=write.company_id, state=State.UNKNOWN)
        list(unknown.select_for_update().order_by("pk").values_list("pk", flat=True))
        if _others(write).filter(push_operation_key=push_operation_key).exists():
            raise AlreadyInUse(
                "an operation that is another write's",
                sentence="That operation is already known as another save.",
                status=409,
            )
        mine = unknown.filter(pk=write.pk, push_operation_key="").update(
            push_operation_key=push_operation_key
        )
    write.refresh_from_db()
    return settle(write, operation, by="person") if mine else write


def mark_not_received(write: Write) -> Write:
    """A person has decided that an unknown write never arrived: it counts as failed from now on."""
    Write.objects.filter(pk=write.pk, state=State.UNKNOWN, push_operation_key="").update(
        state=State.FAILED,
        completed_at=timezone.now(),
        settled_by="person",
        error_message="Somebody decided, with the push history at hand, that it never arrived.",
    )
    write.refresh_from_db()
    return write
