"""A batch of an import is created in the import's transaction, and its rows are added afterwards, in pieces."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from customers.batches import creating, states
from customers.batches.checking import check_turn
from customers.batches.creating import BatchRequest
from customers.batches.progress import progress_of
from customers.batches.sending import due_batches
from customers.models import Batch, BatchRow, BatchStep
from customers.service import default_service
from sandbox import Sandbox
from tests.support.batches import check, new_customer, request_of, row_states
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 12


@pytest.fixture
def request_of_import(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> BatchRequest:
    """What an import asks for, whose rows have the numbers of a sheet."""
    monkeypatch.setattr(creating, "_PIECE", 5)
    rows = [replace(new_customer(f"Nursery {n}"), position=n) for n in range(2, ROWS + 2)]
    return replace(request_of(sandbox, []), selected=rows, instructions=(), kind=Batch.Kind.IMPORT)


def created(request: BatchRequest, user: User) -> Batch:
    """The batch, without rows."""
    with transaction.atomic():
        batch, is_new = creating.create_in_transaction(
            request, user, creating.fingerprint_of(request)
        )
    assert is_new
    return batch


def positions(batch: Batch) -> list[int]:
    return list(BatchRow.objects.filter(batch=batch).values_list("position", flat=True))


def test_a_batch_belongs_to_the_transaction_of_the_caller(
    request_of_import: BatchRequest, editor: User
) -> None:
    fingerprint = creating.fingerprint_of(request_of_import)
    with pytest.raises(transaction.TransactionManagementError):
        creating.create_in_transaction(request_of_import, editor, fingerprint)
    with transaction.atomic():
        creating.create_in_transaction(request_of_import, editor, fingerprint)
        transaction.set_rollback(True)
    assert not Batch.objects.exists()
    assert not BatchStep.objects.exists()
    batch = created(request_of_import, editor)
    with transaction.atomic():
        again = creating.create_in_transaction(request_of_import, editor, fingerprint)
    assert again == (batch, False)


def test_it_waits_until_all_rows_are_there(request_of_import: BatchRequest, editor: User) -> None:
    batch = created(request_of_import, editor)
    assert (batch.total, batch.is_filled, positions(batch)) == (ROWS, False, [])
    pieces = iter([False, True])
    assert not creating.fill(batch, request_of_import.selected, should_stop=lambda: next(pieces))
    assert positions(batch) == [2, 3, 4, 5, 6]

    assert due_batches(Batch.State.PREPARING) == []
    assert check_turn(batch, default_service()).rows == 5
    assert check_turn(batch, default_service()).is_finished
    batch.refresh_from_db()
    assert batch.state == Batch.State.PREPARING
    progress = progress_of(batch)
    assert (progress.total, progress.checked, progress.of("waiting")) == (ROWS, 5, ROWS - 5)

    assert creating.fill(batch, request_of_import.selected)
    assert creating.fill(batch, request_of_import.selected)
    assert positions(batch) == [*range(2, ROWS + 2)]
    assert due_batches(Batch.State.PREPARING) == [batch]
    assert check(batch).state == Batch.State.RUNNING
    assert row_states(batch) == ["checked"] * ROWS


def test_several_processes_add_each_row_once(request_of_import: BatchRequest, editor: User) -> None:
    batch = created(request_of_import, editor)

    def fill() -> bool:
        return creating.fill(Batch.objects.get(pk=batch.pk), request_of_import.selected)

    assert all_at_once([fill] * 4) == [True] * 4
    assert positions(batch) == [*range(2, ROWS + 2)]
    batch.refresh_from_db()
    assert (batch.total, batch.is_filled) == (ROWS, True)


def test_one_that_is_cancelled_counts_its_rows_as_not_sent(
    request_of_import: BatchRequest, editor: User
) -> None:
    batch = created(request_of_import, editor)
    assert states.cancel(batch, editor)
    progress = progress_of(batch)
    assert (progress.of("not_sent"), progress.percent) == (ROWS, 100)
    assert creating.fill(batch, request_of_import.selected)
    assert progress_of(batch).counts == {"not_sent": ROWS}
