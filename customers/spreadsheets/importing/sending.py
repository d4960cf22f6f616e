"""Sending an import: the rows that are new or changed become a batch, once, in one transaction with the import.

The batch then reads and checks each customer freshly. Where that finds nothing new, it starts by itself.
"""

import time
import uuid
from collections.abc import Callable, Collection, Iterator

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from customers.batches.creating import (
    BatchRequest,
    Selected,
    create_in_transaction,
    fill,
    fingerprint_of,
)
from customers.batches.estimate import Estimate, estimate
from customers.batches.instructions import Instruction
from customers.codat.companies import accounting_connection
from customers.formatting import thousands
from customers.models import Batch, Import, ImportRow
from customers.service import CustomerService
from customers.spreadsheets.importing import states
from customers.spreadsheets.importing.elsewhere import changed_by_batches
from customers.spreadsheets.importing.index import LEAVE_OUT
from customers.spreadsheets.importing.problems import Problem
from customers.writes.save_lock import lock_in_transaction

State, RowState = Import.State, ImportRow.State

_PIECE = 500
# Seconds in which a page adds rows to the batch. The worker adds the others.
_FILLED_AT_ONCE = 2


class CannotSend(Exception):
    """No batch can be made of an import now. str(e) is a sentence for people."""


def price(source: Import, service: CustomerService) -> Estimate:
    """What the rows that can be sent need: calls of the day's quota, and time. Makes no call."""
    return estimate(_sendable(source).count(), service)


def send(source: Import, user: User, service: CustomerService, *, note: str = "") -> Batch:
    """The batch of an import that is checked, of its rows that are new or changed. Raises CannotSend, CodatError.

    Two people at once, and a repeated call, make one batch. A customer that another batch has taken up since the check
    is a conflict: then nothing is sent, and the row says so.
    """
    company = service.get_company(company_id=source.company_id)
    connection = accounting_connection(company, source.connection_id)
    if connection is None:
        raise CannotSend("The company’s connection was replaced, so nothing was sent.")
    request = BatchRequest(
        source.company_id,
        company,
        connection,
        _Rows(source),
        f"Import {source.file_name}",
        uuid.uuid5(source.pk, "batch"),
        kind=Batch.Kind.IMPORT,
        note=note,
    )
    # Reads all rows, so it is made before anybody has to wait.
    fingerprint = fingerprint_of(request)
    with transaction.atomic():
        # Of two imports of one company, the second sees the batch of the first.
        lock_in_transaction(f"imports {source.company_id}")
        batch = _sent(source)
        conflicts = _find_conflicts(source) if batch is None else ""
        if batch is None and not conflicts:
            batch = _send(source, user, request, fingerprint)
    if batch is None:
        raise CannotSend(conflicts)
    ends_at = time.monotonic() + _FILLED_AT_ONCE
    fill_batch(source, should_stop=lambda: time.monotonic() > ends_at)
    batch.refresh_from_db()
    return batch


def fill_batch(source: Import, *, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Add the rows of the batch that was made of an import; how many it has. The worker goes on where this stopped."""
    if source.batch is None:
        return 0
    fill(source.batch, _Rows(source), should_stop=should_stop)
    return source.batch.rows.count()


def _sent(source: Import) -> Batch | None:
    """The batch that was made of the import already."""
    source.refresh_from_db()
    if source.state == State.SENT:
        return source.batch
    if source.state != State.CHECKED:
        raise CannotSend("The import has changed. Check it again before you send it.")
    if not _sendable(source).exists():
        raise CannotSend("No row is new or changed, so there is nothing to send.")
    return None


def _send(source: Import, user: User, request: BatchRequest, fingerprint: str) -> Batch:
    batch, is_new = create_in_transaction(request, user, fingerprint)
    if not is_new:
        raise CannotSend(f"{batch.username} has sent the same rows already: {batch.title}.")
    if not states.sent(source, user, batch):
        raise CannotSend("The import has changed. Check it again before you send it.")
    return batch


def _find_conflicts(source: Import) -> str:
    """Mark the rows whose customers a batch has taken up since the check; a sentence about them, "" for none."""
    elsewhere = changed_by_batches(source)
    if not elsewhere:
        return ""
    number = 0
    for row in _sendable(source).exclude(customer_id="").iterator(chunk_size=_PIECE):
        sentence = elsewhere.get(row.customer_id)
        if sentence is not None:
            number += 1
            problem = Problem(RowState.CONFLICT, sentence, choices=((LEAVE_OUT, "Leave it out"),))
            row.state, row.problem_kind = RowState.CONFLICT, problem.kind
            row.problems, row.instructions = [problem.to_json()], []
            row.save(update_fields=["state", "problem_kind", "problems", "instructions"])
    if not number:
        return ""
    rows = "1 row is" if number == 1 else f"{thousands(number)} rows are"
    return (
        f"{rows} in a batch that was started since the check. Look at them, then send the others."
    )


def _sendable(source: Import) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(source=source, state__in=ImportRow.SENDABLE)


class _Rows(Collection[Selected]):
    """The rows that are sent, read from the database as they are iterated."""

    def __init__(self, source: Import) -> None:
        self._rows = _sendable(source).order_by("position")

    def __len__(self) -> int:
        return self._rows.count()

    def __contains__(self, one: object) -> bool:
        return any(one == each for each in self)

    def __iter__(self) -> Iterator[Selected]:
        columns = ("position", "customer_id", "customer_name", "instructions", "acknowledged")
        for row in self._rows.values_list(*columns, named=True).iterator(chunk_size=_PIECE):
            yield Selected(
                row.customer_id,
                row.customer_name,
                instructions=[Instruction.from_json(each) for each in row.instructions],
                acknowledged=row.acknowledged,
                position=row.position,
            )
