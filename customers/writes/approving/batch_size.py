"""How many rows of batches count together: a large batch cannot be split into small ones that nobody approves."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from customers.models import Approval, Batch, BatchRow, Write

# Rows of the same author in the same company within this time count together.
TOGETHER = timedelta(hours=24)


def counted_rows(batch: Batch, *, at: datetime) -> int:
    """The rows of a batch that were or will be sent, and those of its author's batches in the 24 hours before `at`.

    `at` is when the batch is or was started. Of the others, batches that a second person approved do not count.
    """
    sendable = Q(write=None, state=BatchRow.State.CHECKED) | (
        Q(write__isnull=False) & ~Q(write__state=Write.State.NOT_SENT)
    )
    own = BatchRow.objects.filter(sendable, batch=batch).count()
    approved = Approval.objects.filter(batch=OuterRef("pk"), state=Approval.State.APPROVED)
    others = Batch.objects.filter(
        ~Exists(approved),
        company_id=batch.company_id,
        username=batch.username,
        started_at__gt=at - TOGETHER,
        started_at__lte=at,
    ).exclude(pk=batch.pk)
    return own + BatchRow.objects.filter(sendable, batch__in=others).count()


def size_lock(batch: Batch) -> str:
    """The name of the lock under which an author's batches of a company are started, so that each counts the others."""
    return f"batches of {batch.username} in {batch.company_id}"
