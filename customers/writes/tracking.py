"""Tracks a write until its outcome is known and read back: when to ask Codat, what to ask, what may be repeated.

Pages call `follow`, which reads; `manage.py settle_writes`, and a person's button, call `follow_or_repeat`, which may
send. Both are safe to run in several places at the same time, since each step claims the row by one conditional
UPDATE.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus

from django.db.models import F
from django.utils import timezone

from customers.codat.errors import NotFound
from customers.models import Write
from customers.service import CustomerService
from customers.writes import confirmation
from customers.writes.journal import apply_result, expire
from customers.writes.sending import SENDING_TIMEOUT, dispatch

State = Write.State

# Codat replays its first answer to an Idempotency-Key for 90 minutes; the margin is for clock skew.
REPLAY_WINDOW = timedelta(minutes=85)
# A 5xx is replayed like any other answer; one that comes this often is Codat's own, not a proxy's.
MAX_REPLAYED_ERRORS = 3
# How far apart our clock and Codat's may be.
CLOCK_SKEW = timedelta(minutes=5)

# (up to this age, poll at this interval). Pages stop polling after the last row.
_INTERVALS = (
    (timedelta(seconds=20), timedelta(seconds=2)),
    (timedelta(minutes=2), timedelta(seconds=5)),
    (timedelta(minutes=10), timedelta(seconds=15)),
    (timedelta(hours=1), timedelta(minutes=1)),
)
# After that only cron polls, without an end: desktop software may be off for weeks.
_BACKGROUND_INTERVAL = timedelta(minutes=10)
_FIRST_DAY = timedelta(days=1)
_LONGEST_INTERVAL = timedelta(hours=1)


def is_tracked(write: Write) -> bool:
    """Whether there is still something to find out: the outcome, or how it is read back."""
    return not write.is_finished or write.confirmation == Write.Confirmation.WAITING


def needs_decision(write: Write) -> bool:
    """Whether only a person can tell what happened to a write: Codat gave no key, and it must not be repeated."""
    return (
        write.state == State.UNKNOWN and not write.push_operation_key and not can_be_repeated(write)
    )


def interval(write: Write, now: datetime | None = None) -> timedelta | None:
    """The polling interval of a page at this age; None once pages stop, and where a person has to decide."""
    if needs_decision(write):
        return None
    age = _age(write, now or timezone.now())
    return next((pause for limit, pause in _INTERVALS if age < limit), None)


def shortest_interval(writes: Iterable[Write]) -> int | None:
    """After how many seconds a page that shows these writes is loaded again; None where nothing renews itself."""
    pauses = [interval(write) for write in writes if is_tracked(write)]
    return min((int(pause.total_seconds()) for pause in pauses if pause), default=None)


def is_due(write: Write, now: datetime | None = None) -> bool:
    """Whether a write is tracked and its polling interval has elapsed."""
    now = now or timezone.now()
    last = write.checked_at or write.sent_at or write.created_at
    background = _BACKGROUND_INTERVAL if _age(write, now) < _FIRST_DAY else _LONGEST_INTERVAL
    pause = interval(write, now) or background
    # A tenth early: a browser's timer is not exact.
    return is_tracked(write) and now - last >= pause * 0.9


def _age(write: Write, now: datetime) -> timedelta:
    """Time since the save, or since the outcome was known while it is being read back."""
    return now - (write.completed_at or write.created_at)


def follow(write: Write, service: CustomerService, *, by: str) -> Write:
    """Read how far a write is, or how far it is read back, and record it. `by` as in `apply_result`.

    Sends no write, so anybody who may read may cause it, by a safe method. A sync that it asks for reads the
    books. A write whose sender has died moves on: never sent -> failed; perhaps sent -> unknown. An operation that
    Codat no longer has after a day counts as timed out. Raises CodatError where Codat cannot be asked; the row is
    then unchanged.
    """
    is_readable = write.state != State.UNKNOWN or bool(write.push_operation_key)
    if is_readable and is_tracked(write) and _claim(write):
        _follow(write, service, by=by)
    return write


def follow_or_repeat(write: Write, service: CustomerService, *, by: str) -> Write:
    """The same, but an unknown create is sent again with its own key while Codat replays the first answer.

    For background work, and for a person who may write and asks for it by POST. Raises CodatError.
    """
    if is_tracked(write) and _claim(write):
        _follow(write, service, by=by)
        if write.state == State.UNKNOWN and can_be_repeated(write):
            return _repeat(write, service)
    return write


def _follow(write: Write, service: CustomerService, *, by: str) -> Write:
    if write.state == State.SUCCESS:
        return confirmation.step(write, service)
    if write.state == State.SENDING:
        _give_up_sending(write)
    if not write.push_operation_key:
        return write
    try:
        operation = service.get_push_operation(
            company_id=write.company_id, push_operation_key=write.push_operation_key
        )
    except NotFound:
        if _age(write, timezone.now()) < _FIRST_DAY:
            raise
        return expire(write)
    return apply_result(write, operation, by=by)


def can_be_repeated(write: Write) -> bool:
    """Whether sending again with the same key is harmless and may tell something.

    True for a create whose first answer Codat still replays, unless that answer is an error, time after
    time, or says that the key belongs to another write.
    """
    status = write.status_code or 0
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return False
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and write.attempts >= MAX_REPLAYED_ERRORS:
        return False
    if write.kind != Write.Kind.CREATE or write.sent_at is None or write.push_operation_key:
        return False
    # If our clock was set back, it says nothing about Codat's 90 minutes.
    return -CLOCK_SKEW < timezone.now() - write.sent_at < REPLAY_WINDOW


def _claim(write: Write) -> bool:
    """Count a check; False where another process has counted one since the row was read."""
    now = timezone.now()
    claimed = Write.objects.filter(pk=write.pk, checks=write.checks).update(
        checks=F("checks") + 1, checked_at=now
    )
    write.refresh_from_db()
    return bool(claimed)


def _give_up_sending(write: Write) -> None:
    """Move a row on whose sender is dead; one that may still be alive is left alone."""
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
