"""Batches in any state, written straight into the database."""

import json
import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Batch, BatchRow, BatchStep, Write

# The columns of a row, and of its write (None for none), for each group of `customers.batches.progress`.
_ROWS: dict[str, tuple[str, dict[str, Any] | None]] = {
    "waiting": ("waiting", None),
    "queued": ("checked", {"state": "queued"}),
    "checked": ("checked", None),
    "sent": ("checked", {"state": "pending"}),
    "sending": ("checked", {"state": "sending"}),
    "accepted": ("checked", {"state": "success", "confirmation": "waiting"}),
    "confirmed": ("checked", {"state": "success", "confirmation": "confirmed"}),
    "different": ("checked", {"state": "success", "confirmation": "differs"}),
    "absent": ("checked", {"state": "success", "confirmation": "absent"}),
    "refused": ("checked", {"state": "failed", "error_message": "Customer is locked."}),
    "timed_out": ("checked", {"state": "timed_out"}),
    "unknown": ("checked", {"state": "unknown"}),
    "not_sent": ("checked", {"state": "not_sent", "error_message": "The batch was cancelled."}),
    "left_out": ("left_out", None),
    "conflict": ("conflict", None),
    "invalid": ("invalid", None),
    "missing": ("missing", None),
    "unchanged": ("unchanged", None),
}
KINDS = tuple(_ROWS)
_ENDED = {"success", "failed", "timed_out", "not_sent"}
_PROBLEMS = {
    "invalid": "Postal code: Enter at most 10 characters.",
    "conflict": "Changed by others since: Phone.",
    "missing": "Not found in Codat. It may have been deleted.",
}


def batch_of(user: User, company_id: str, state: str, /, **rows: int) -> Batch:
    """A batch in this state with so many rows of each kind; `rows` names them as `_ROWS` does."""
    now = timezone.now()
    is_started = state not in ("preparing", "ready")
    batch = Batch.objects.create(
        user=user,
        username=user.get_username(),
        company_id=company_id,
        company_name="Harbour Lights Ltd",
        connection_id="connection",
        platform_name="QuickBooks Online",
        title="Set Country to United Kingdom",
        state=state,
        total=sum(rows.values()),
        started_at=now - timedelta(minutes=5) if is_started else None,
        finished_at=now if state in ("cancelled", "done") else None,
    )
    BatchStep.objects.create(batch=batch, user=user, username=user.get_username(), action="create")
    writes: list[Write] = []
    made: list[BatchRow] = []
    for kind, number in rows.items():
        row_state, values = _ROWS[kind]
        for _ in range(number):
            position = len(made) + 1
            row = _row(batch, position, row_state)
            if values is not None:
                row.write = _write(batch, row, values)
                writes.append(row.write)
            made.append(row)
    Write.objects.bulk_create(writes, batch_size=500)
    BatchRow.objects.bulk_create(made, batch_size=500)
    return batch


def _row(batch: Batch, position: int, state: str) -> BatchRow:
    text = _PROBLEMS.get(state)
    return BatchRow(
        batch=batch,
        position=position,
        customer_id=f"c{position}",
        customer_name=f"Customer {position:04}",
        state=state,
        problems=[{"text": text, "anchor": ""}] if text else [],
        changes=[{"label": "Country", "old": "GB", "new": "United Kingdom"}],
    )


def _write(batch: Batch, row: BatchRow, values: dict[str, Any]) -> Write:
    now = timezone.now()
    state = values["state"]
    return Write(
        user=batch.user,
        username=batch.username,
        company_id=batch.company_id,
        company_name=batch.company_name,
        connection_id=batch.connection_id,
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        kind=Write.Kind.UPDATE,
        payload=json.dumps({"id": row.customer_id, "country": "United Kingdom"}),
        before=json.dumps({"id": row.customer_id, "country": "GB"}),
        submission=uuid.uuid4(),
        batch=batch,
        position=row.position,
        sent_at=now if state not in ("queued", "not_sent") else None,
        completed_at=now if state in _ENDED else None,
        **values,
    )
