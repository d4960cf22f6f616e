"""Sending the rows of a company's batches: one slice at a time, by the process that has the company's lease.

Each row is claimed by one conditional UPDATE under the customer's lock, so a pause and a cancellation have an effect at
the next row, and no row is sent twice. A row whose customer was changed since it was checked is not sent: its values
hold the whole old record.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from customers.access.scopes import scope_of
from customers.batches import journaling, names, states
from customers.batches.checking import NotPossible, target_maker
from customers.batches.halts import MAX_HALTS, halt_after, is_not_now, may_be_of_row
from customers.batches.journaling import changed_since
from customers.batches.threads import for_each
from customers.codat.errors import CodatError, RecordTooLarge, UnaddressableId
from customers.editing.unchanged import read_now
from customers.models import Approval, Batch, BatchRow, BatchStep, Write, WriteQuerySet
from customers.service import CustomerService
from customers.writes.journal import apply_error, apply_result
from customers.writes.recording import record
from customers.writes.save_lock import save_lock
from customers.writes.sending import call_codat

WriteState = Write.State

# The longest slice; then another company has its turn.
SLICE = timedelta(seconds=30)
# Equal failures in a row after which a batch is paused and a person is asked.
MAX_REFUSALS = 10
# Rows that are read from the database together.
_PIECE = 50


@dataclass(slots=True)
class Slice:
    """One turn of sending: its limits, and what it did.

    `pace` waits until a further call may be made. `refusals` are the refusals in a row with the same `reason`. `halted`
    is why the turn ended early. `is_approved`: a second person has approved the batch, maybe days ago. `unread` are
    the rows whose customers could not be read.
    """

    batch: Batch
    service: CustomerService
    should_stop: Callable[[], bool]
    pace: Callable[[], None]
    ends_at: float
    sent: int = 0
    failed: int = 0
    refusals: int = 0
    reason: str = ""
    halted: str = ""
    error: CodatError | None = field(default=None)
    unread: int = 0
    is_approved: bool = False

    @property
    def is_over(self) -> bool:
        """Whether no further row may be claimed."""
        return bool(self.halted) or self.should_stop() or time.monotonic() >= self.ends_at


def due_batches(state: str) -> list[Batch]:
    """The batches in a state, PREPARING or RUNNING, that have rows to check or to send now; the oldest first."""
    now = Q(due_at=None) | Q(due_at__lte=timezone.now())
    batches = Batch.objects.filter(now, state=state, is_filled=True)
    if state == Batch.State.RUNNING:
        # One query: a worker asks every second, and a batch runs until its last row is confirmed.
        checked, queued = _rows_to_send(OuterRef("pk"))
        batches = batches.filter(Exists(checked) | Exists(queued))
    return list(batches.order_by("created_at", "id"))


def has_rows(batch: Batch) -> bool:
    """Whether a running batch has rows that were not sent."""
    checked, queued = _rows_to_send(batch.pk)
    return checked.exists() or queued.exists()


def _rows_to_send(batch: Any) -> tuple[QuerySet[BatchRow], WriteQuerySet]:
    """The rows of a batch that are not journaled yet, and those that are queued. `batch` is its ID, or refers to it."""
    rows = BatchRow.objects.filter(batch=batch, state=BatchRow.State.CHECKED, write=None)
    return rows, Write.objects.filter(batch=batch, state=WriteState.QUEUED)


def send_slice(
    batch: Batch,
    service: CustomerService,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    pace: Callable[[], None] = lambda: None,
    lasts: timedelta = SLICE,
) -> Slice:
    """Send the next rows of a running batch. The caller has the company's lease, and renews it.

    Ends after `lasts`, where `should_stop` says so, at a pause or a cancellation, and where Codat does not take a row
    now: then the batch waits (`halted`). Rows in flight are always finished. Raises nothing of Codat's.
    """
    turn = Slice(batch, service, should_stop, pace, time.monotonic() + lasts.total_seconds())
    try:
        _send(turn)
    except CodatError as error:
        turn.error = error
        turn.halted = "unavailable"
        halt_after(batch, error)
    batch.refresh_from_db()
    return turn


def _send(turn: Slice) -> None:
    batch = turn.batch
    if not _may_send(batch):
        return
    try:
        # Also the read that comes before going on after an unknown outcome.
        target_maker(batch, turn.service, fresh=bool(batch.halted))
    except NotPossible as error:
        queued = Write.objects.filter(batch=batch)
        journaling.journal(batch)
        turn.failed += states.not_sent(queued, str(error))
        return
    journaling.journal(batch, should_stop=lambda: turn.is_over)
    if turn.is_over:
        return
    turn.is_approved = batch.approvals.filter(state=Approval.State.APPROVED).exists()
    if batch.halted:
        # One row alone, then all threads.
        for_each(_queued(turn, limit=1), lambda write: _send_row(turn, write), threads=1)
    if not turn.is_over:
        threads = settings.CODAT_WORKER_CALLS_AT_ONCE
        for_each(_queued(turn), lambda write: _send_row(turn, write), threads=threads)
    Batch.objects.filter(pk=batch.pk).update(calls=F("calls") + turn.sent + 1)
    if turn.error is not None:
        halt_after(batch, turn.error, is_unknown=turn.halted == "unknown")
    elif not states.finish(batch) and has_rows(batch):
        _pause_after_refusals(batch)


def _may_send(batch: Batch) -> bool:
    """Whether whoever let the batch run may still change customers; else it is paused."""
    steps = batch.steps.filter(action__in=(BatchStep.Action.START, BatchStep.Action.RESUME))
    step = steps.select_related("user").order_by("-at", "-id").first()
    person = step.user if step else batch.user
    may_write = person and person.is_active and person.has_perm("customers.write_customers")
    if person and may_write and scope_of(person).has(batch.company_id):
        return True
    name = step.username if step else batch.username
    lost = "may not see this company" if may_write else "may not change customers"
    states.pause(
        batch,
        None,
        message=f"Paused, because {name} {lost} any more. Somebody who may can resume it.",
    )
    return False


def _queued(turn: Slice, limit: int | None = None) -> Iterator[Write]:
    """The rows that wait, in their order, while the slice lasts."""
    taken, position = 0, 0
    while not turn.is_over:
        rows = Write.objects.filter(
            batch=turn.batch, state=WriteState.QUEUED, position__gt=position
        ).order_by("position")[:_PIECE]
        if not rows or _pause_after_refusals(turn.batch):
            return
        for write in rows:
            if turn.is_over or taken == limit:
                return
            taken, position = taken + 1, write.position or 0
            yield write


def _send_row(turn: Slice, write: Write) -> bool:
    """Claim and send one row; whether the slice continues."""
    turn.pace()
    if turn.is_over:
        return False
    if turn.is_approved and not _is_as_approved(turn, write):
        return not turn.halted
    if not _claim(turn.batch, write):
        is_running = Batch.objects.filter(pk=turn.batch.pk, state=Batch.State.RUNNING).exists()
        if not is_running:
            turn.halted = "stopped"
        return is_running
    try:
        operation = call_codat(write, turn.service)
    except CodatError as error:
        return _failed(turn, write, error)
    apply_result(write, operation, by=Write.SettledBy.ANSWER)
    turn.sent += 1
    if turn.error is None:
        states.go_on(turn.batch)
    if write.state == WriteState.FAILED:
        return _refused(turn, write)
    turn.refusals = 0
    return True


def _is_as_approved(turn: Slice, write: Write) -> bool:
    """Whether the customer is still as it was when the batch was checked: a read now, since an approval takes days."""
    try:
        reason = read_now(write, turn.service).reason(write)
    except CodatError as error:
        if not _is_of_row(turn, error):
            turn.halted, turn.error = turn.halted or "not now", turn.error or error
            return False
        turn.unread += 1
        reason = f"This customer could not be read again before it was sent. {error.sentence}"
    if reason:
        _leave(write, reason)
    return not reason


def _is_of_row(turn: Slice, error: CodatError) -> bool:
    """Whether an error is of one customer, and the others can be sent.

    Where Codat may be unavailable, the batch waits some times first, though the company can be read. Then one row a
    turn is left.
    """
    if isinstance(error, (RecordTooLarge, UnaddressableId)):
        return True
    return may_be_of_row(error) and turn.batch.halts >= MAX_HALTS and not turn.unread


def _leave(write: Write, reason: str) -> None:
    """Do not send a row whose customer has changed: it needs a person."""
    states.not_sent(Write.objects.filter(pk=write.pk), reason)
    BatchRow.objects.filter(write=write).update(**states.conflict(reason))


def _failed(turn: Slice, write: Write, error: CodatError) -> bool:
    """Record why a row was not accepted, or put it back; whether the slice continues."""
    if is_not_now(error):
        _put_back(write)
        turn.halted, turn.error = turn.halted or "not now", turn.error or error
        return False
    apply_error(write, error)
    turn.failed += 1
    if write.state == WriteState.UNKNOWN:
        turn.halted, turn.error = "unknown", error
        return False
    return _refused(turn, write)


def _refused(turn: Slice, write: Write) -> bool:
    """Count a refusal; whether the slice continues."""
    turn.refusals = turn.refusals + 1 if write.error_message == turn.reason else 1
    turn.reason = write.error_message
    if turn.refusals >= MAX_REFUSALS:
        turn.halted = turn.halted or "refused"
    return turn.refusals < MAX_REFUSALS


def _claim(batch: Batch, write: Write) -> bool:
    """Claim a row that waits in a running batch; False where it does not, or its customer was changed since.

    Under the locks of the customer and of its new name: a person's save finds the row as being sent, or the row finds
    the save.
    """
    columns = "customer_id", "new_name", "acknowledged", "checked_at", "retry_of_id"
    row = BatchRow.objects.only(*columns).get(write=write)
    with save_lock(*names.locks_of(batch, [row])):
        reason = _prevented(batch, write, row)
        if reason:
            _leave(write, reason)
            return False
        claimed = Write.objects.filter(
            pk=write.pk, state=WriteState.QUEUED, batch__state=Batch.State.RUNNING
        ).update(state=WriteState.SENDING, sent_at=timezone.now(), attempts=1)
    write.refresh_from_db()
    return bool(claimed)


def _prevented(batch: Batch, write: Write, row: BatchRow) -> str:
    """Why a row may not be sent any more, "" where it may."""
    changed = changed_since(batch, {row.customer_id: row.checked_at or write.created_at})
    return changed.get(row.customer_id) or names.taken_since(batch, [row]).get(row.pk, "")


def _put_back(write: Write) -> None:
    """Put a claimed row back into the queue: nothing of it left, and Codat said nothing about it."""

    def put_back() -> int:
        claimed = Write.objects.filter(pk=write.pk, state=WriteState.SENDING, push_operation_key="")
        return claimed.update(state=WriteState.QUEUED, sent_at=None, attempts=0)

    record(put_back, what=f"write {write.pk}: queued again")


def _pause_after_refusals(batch: Batch) -> bool:
    """Pause a batch whose last rows all failed for one reason, since the next ones would, too; whether it was paused.

    Many integrations refuse only later, so the journal is asked and not the answers.
    """
    since = batch.steps.filter(action="resume").order_by("-at").values_list("at", flat=True).first()
    ended = Write.objects.filter(batch=batch).exclude(completed_at=None)
    ended = ended.exclude(state=WriteState.NOT_SENT)
    if since:
        ended = ended.filter(completed_at__gt=since)
    last = list(ended.order_by("-completed_at")[:MAX_REFUSALS])
    reasons = {(write.state, write.error_message) for write in last}
    if len(last) < MAX_REFUSALS or len(reasons) > 1 or last[0].state != WriteState.FAILED:
        return False
    return states.pause(
        batch,
        None,
        message=f"Paused, because the last {MAX_REFUSALS} rows were refused: {last[0].error_message}",
    )
