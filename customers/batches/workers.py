"""Whether anything works on batches: what a page says where no worker is seen."""

from datetime import timedelta

from django.utils import timezone

from customers.models import Batch
from customers.writes.leases import last_seen_worker

# Workers are seen several times a minute.
_SEEN = timedelta(minutes=2)


def missing_worker(batch: Batch) -> str:
    """What a batch's page says where the batch should move and no worker was seen; "" where all is well."""
    now = timezone.now()
    if batch.state not in (Batch.State.PREPARING, Batch.State.RUNNING):
        return ""
    if batch.due_at and batch.due_at > now:
        return ""
    seen = last_seen_worker()
    if seen is None:
        waits_since = batch.started_at or batch.created_at
        return "No worker is running, so nothing moves." if now - waits_since > _SEEN else ""
    if now - seen <= _SEEN:
        return ""
    minutes = int((now - seen).total_seconds() // 60)
    return f"No worker was seen for {minutes} minutes, so nothing moves."
