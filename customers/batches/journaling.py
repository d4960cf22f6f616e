"""Journaling the checked rows of a started batch: each is a queued write before anything of it leaves.

In pieces, so that other writers of the database have their turn. A process that dies in between leaves rows without a
write; the next slice journals them.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from customers.batches import states
from customers.batches.creating import row_submission
from customers.models import Batch, BatchRow, Write
from customers.writes.effects import undo_submission
from customers.writes.save_lock import customer_lock, save_lock

_PIECE = 250
# Seconds between two pieces: SQLite has one writer at a time.
_PAUSE = 0.005


def journal(batch: Batch) -> int:
    """Journal the rows of a batch that were checked and have no write; how many there were."""
    journaled = 0
    while True:
        rows = BatchRow.objects.filter(batch=batch, state=BatchRow.State.CHECKED, write=None)
        piece = list(rows.order_by("position").select_related("retry_of")[:_PIECE])
        if not piece:
            return journaled
        journaled += _journal(batch, piece)
        time.sleep(_PAUSE)


def _journal(batch: Batch, rows: Sequence[BatchRow]) -> int:
    """Journal some rows under the locks of their customers, so that no save comes in between."""
    locks = [customer_lock(batch.company_id, row.customer_id) for row in rows]
    with save_lock(f"journal {batch.pk}", *locks):
        pks = [row.pk for row in rows]
        # Another process may have journaled some, or a person left some out, since they were read.
        waiting = BatchRow.objects.filter(pk__in=pks, state=BatchRow.State.CHECKED, write=None)
        rows = list(waiting.select_related("retry_of").order_by("position"))
        changed = changed_since(batch, {row.customer_id: row.checked_at for row in rows})
        for row in rows:
            if row.customer_id in changed:
                row.state = BatchRow.State.CONFLICT
                row.problems = [states.problem(changed[row.customer_id])]
            else:
                row.write = _write(batch, row)
            row.payload = row.before = ""
        Write.objects.bulk_create([row.write for row in rows if row.write])
        BatchRow.objects.bulk_update(rows, ["state", "problems", "payload", "before", "write"])
    return len(rows)


def changed_since(batch: Batch, checked: Mapping[str, datetime | None]) -> dict[str, str]:
    """The customers that somebody changed after their row was checked: who did, as a sentence, by customer.

    `checked` is when the rows were checked, by customer. A change counts from when it was saved or sent, other batches'
    rows once they are sent.
    """
    moments = {customer_id: at for customer_id, at in checked.items() if at is not None}
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
    undone = row.retry_of if batch.kind == Batch.Kind.UNDO else None
    submission = undo_submission(undone.pk) if undone else row_submission(batch, row.customer_id)
    return Write(
        user=batch.user,
        username=batch.username,
        company_id=batch.company_id,
        company_name=batch.company_name,
        connection_id=batch.connection_id,
        platform_name=batch.platform_name,
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        kind=Write.Kind.UPDATE,
        payload=row.payload,
        before=row.before,
        merged=row.merged,
        submission=submission,
        retry_of=row.retry_of,
        batch=batch,
        position=row.position,
        state=Write.State.QUEUED,
    )
