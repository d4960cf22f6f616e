"""Whether any worker runs: what a page says where none is seen."""

from datetime import datetime

from django.utils import timezone

from customers.models import Batch
from customers.writes.leases import SEEN_LATELY, last_worked


def missing_worker(batch: Batch) -> str:
    """What a batch's page says where the batch should move and no worker was seen; "" where all is well."""
    if batch.state not in (Batch.State.PREPARING, Batch.State.RUNNING):
        return ""
    if batch.due_at and batch.due_at > timezone.now():
        return ""
    return no_worker(waits_since=batch.started_at or batch.created_at)


def no_worker(*, waits_since: datetime) -> str:
    """What is said of work that has waited since then where no worker was seen; "" where all is well."""
    now, seen = timezone.now(), last_worked()
    if seen is None:
        return "No worker is running, so nothing moves." if now - waits_since > SEEN_LATELY else ""
    if now - seen <= SEEN_LATELY:
        return ""
    minutes = int((now - seen).total_seconds() // 60)
    return f"No worker was seen for {minutes} minutes, so nothing moves."
