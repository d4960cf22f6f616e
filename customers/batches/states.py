"""The states of a batch and of its rows, and every move between them.

    batch    preparing ──> ready ──> running <──> paused
                 │           │          ├───────────┤
                 └───────────┴─ cancelled           └─ cancelled
                                        └─ done     (every row has ended)

    row      waiting ──> checked ──> [write: queued ──> sending ──> pending ──> success ──> confirmed, different, ...]
                │           │               │  ^           │
                │           │               │  └───────────┘    nothing left the dashboard, nothing was said of the row
                │           │               └─> not sent        cancelled, left out, or the customer was changed since
                │           └─> left out, conflict
                └─> unchanged, invalid, conflict, missing       (a corrected row becomes checked)

A batch that waits is running: `halted` says why, `due_at` when it continues. Each move is one conditional UPDATE, so of
two at once one has an effect. Each move by a person is a `BatchStep`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from customers.audit import recording as audit
from customers.models import Approval, AuditEntry, Batch, BatchRow, BatchStep, Write, WriteQuerySet
from customers.writes.approving import requesting
from customers.writes.approving.batch_size import size_lock
from customers.writes.save_lock import lock_in_transaction, save_lock

State, Halt, Action = Batch.State, Batch.Halt, BatchStep.Action

# Rows that a person may leave out: nothing of them was sent, and they could be.
LEAVABLE = (
    BatchRow.State.WAITING,
    BatchRow.State.CHECKED,
    BatchRow.State.INVALID,
    BatchRow.State.CONFLICT,
)

_GO_ON: dict[str, Any] = {
    "halted": Halt.NONE,
    "due_at": None,
    "message": "",
    "halts": 0,
}


def start(batch: Batch, user: User) -> bool:
    """Start a batch that was checked; whether it was ready. Rows that need a person stay behind.

    Where a rule says so, the approval of a second person is asked for instead, once: the batch stays ready.
    """
    with transaction.atomic():
        lock_in_transaction(size_lock(batch))
        if _waits_for_approval(batch, user):
            return False
        return start_approved(batch, user)


def start_approved(batch: Batch, user: User) -> bool:
    """Start a batch that needs no approval, or has it, in the name of the person who asked; whether it was ready."""
    return _move(
        batch, (State.READY,), State.RUNNING, Action.START, user, started_at=timezone.now()
    )


def _waits_for_approval(batch: Batch, user: User) -> bool:
    """Ask for the approval that a batch needs, unless it was asked for; whether the batch has to wait."""
    batch.refresh_from_db(fields=["state"])
    if batch.state != State.READY:
        return False
    if requesting.waiting_for(batch) is not None:
        return True
    reasons = requesting.reasons_for_batch(batch)
    if reasons:
        requesting.ask_for_batch(batch, user, reasons)
    return bool(reasons)


def pause(batch: Batch, user: User | None, *, message: str = "") -> bool:
    """Send no further row; whether the batch was running. `user` is None for the worker, which says why."""
    return _move(batch, (State.RUNNING,), State.PAUSED, Action.PAUSE, user, message=message)


def resume(batch: Batch, user: User) -> bool:
    """Go on with a paused batch; whether it was paused."""
    return _move(batch, (State.PAUSED,), State.RUNNING, Action.RESUME, user, **_GO_ON)


def cancel(batch: Batch, user: User) -> bool:
    """Send none of what was not sent; whether the batch was open. What was sent is still followed."""
    with transaction.atomic():
        # An approval takes this lock too: of both in the same instant, the second finds what the first has done.
        lock_in_transaction(journal_lock(batch.pk))
        moved = _move(
            batch, Batch.OPEN, State.CANCELLED, Action.CANCEL, user, finished_at=timezone.now()
        )
        if moved:
            requesting.end_waiting(batch, Approval.State.WITHDRAWN, "The batch was cancelled.")
    if moved:
        end_queued(batch)
    return moved


def end_queued(batch: Batch) -> int:
    """Mark the queued rows of a cancelled batch as not sent. Repeated by the worker, in case a process died here."""
    queued = Write.objects.filter(batch=batch, state=Write.State.QUEUED)
    return not_sent(queued, "The batch was cancelled before this change was sent.")


def not_sent(writes: WriteQuerySet, reason: str) -> int:
    """Mark queued writes as not sent, with the reason; how many there were."""
    return writes.filter(state=Write.State.QUEUED).update(
        state=Write.State.NOT_SENT, error_message=reason, completed_at=timezone.now()
    )


def problem(text: str, anchor: str = "") -> dict[str, str]:
    """A sentence about a row, as `BatchRow.problems` holds it. `anchor` is the id of a field, "" for none."""
    return {"text": text, "anchor": anchor}


def conflict(reason: str) -> dict[str, Any]:
    """The columns of a row that cannot be sent any more, because others have changed its customer."""
    return {
        "state": BatchRow.State.CONFLICT,
        "problems": [problem(reason)],
        "payload": "",
        "before": "",
    }


def ready(batch: Batch) -> bool:
    """The check of all rows has ended; whether the batch was being prepared.

    A batch of an import is started in the name of the person who sent it, who has seen each change there; unless a row
    needs a person now, or none can be sent.
    """
    with transaction.atomic():
        rows = Batch.objects.filter(pk=batch.pk, state=State.PREPARING)
        moved = bool(rows.update(state=State.READY, **_GO_ON))
        if moved and batch.kind == Batch.Kind.IMPORT and batch.user and _is_as_sent(batch):
            start(batch, batch.user)
    return moved


def _is_as_sent(batch: Batch) -> bool:
    """Whether all rows of an import that were sent can go, or need not."""
    rows = BatchRow.objects.filter(batch=batch).order_by()
    found = set(rows.values_list("state", flat=True).distinct())
    checked, unchanged, left_out = (
        BatchRow.State.CHECKED,
        BatchRow.State.UNCHANGED,
        BatchRow.State.LEFT_OUT,
    )
    return checked in found and found <= {checked, unchanged, left_out}


def halt(batch: Batch, halted: str, *, until: datetime, message: str) -> bool:
    """Let a running or preparing batch wait; whether it was one. `halted` is a `Batch.Halt`."""
    rows = Batch.objects.filter(pk=batch.pk, state__in=(State.PREPARING, State.RUNNING))
    return bool(rows.update(halted=halted, due_at=until, message=message, halts=batch.halts + 1))


def go_on(batch: Batch) -> None:
    """Forget why a batch was halted, after a success."""
    if batch.halted or batch.halts:
        rows = Batch.objects.filter(pk=batch.pk, state__in=(State.PREPARING, State.RUNNING))
        rows.update(**_GO_ON)
        batch.halted, batch.halts = Halt.NONE, 0


def finish(batch: Batch) -> bool:
    """End a running batch none of whose rows can change any more; whether it ended.

    A row whose outcome is unknown, or that is still being followed, keeps its batch running.
    """
    if not _has_ended(batch):
        return False
    # A correction may be stored at this moment: whoever has the lock first decides.
    with save_lock(journal_lock(batch.pk)):
        return _has_ended(batch) and _move(
            batch, (State.RUNNING,), State.DONE, Action.FINISH, None, finished_at=timezone.now()
        )


def _has_ended(batch: Batch) -> bool:
    """Whether no row of a batch can change any more."""
    open_rows = BatchRow.objects.filter(
        batch=batch, state__in=(BatchRow.State.WAITING, BatchRow.State.CHECKED), write=None
    )
    unfinished = Write.objects.filter(
        batch=batch, state__in=(Write.State.QUEUED, *Write.UNFINISHED)
    )
    unread = Write.objects.filter(batch=batch, confirmation=Write.Confirmation.WAITING)
    return not (open_rows.exists() or unfinished.exists() or unread.exists())


def leave_out(row: BatchRow) -> bool:
    """Leave out a row that was not sent; whether it was not, and could be."""
    left = BatchRow.State.LEFT_OUT
    # A row may be journaled at this moment: whoever has the lock first decides.
    with save_lock(journal_lock(row.batch_id)):
        row.refresh_from_db(fields=["write", "state"])
        if row.write_id:
            queued = Write.objects.filter(pk=row.write_id)
            moved = not_sent(queued, "This row was left out before it was sent.")
            return bool(moved and BatchRow.objects.filter(pk=row.pk).update(state=left))
        rows = BatchRow.objects.filter(
            pk=row.pk, write=None, state__in=LEAVABLE, batch__state__in=Batch.OPEN
        )
        return bool(rows.update(state=left, payload="", before=""))


def journal_lock(batch_id: object) -> str:
    """The name of the lock under which rows of a batch are checked, journaled or left out, and the batch ends."""
    return f"journal {batch_id}"


def _move(
    batch: Batch,
    allowed: Iterable[str],
    state: str,
    action: str,
    user: User | None,
    **values: Any,
) -> bool:
    """Move a batch that is in one of the allowed states, and keep who did it; whether it moved."""
    with transaction.atomic():
        rows = Batch.objects.filter(pk=batch.pk, state__in=tuple(allowed))
        moved = bool(rows.update(state=state, **values))
        if moved:
            add_step(batch, action, user, values.get("message", ""))
    batch.refresh_from_db()
    return moved


def add_step(batch: Batch, action: str, user: User | None, message: str = "") -> None:
    """Keep who did what, in a transaction of the caller. `user` is None for the worker."""
    BatchStep.objects.create(
        batch=batch,
        user=user,
        username=user.get_username() if user else "",
        action=action,
        message=message,
    )
    audit.record(
        AuditEntry.Kind.BATCH,
        user=user,
        company_id=batch.company_id,
        subject=batch.pk,
        detail={"step": action},
    )
