"""An import from its file to what Codat has afterwards: read, matched, checked, sent as a batch."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from customers.models import Batch, BatchRow, Import
from customers.service import default_service
from customers.spreadsheets.importing import sending, states, working
from sandbox import Sandbox
from tests.support.batches import check, send, writes
from tests.support.imports import alive, changes, checked, csv_of, row, states_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_rows_that_are_changed_and_new_reach_codat(sandbox: Sandbox, editor: User) -> None:
    first, second, third = alive(sandbox)[:3]
    content = csv_of(
        ["Customer ID", "Name", "Phone", "E-mail"],
        [first["id"], first["customerName"], "+44 20 7946 0001", ""],
        [second["id"], second["customerName"], second.get("phone", ""), ""],
        [third["id"], third["customerName"], "(clear)", "new@example.com"],
        ["", "Brand New Bakery", "+44 20 7946 0002", "hello@bakery.example"],
    )
    source = checked(sandbox, editor, content)
    assert states_of(source) == {"changed": 2, "unchanged": 1, "new": 1}
    assert ("Phone", first["phone"], "+44 20 7946 0001") in changes(row(source, 2))
    assert row(source, 5).customer_name == "Brand New Bakery"
    assert sending.price(source, default_service()).changes == 3

    batch = sending.send(source, editor, default_service())
    source.refresh_from_db()
    assert (source.state, source.batch) == (Import.State.SENT, batch)
    assert (batch.kind, batch.title) == (Batch.Kind.IMPORT, "Import customers.csv")
    assert [each.position for each in BatchRow.objects.filter(batch=batch)] == [2, 4, 5]
    assert sending.send(source, editor, default_service()) == batch
    check(batch)
    batch.refresh_from_db()
    assert batch.state == batch.State.RUNNING
    send(batch)
    assert {each.state for each in writes(batch)} == {"pending"}
    sandbox.settle()
    copy = {one["customerName"]: one for one in sandbox.state("qbo").source.values()}
    assert copy[first["customerName"]]["phone"] == "+44 20 7946 0001"
    assert copy[third["customerName"]]["phone"] == ""
    assert copy[third["customerName"]]["emailAddress"] == "new@example.com"
    assert copy["Brand New Bakery"]["emailAddress"] == "hello@bakery.example"


def test_the_worker_adds_the_rows_that_a_page_did_not(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process of the page died after it had sent the import, or the file is long."""
    monkeypatch.setattr(sending, "_FILLED_AT_ONCE", -1)
    first = alive(sandbox)[0]
    content = csv_of(["Customer ID", "Phone"], [first["id"], "+44 20 7946 0001"])
    source = checked(sandbox, editor, content)
    assert working.due_imports() == []
    batch = sending.send(source, editor, default_service())
    assert (batch.is_filled, batch.total, batch.rows.count()) == (False, 1, 0)

    source = Import.objects.get(pk=source.pk)
    # Its rows are needed, so the file cannot be deleted yet.
    assert not states.delete_now(source, editor)
    assert working.due_imports() == [source]
    assert working.step(source, default_service()) == 1
    assert working.due_imports() == []
    batch.refresh_from_db()
    assert batch.is_filled
    assert check(batch).state == Batch.State.RUNNING
    assert states.delete_now(source, editor)
