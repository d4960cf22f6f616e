"""What one write changes by itself, and the write that undoes it.

A write sends every field of the record, also those that others had changed and Codat's copy did not show yet: those
are not its own changes.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from customers.models import Write
from customers.writes.diff import FieldChange, changed_fields
from customers.writes.showing.pending import apply_pending

State = Write.State

# Earlier writes of one customer that are looked at.
MAX_EARLIER = 20
# Characters of a write's values that a list compares.
_MAX_COMPARED = 200_000
_UNDOABLE = (State.PENDING, State.SUCCESS)


def earlier_writes(write: Write) -> list[Write]:
    """The newest writes of the same customer before a write, the newest first."""
    rows = Write.objects.filter(
        company_id=write.company_id,
        customer_id=write.customer_id,
        kind=Write.Kind.UPDATE,
        created_at__lt=write.created_at,
    ).exclude(state__in=Write.UNSENT)
    return list(rows.order_by("-created_at", "-id")[:MAX_EARLIER])


def values_before(write: Write, earlier: Iterable[Write]) -> dict[str, Any]:
    """The record as the person saw it: Codat's copy with what was pending when the write was saved.

    `earlier` are the customer's writes before it, the newest first. {} for a new customer.
    """
    before = write.values_before
    pending = _pending_then(write, earlier) if before else []
    return apply_pending(before, pending)[0] if pending else before


def values_after(write: Write, earlier: Iterable[Write]) -> dict[str, Any]:
    """The record that a write makes of that one."""
    return apply_pending(write.values_before, [*_pending_then(write, earlier), write])[0]


def own_changes(write: Write, earlier: Iterable[Write] = ()) -> list[FieldChange]:
    """The fields that a write changes by itself; [] once its values were deleted."""
    if not write.payload:
        return []
    return changed_fields(values_before(write, earlier), write.sent_values)


def is_too_long(write: Write) -> bool:
    """Whether a write has so many values that a list does not compare them: the page of the change does."""
    return len(write.payload) + len(write.before) > _MAX_COMPARED


def changes_of_rows(writes: Sequence[Write]) -> list[list[FieldChange]]:
    """The fields that each row of a list of changes shows: none of a new customer, and none of a very long change.

    `writes` are the list's, the newest first: what was pending for another is looked for among them.
    """
    return [_changes_of_row(write, writes[index + 1 :]) for index, write in enumerate(writes)]


def _changes_of_row(write: Write, older: Sequence[Write]) -> list[FieldChange]:
    if write.kind != Write.Kind.UPDATE or is_too_long(write):
        return []
    customer = write.company_id, write.customer_id
    earlier = [other for other in older if (other.company_id, other.customer_id) == customer]
    return own_changes(write, earlier[:MAX_EARLIER])


def _pending_then(write: Write, earlier: Iterable[Write]) -> list[Write]:
    """The writes that were pending when this one was saved, the oldest first."""
    return [other for other in earlier if _was_pending(other, write)][::-1]


def _was_pending(other: Write, write: Write) -> bool:
    """Whether Codat's copy did not show another write yet when this one was saved."""
    if other.kind != Write.Kind.UPDATE or other.created_at >= write.created_at:
        return False
    if other.state in Write.UNSENT:
        return False
    ended_at = other.confirmed_at if other.state == State.SUCCESS else other.completed_at
    is_pending = other.confirmation == Write.Confirmation.WAITING or not other.is_finished
    return is_pending or (ended_at is not None and ended_at > write.created_at)


# -- undo -------------------------------------------------------------------------------------------


def can_be_undone(write: Write) -> bool:
    """Whether the values from before a write can be sent: it changed a customer and was not refused."""
    is_update = write.kind == Write.Kind.UPDATE
    return is_update and bool(write.payload and write.before) and write.state in _UNDOABLE


def undo_submission(write_id: uuid.UUID) -> uuid.UUID:
    """The submission of the undo of a write: a write is undone once, however often it is asked for."""
    return uuid.uuid5(write_id, "undo")


def is_undo(write: Write) -> bool:
    """Whether a write is the undo of the one that it replaces. A row of a batch that was not sent undoes nothing."""
    undone = write.retry_of_id
    if undone is None or write.state == State.NOT_SENT:
        return False
    return write.submission == undo_submission(undone)


def let_undo_again(write_id: uuid.UUID) -> None:
    """Let a write be undone whose undo was a row of a batch that was not sent: that one gets another submission."""
    unsent = Write.objects.filter(submission=undo_submission(write_id), state=State.NOT_SENT)
    unsent.update(submission=uuid.uuid4())
