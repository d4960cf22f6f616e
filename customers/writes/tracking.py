"""Tracks a write until its outcome is known and read back: polling intervals, calls to Codat, and repeats.

Pages call `follow`, which reads; `manage.py settle_writes`, and a person's button, call `follow_or_repeat`, which may
send. Both are safe to run concurrently, since each step claims the row by one conditional UPDATE.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus

from django.db.models import F
from django.utils import timezone

from customers.codat.errors import NotFound
from customers.models import Write
from customers.service import CustomerService
from customers.writes import polling
from customers.writes.confirming import confirmation
from customers.writes.journal import apply_result, expire
from customers.writes.sending import SENDING_TIMEOUT, dispatch

State = Write.State

# Codat replays its first response to an Idempotency-Key for 90 minutes; the margin is for clock skew.
REPLAY_WINDOW = timedelta(minutes=85)
# A 5xx is replayed like any other response; after this many it is Codat's own, not a proxy's.
MAX_REPLAYED_ERRORS = 3
# The maximum difference between the clocks of this machine and Codat.
CLOCK_SKEW = timedelta(minutes=5)


def is_tracked(write: Write) -> bool:
    """Whether the outcome, or its confirmation, is not known yet."""
    return write.state in Write.UNFINISHED or write.confirmation == Write.Confirmation.WAITING


def needs_decision(write: Write) -> bool:
    """Whether only a person can decide the outcome: there is no push operation key, and no repeat is allowed."""
    return (
        write.state == State.UNKNOWN and not write.push_operation_key and not can_be_repeated(write)
    )


def interval(write: Write, now: datetime | None = None) -> timedelta | None:
    """The polling interval of a page at this age; None once pages stop polling, and where a person has to decide."""
    if needs_decision(write):
        return None
    return polling.page_interval(_age(write, now or timezone.now()))


def shortest_interval(writes: Iterable[Write]) -> int | None:
    """The polling interval in seconds of a page that shows these writes; None where it does not poll."""
    pauses = [interval(write) for write in writes if is_tracked(write)]
    return min((int(pause.total_seconds()) for pause in pauses if pause), default=None)


def is_due(write: Write, now: datetime | None = None) -> bool:
    """Whether a write is tracked and its polling interval has elapsed."""
    if not is_tracked(write):
        return False
    now = now or timezone.now()
    last = write.checked_at or write.sent_at or write.created_at
    # Only a row that Codat is not asked about has no events.
    company_id = write.company_id if write.state in (State.PENDING, State.SUCCESS) else ""
    return polling.is_over(last, _age(write, now), company_id, now)


def _age(write: Write, now: datetime) -> timedelta:
    """Time since the save, or since the outcome was known while it is being read back.

    A row of a batch may have waited for days before it was sent.
    """
    sent_at = write.sent_at if write.batch_id else None
    return now - (write.completed_at or sent_at or write.created_at)


def follow(write: Write, service: CustomerService, *, by: str, at_once: bool = False) -> Write:
    """Read the status of a write, or of its confirmation, and record it. `by` as in `apply_result`.

    `at_once` polls a sync however recent its last poll is. Sends no write, so a viewer may cause it, by a safe method;
    a sync that it queues only reads. A write whose sending process has died becomes failed (not sent) or unknown
    (perhaps sent). An operation that Codat no longer has after a day is recorded as timed out. Raises CodatError where
    Codat cannot be polled; the row is then unchanged.
    """
    is_readable = write.state != State.UNKNOWN or bool(write.push_operation_key)
    if is_readable and is_tracked(write) and _claim(write):
        _follow(write, service, by=by, at_once=at_once)
    return write


def follow_or_repeat(
    write: Write, service: CustomerService, *, by: str, at_once: bool = False
) -> Write:
    """The same, but an unknown create is sent again with its own key while Codat replays the first response.

    For background work, and for a POST by an editor. Raises CodatError.
    """
    if is_tracked(write) and _claim(write):
        _follow(write, service, by=by, at_once=at_once)
        if write.state == State.UNKNOWN and can_be_repeated(write):
            return _repeat(write, service)
    return write


def _follow(write: Write, service: CustomerService, *, by: str, at_once: bool) -> Write:
    if write.state == State.SUCCESS:
        return confirmation.step(write, service, at_once=at_once)
    if write.state == State.SENDING:
        _give_up_sending(write)
    if not write.push_operation_key:
        return write
    try:
        operation = service.get_push_operation(
            company_id=write.company_id, push_operation_key=write.push_operation_key
        )
    except NotFound:
        if _age(write, timezone.now()) < polling.FIRST_DAY:
            raise
        return expire(write)
    return apply_result(write, operation, by=by)


def can_be_repeated(write: Write) -> bool:
    """Whether a repeat with the same key is safe and may reveal the outcome.

    True for a create whose first response Codat still replays, unless that response is repeatedly an error, or
    states that the key belongs to another write.
    """
    status = write.status_code or 0
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return False
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and write.attempts >= MAX_REPLAYED_ERRORS:
        return False
    if write.kind != Write.Kind.CREATE or write.sent_at is None or write.push_operation_key:
        return False
    # If the clock of this machine was set back, the age of the write is not known.
    return -CLOCK_SKEW < timezone.now() - write.sent_at < REPLAY_WINDOW


def _claim(write: Write) -> bool:
    """Claim the row by counting a check; False where another process has done so since the row was read."""
    now = timezone.now()
    claimed = Write.objects.filter(pk=write.pk, checks=write.checks).update(
        checks=F("checks") + 1, checked_at=now
    )
    write.refresh_from_db()
    return bool(claimed)


def _give_up_sending(write: Write) -> None:
    """Change the state of a row whose sending process is dead; no change while it may be alive."""
    limit = timezone.now() - SENDING_TIMEOUT
    sending = Write.objects.filter(pk=write.pk, state=State.SENDING)
    sending.filter(sent_at=None, created_at__lt=limit).update(
        state=State.FAILED,
        completed_at=timezone.now(),
        error_message="Interrupted before it was sent.",
    )
    sending.filter(sent_at__lt=limit).update(state=State.UNKNOWN)
    write.refresh_from_db()


def _repeat(write: Write, service: CustomerService) -> Write:
    claimed = Write.objects.filter(
        pk=write.pk, state=State.UNKNOWN, attempts=write.attempts
    ).update(attempts=F("attempts") + 1)
    write.refresh_from_db()
    return dispatch(write, service) if claimed else write
