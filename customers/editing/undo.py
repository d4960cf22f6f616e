"""Undoing a change: the values from before it are sent as a new change, through the same save. Knows no HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

from customers.editing.edit import Target
from customers.editing.opening import undo_edit
from customers.editing.save import AlreadySaved, AlreadySavedDifferently, Outcome, save
from customers.models import Write
from customers.service import CustomerService
from customers.writes.showing.effects import can_be_undone, let_undo_again, undo_submission


@dataclass(frozen=True, slots=True)
class NotUndoable:
    """The change cannot be undone: it added the customer, was refused, or its values were deleted."""

    write: Write


def undo(
    target: Target, write: Write, *, user: User, service: CustomerService
) -> Outcome | NotUndoable:
    """Undo a change of the target's customer once, however often it is asked for. Raises CodatError.

    Only the fields that the change itself changed are put back. Where one of them was changed since, the
    outcome is MergeNeeded, and nothing is sent.
    """
    let_undo_again(write.pk)
    earlier_undo = Write.objects.filter(submission=undo_submission(write.pk)).first()
    if earlier_undo is not None:
        return AlreadySaved(earlier_undo)
    if not can_be_undone(write):
        return NotUndoable(write)
    # Its earlier email and tax number were the customer's own, whoever else has them.
    outcome = save(undo_edit(target, write), user=user, service=service, by_name_only=True)
    # Two at the same time: the values may differ, since others' changes are kept, and it is the same undo.
    return AlreadySaved(outcome.write) if isinstance(outcome, AlreadySavedDifferently) else outcome
