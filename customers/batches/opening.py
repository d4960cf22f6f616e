"""The form of a row's customer as the batch fills it in: by its instructions, or by undoing a change."""

from dataclasses import replace
from typing import Any

from customers.batches.applying import Obstacle, apply, apply_own
from customers.batches.creating import instructions_of, own_instructions, row_submission
from customers.editing.edit import Edit, Target
from customers.editing.opening import undo_edit
from customers.models import Batch, BatchRow, Write
from customers.writes.showing.effects import is_undo, let_undo_again


def open_row(
    row: BatchRow, batch: Batch, target: Target, record: dict[str, Any]
) -> tuple[Edit, list[Obstacle]]:
    """The form of a row's customer as the batch fills it in, and why not all of it. Nothing is validated yet."""
    undone = _undone(row, batch)
    if undone is not None:
        return _open_undo(row, batch, target, undone), []
    submission = row_submission(batch, row)
    current = {} if target.creating else target.with_pending(record, submission)[0]
    form = target.form(current)
    if batch.kind == Batch.Kind.RETRY:
        # Here the instructions of the batch are what a person wants instead of the values that were refused.
        obstacles = apply_own(form, own_instructions(row))
        apply(form, instructions_of(batch))
    else:
        apply(form, instructions_of(batch))
        obstacles = apply_own(form, own_instructions(row))
    acknowledged = frozenset(row.acknowledged)
    edit = Edit(target, form, submission, retry_of=row.retry_of, acknowledged=acknowledged)
    return edit, obstacles


def _undone(row: BatchRow, batch: Batch) -> Write | None:
    """The change that a row undoes; also where it tries again an undo that was refused. None for any other row."""
    if batch.kind == Batch.Kind.UNDO:
        return row.retry_of
    write = row.retry_of
    while write is not None and not is_undo(write):
        write = write.retry_of
    return write.retry_of if write else None


def _open_undo(row: BatchRow, batch: Batch, target: Target, undone: Write) -> Edit:
    if batch.kind == Batch.Kind.UNDO:
        let_undo_again(undone.pk)
        return undo_edit(target, undone)
    edit = undo_edit(target, undone)
    apply(edit.form, instructions_of(batch))
    return replace(edit, submission=row_submission(batch, row), retry_of=row.retry_of)
