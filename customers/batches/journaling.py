"""Journaling the checked rows of a started batch: each is a queued write before anything of it leaves.

In pieces, so that other writers of the database have their turn. A process that dies in between leaves rows without a
write; the next slice journals them.
"""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from customers.batches import names, states
from customers.batches.creating import row_submission
from customers.models import Batch, BatchRow, Write
from customers.writes.save_lock import save_lock
from customers.writes.showing.effects import let_undo_again, undo_submission

_PIECE = 250
# Seconds between two pieces: SQLite has one writer at a time.
_PAUSE = 0.005


def journal(batch: Batch, *, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Journal the rows of a batch that were checked and have no write; how many there were.

    Ends early, between two pieces, where `should_stop` says so: 50,000 rows take a minute.
    """
    journaled = 0
    while not should_stop():
        rows = BatchRow.objects.filter(batch=batch, state=BatchRow.State.CHECKED, write=None)
        piece = list(rows.order_by("position").select_related("retry_of")[:_PIECE])
        if not piece:
            return journaled
        journaled += _journal(batch, piece)
        time.sleep(_PAUSE)
    return journaled


def _journal(batch: Batch, rows: Sequence[BatchRow]) -> int:
    """Journal some rows under the locks of their customers and new names, so that no save comes in between."""
    with save_lock(states.journal_lock(batch.pk), *names.locks_of(batch, rows)):
        new_names = {row.pk: row.new_name for row in rows}
        # Another process may have journaled some, or a person left some out, since they were read. They are locked, so
        # that a correction that is stored at this moment finds the write.
        waiting = BatchRow.objects.filter(
            pk__in=new_names, state=BatchRow.State.CHECKED, write=None
        ).select_for_update(of=("self",))
        waiting = waiting.select_related("retry_of").order_by("position")
        # One that was given another name since is not locked by it: its turn is the next one.
        rows = [row for row in waiting if row.new_name == new_names[row.pk]]
        reasons = _reasons(batch, rows)
        sendable = [row for row in rows if row.pk not in reasons]
        for row in sendable:
            row.write = _write(batch, row)
        Write.objects.bulk_create([row.write for row in sendable if row.write])
        # Few columns: most of a bulk update's time is spent on putting its statement together.
        BatchRow.objects.bulk_update(sendable, ["write"])
        BatchRow.objects.filter(pk__in=[row.pk for row in sendable]).update(payload="", before="")
        for pk, reason in reasons.items():
            BatchRow.objects.filter(pk=pk).update(**states.conflict(reason))
    return len(rows)


def _reasons(batch: Batch, rows: Sequence[BatchRow]) -> dict[int, str]:
    """Why rows cannot be sent any more, by primary key: somebody changed their customer, took their new name, or has
    saved the same undo.
    """
    changed = changed_since(batch, {row.customer_id: row.checked_at for row in rows})
    of_customers = {row.pk: changed[row.customer_id] for row in rows if row.customer_id in changed}
    return names.taken_since(batch, rows) | of_customers | _undone_already(batch, rows)


def _undone_already(batch: Batch, rows: Sequence[BatchRow]) -> dict[int, str]:
    """The rows of an undo whose submission another write has: it waits for approval, or is queued in another batch."""
    undos = {_submission(batch, row): row for row in rows if _undone(batch, row)}
    found = Write.objects.filter(submission__in=undos).only("submission", "state", "username")
    reasons = {}
    for write in found:
        row = undos[write.submission]
        if write.state == Write.State.NOT_SENT and row.retry_of_id:
            let_undo_again(row.retry_of_id)
        else:
            reasons[row.pk] = f"{write.username} has saved the undo of this change already."
    return reasons


def changed_since(batch: Batch, checked: Mapping[str, datetime | None]) -> dict[str, str]:
    """The customers that somebody changed after their row was checked: who did, as a sentence, by customer.

    `checked` is when the rows were checked, by customer; "" for new ones, which nobody can have changed. A change
    counts from when it was saved or sent, other batches' rows once they are sent.
    """
    moments = {customer_id: at for customer_id, at in checked.items() if customer_id and at}
    if not moments:
        return {}
    since = min(moments.values())
    writes = Write.objects.filter(
        Q(created_at__gte=since) | Q(sent_at__gte=since),
        company_id=batch.company_id,
        customer_id__in=moments,
    )
    others = writes.exclude(batch=batch).exclude(state__in=Write.UNSENT)
    return {
        write.customer_id: f"{write.username} changed this customer after the batch was checked."
        for write in others
        if max(write.created_at, write.sent_at or write.created_at) >= moments[write.customer_id]
    }


def _write(batch: Batch, row: BatchRow) -> Write:
    """The queued write of a row; as `journal.create_write` makes that of a save."""
    return Write(
        user=batch.user,
        username=batch.username,
        company_id=batch.company_id,
        company_name=batch.company_name,
        connection_id=batch.connection_id,
        platform_name=batch.platform_name,
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        kind=Write.Kind.UPDATE if row.customer_id else Write.Kind.CREATE,
        payload=row.payload,
        before=row.before,
        merged=row.merged,
        submission=_submission(batch, row),
        retry_of=row.retry_of,
        batch=batch,
        position=row.position,
        state=Write.State.QUEUED,
    )


def _undone(batch: Batch, row: BatchRow) -> Write | None:
    """The write that a row undoes; None where it undoes none."""
    return row.retry_of if batch.kind == Batch.Kind.UNDO else None


def _submission(batch: Batch, row: BatchRow) -> uuid.UUID:
    """The submission of a row's write."""
    undone = _undone(batch, row)
    return undo_submission(undone.pk) if undone else row_submission(batch, row)
