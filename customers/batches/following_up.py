"""What a person does with the rows of a batch: correct one before it is sent, try again what failed, undo the whole."""

import uuid
from dataclasses import replace

import simplejson
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from customers.batches import states
from customers.batches.checking import decide, target_maker
from customers.batches.creating import (
    BatchRequest,
    Selected,
    SelectedRows,
    create,
    instructions_of,
    own_instructions,
    row_submission,
)
from customers.batches.opening import open_row
from customers.batches.progress import RETRIED_ROWS, RETRIED_STATES
from customers.codat.types import Company, Connection
from customers.editing.edit import Edit, SaveOptions, Target
from customers.editing.opening import read_post
from customers.editing.save import Outcome, Ready
from customers.models import Batch, BatchRow, Write, WriteQuerySet
from customers.service import CustomerService

RowState, WriteState = BatchRow.State, Write.State

# Rows that a person may correct: nothing of them was sent.
CORRECTABLE = (RowState.INVALID, RowState.CONFLICT, RowState.CHECKED, RowState.LEFT_OUT)


def open_correction(row: BatchRow, service: CustomerService) -> Edit:
    """The form of a row as the batch fills it in, on the record as it is now, with what was found about it.

    A row that will be sent is opened with what will be sent, which a person may have corrected. Raises CodatError,
    NotPossible.
    """
    target = target_maker(row.batch, service)(row.customer_id)
    record = target.read(service)
    if not row.payload:
        edit, obstacles = open_row(row, row.batch, target, record)
        edit = edit.with_notes(*(each.text for each in obstacles))
    else:
        submission = row_submission(row.batch, row)
        filled = simplejson.loads(row.payload, use_decimal=True)
        if target.creating:
            form = target.form(filled=filled)
        else:
            form = target.form(target.with_pending(record, submission)[0], filled=filled)
        acknowledged = frozenset(row.acknowledged)
        edit = Edit(target, form, submission, retry_of=row.retry_of, acknowledged=acknowledged)
    edit.is_valid()
    edit.show_findings()
    return edit


def read_correction(row: BatchRow, target: Target, post: QueryDict) -> Edit:
    """The form of a row as a person posted it. Raises FormTampered."""
    return replace(
        read_post(target, post),
        submission=row_submission(row.batch, row),
        options=SaveOptions(),
        retry_of=row.retry_of,
    )


def correct(
    row: BatchRow, edit: Edit, *, user: User, service: CustomerService
) -> Ready | Outcome | None:
    """Decide about a row with a person's values in place of the batch's. Raises CodatError.

    `Ready`: the row is sent when the batch runs, also one that was left out. None where the row was sent meanwhile, or
    the batch ended.
    """
    row.refresh_from_db()
    is_open = row.batch.state in Batch.OPEN
    if row.write_id is not None or row.state not in CORRECTABLE or not is_open:
        return None
    read_at = timezone.now()
    record = edit.target.read(service)
    return decide(row, row.batch, edit, service, record=record, read_at=read_at, by=user)


def take_in(row: BatchRow) -> bool:
    """Take in a row that was left out; whether it was, and its batch is open. `checking.check_row` decides about it.

    Until then it needs a person: the batch of a row that waits to be checked cannot end.
    """
    rows = BatchRow.objects.filter(
        pk=row.pk, state=RowState.LEFT_OUT, write=None, batch__state__in=Batch.OPEN
    )
    problem = states.problem("This row was left out, and is not checked again yet.")
    return bool(rows.update(state=RowState.CONFLICT, problems=[problem]))


def retried_rows(batch: Batch) -> QuerySet[BatchRow]:
    """The rows of a batch that may be tried again: nothing of them was accepted."""
    rows = BatchRow.objects.filter(batch=batch)
    return (
        rows.filter(write__state__in=RETRIED_STATES).exclude(state=RowState.LEFT_OUT)
        | rows.filter(write=None, state__in=RETRIED_ROWS)
    ).order_by("position")


def retried(batch: Batch) -> SelectedRows[BatchRow]:
    """The customers of the rows that may be tried again, each with the write that failed and its own instructions.

    A row keeps its number, which is that of a row of the file after an import.
    """
    columns = "customer_id", "customer_name", "instructions", "acknowledged", "position"
    rows = retried_rows(batch).select_related("write").only(*columns, "write__id")
    return SelectedRows(
        rows,
        lambda row: Selected(
            row.customer_id,
            row.customer_name,
            row.write,
            own_instructions(row),
            row.acknowledged,
            row.position,
        ),
    )


def retry(
    batch: Batch,
    user: User,
    *,
    company: Company,
    connection: Connection,
    submission: uuid.UUID,
) -> tuple[Batch, bool] | None:
    """A batch of the rows that failed, with their findings, and whether it is new; None where no row failed.

    Also None once the values of the batch were deleted.

    Each customer is read and checked again. With other values it is made like any batch (`pages/new_view.py`).
    """
    selected = retried(batch)
    if batch.forgotten_at or not len(selected):
        return None
    request = BatchRequest(
        company_id=batch.company_id,
        company=company,
        connection=connection,
        selected=selected,
        title=batch.title,
        submission=submission,
        instructions=instructions_of(batch),
        kind=Batch.Kind.RETRY,
        question=batch.question,
        source=batch,
    )
    return create(request, user)


def undone_writes(batch: Batch) -> WriteQuerySet:
    """The writes of a batch that can be undone: accepted, and nobody has changed their customer since.

    The conditions are those of `effects.can_be_undone`.
    """
    later = Write.objects.filter(
        Q(sent_at__gt=OuterRef("sent_at")) | Q(sent_at=None, created_at__gt=OuterRef("created_at")),
        company_id=batch.company_id,
        customer_id=OuterRef("customer_id"),
    ).exclude(state__in=(*Write.UNSENT, WriteState.FAILED))
    accepted = Write.objects.filter(batch=batch, state=WriteState.SUCCESS, kind=Write.Kind.UPDATE)
    unchanged = accepted.exclude(payload="").exclude(before="").filter(~Exists(later))
    return unchanged.order_by("position")


def undo(
    batch: Batch, user: User, *, company: Company, connection: Connection, submission: uuid.UUID
) -> tuple[Batch, bool] | None:
    """A batch that undoes the accepted rows of another, and whether it is new; None where there are none.

    Customers that were created stay: nothing here deletes one.
    """
    writes = undone_writes(batch).only("customer_id", "customer_name", "position")
    if not writes.exists():
        return None
    request = BatchRequest(
        company_id=batch.company_id,
        company=company,
        connection=connection,
        selected=SelectedRows(
            writes, lambda write: Selected(write.customer_id, write.customer_name, write)
        ),
        title=f"Undo: {batch.title}",
        submission=submission,
        kind=Batch.Kind.UNDO,
        source=batch,
    )
    return create(request, user)
