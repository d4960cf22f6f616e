"""Checking a batch: each row is decided about as a save, before anything is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

from customers.batches import checking, creating, states
from customers.batches.halts import MAX_HALTS
from customers.batches.instructions import Action, Instruction
from customers.codat.client import default_client
from customers.editing.edit import Target
from customers.models import Batch, BatchRow, Write
from customers.service import default_service
from sandbox import Sandbox
from sandbox.faults import Kind
from tests.support.batches import (
    PHONE,
    check,
    customers_of,
    made,
    request_of,
    row_states,
    send,
    set_phone,
    started,
)
from tests.support.journal import (
    COMPANY,
    calls,
    changed_in_codat,
    codat_is_back,
    customer,
    sent,
    write_request,
)

pytestmark = pytest.mark.django_db(transaction=True)

State, RowState = Batch.State, BatchRow.State


def row(batch: Batch, position: int = 1) -> BatchRow:
    """A row as the database has it."""
    return BatchRow.objects.get(batch=batch, position=position)


def texts(batch: Batch, position: int = 1) -> str:
    """The problems of a row."""
    return " ".join(problem["text"] for problem in row(batch, position).problems)


def test_each_row_is_read_once_and_keeps_what_would_be_sent(sandbox: Sandbox, editor: User) -> None:
    batch = made(sandbox, editor)
    sandbox.clear_calls()
    check(batch)

    assert batch.state == State.READY
    reads = [call for call in sandbox.calls if "/data/customers/" in call.path]
    assert len(reads) == 5
    assert not calls(sandbox)
    first = row(batch)
    assert first.state == RowState.CHECKED
    assert json.loads(first.payload)["phone"] == PHONE
    assert json.loads(first.before)["id"] == first.customer_id
    assert [change["label"] for change in first.changes] == ["Phone"]
    assert first.changes[0]["new"] == PHONE
    assert batch.calls == 5


def test_a_row_that_has_the_value_already_drops_out(sandbox: Sandbox, editor: User) -> None:
    changed_in_codat(sandbox, customer(sandbox, 1), phone=PHONE)
    batch = check(made(sandbox, editor, 3))
    assert row_states(batch) == ["checked", "unchanged", "checked"]
    states.start(batch, editor)
    send(batch)
    assert len(calls(sandbox)) == 2


def test_a_row_says_that_codat_shows_no_addresses_of_its_customer(
    sandbox: Sandbox, editor: User
) -> None:
    """Zoho Books leaves addresses out of what is read."""
    for instructions, state in (
        ([Instruction(Action.SET, "addresses.country", "GB")], "unchanged"),
        ([Instruction(Action.SET, "addresses.country", "GB"), set_phone("1")], "checked"),
    ):
        for customer_id in customers_of(sandbox, 2):
            changed_in_codat(sandbox, customer_id, addresses=[])
        batch = check(made(sandbox, editor, 2, instructions))
        assert row_states(batch) == [state] * 2
        assert texts(batch) == "Codat shows no addresses of this customer."


def test_a_row_that_breaks_the_model_names_its_field(sandbox: Sandbox, editor: User) -> None:
    batch = check(made(sandbox, editor, 2, [Instruction(Action.CLEAR, "customerName")]))
    assert row_states(batch) == ["invalid", "invalid"]
    problem = row(batch).problems[0]
    assert problem["anchor"] == "f-customerName"
    assert "name" in problem["text"].lower()
    states.start(batch, editor)
    send(batch)
    assert not calls(sandbox)


def test_a_customer_that_is_gone_or_deleted_is_not_found(sandbox: Sandbox, editor: User) -> None:
    ids = customers_of(sandbox, 3)
    changed_in_codat(sandbox, ids[1], metadata={"isDeleted": True})
    batch, _ = creating.create(request_of(sandbox, [ids[0], ids[1], "gone/1", "new", ".."]), editor)
    check(batch)
    assert row_states(batch) == ["checked", "missing", "missing", "missing", "missing"]
    assert "deleted" in texts(batch, 2)


def test_a_pending_change_of_the_customer_is_part_of_what_is_sent(
    sandbox: Sandbox, editor: User
) -> None:
    sent(editor, write_request(sandbox, customer(sandbox), emailAddress="pending@example.com"))
    batch = check(made(sandbox, editor, 1))
    assert json.loads(row(batch).payload)["emailAddress"] == "pending@example.com"


def test_a_customer_whose_change_is_being_sent_is_a_conflict(
    sandbox: Sandbox, editor: User
) -> None:
    write = sent(editor, write_request(sandbox, customer(sandbox)))
    Write.objects.filter(pk=write.pk).update(state=Write.State.SENDING, push_operation_key="")
    batch = check(made(sandbox, editor, 1))
    assert row_states(batch) == ["conflict"]
    assert "editor" in texts(batch)


def test_a_name_that_another_customer_has_is_named(sandbox: Sandbox, editor: User) -> None:
    name = sandbox.state(COMPANY).copy[customer(sandbox, 3)]["customerName"]
    instruction = Instruction(Action.SET, "customerName", name)
    batch = check(made(sandbox, editor, 1, [instruction]))
    assert row_states(batch) == ["invalid"]
    assert "name" in texts(batch)


def test_a_stored_value_outside_the_options_is_left_alone(sandbox: Sandbox, editor: User) -> None:
    changed_in_codat(sandbox, customer(sandbox), status="Something else")
    batch = check(made(sandbox, editor, 1))
    assert row_states(batch) == ["checked"]
    assert [change["label"] for change in row(batch).changes] == ["Phone"]


@pytest.mark.parametrize("status", [401, 402, 429, 503])
def test_codat_that_is_away_fails_no_row_and_the_check_goes_on_later(
    sandbox: Sandbox, editor: User, status: int, no_waiting: None
) -> None:
    batch = made(sandbox, editor)
    sandbox.faults.add("/data/customers/", "status", status=status, count=-1)
    checking.check_turn(batch, default_service())
    assert row_states(batch) == ["waiting"] * 5
    batch.refresh_from_db()
    assert batch.state == State.PREPARING
    assert batch.due_at is not None
    codat_is_back(sandbox)
    check(batch)
    assert row_states(batch) == ["checked"] * 5


@pytest.mark.parametrize("position", [1, 5, 10])
@pytest.mark.parametrize(
    ("kind", "status"), [("status", 400), ("status", 403), ("status", 500), ("html", None)]
)
def test_a_customer_that_cannot_be_read_stops_no_other_row(
    sandbox: Sandbox, editor: User, kind: Kind, status: int | None, position: int, no_waiting: None
) -> None:
    batch = made(sandbox, editor, 10)
    unreadable = row(batch, position).customer_id
    sandbox.faults.add(f"/data/customers/{unreadable}$", kind, status=status, count=-1)
    check(batch)
    expected = ["checked"] * 10
    expected[position - 1] = "invalid"
    assert row_states(batch) == expected
    assert (batch.state, batch.halted) == (State.READY, "")
    assert texts(batch, position).startswith("Codat ") or "API key" in texts(batch, position)


def test_the_only_customer_that_cannot_be_read_is_waited_for_at_first(
    sandbox: Sandbox, editor: User, no_waiting: None
) -> None:
    batch = made(sandbox, editor, 1)
    sandbox.faults.add("/data/customers/", "status", status=500, count=-1)
    for _ in range(MAX_HALTS):
        assert checking.check_turn(batch, default_service()).is_finished
        assert row_states(batch) == ["waiting"]
        batch.refresh_from_db()
        assert batch.halted == Batch.Halt.UNAVAILABLE
        # The circuit is closed again.
        default_client.cache_clear()
        cache.clear()
    check(batch)
    assert row_states(batch) == ["invalid"]
    assert batch.state == State.READY


def test_a_batch_that_is_cancelled_while_it_is_checked_stays_cancelled(
    sandbox: Sandbox, editor: User
) -> None:
    batch = made(sandbox, editor)
    states.cancel(batch, editor)
    check(batch)
    assert batch.state == State.CANCELLED


def test_a_row_left_out_during_its_check_stays_out(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = made(sandbox, editor, 1)

    read = Target.read

    def and_leave_out(*arguments: Any) -> dict[str, Any]:
        assert states.leave_out(row(batch))
        return read(*arguments)

    monkeypatch.setattr(Target, "read", and_leave_out)
    check(batch)
    assert row_states(batch) == ["left_out"]


def test_an_error_of_one_row_does_not_stop_the_others(
    sandbox: Sandbox, editor: User, caplog: pytest.LogCaptureFixture
) -> None:
    batch = made(sandbox, editor, 3)
    unreadable = {"action": "burn", "key": "phone"}
    BatchRow.objects.filter(batch=batch, position=2).update(instructions=[unreadable])
    check(batch)
    assert row_states(batch) == ["checked", "invalid", "checked"]
    assert "because of an error in the dashboard" in texts(batch, 2)
    assert "burn" in caplog.text


def test_read_only_software_ends_every_row_with_its_reason(sandbox: Sandbox, editor: User) -> None:
    batch = made(sandbox, editor, 3, company="read_only")
    check(batch)
    assert row_states(batch) == ["conflict"] * 3
    assert "can be read through Codat, but not" in texts(batch)


def test_the_same_page_and_the_same_request_make_one_batch(sandbox: Sandbox, editor: User) -> None:
    ids = customers_of(sandbox, 3)
    request = request_of(sandbox, ids)
    first, is_new = creating.create(request, editor)
    assert is_new
    assert creating.create(request, editor) == (first, False)
    colleague = User.objects.create_user("colleague")
    assert creating.create(request_of(sandbox, ids[::-1]), colleague) == (first, False)
    other, is_new = creating.create(request_of(sandbox, ids, [set_phone("1")]), colleague)
    assert is_new
    assert other != first
    states.cancel(first, editor)
    assert creating.create(request_of(sandbox, ids), colleague)[1]


def test_a_started_batch_is_checked_again_row_by_row_in_the_journal(
    sandbox: Sandbox, editor: User
) -> None:
    """A change between the check and the start is found when the rows are journaled."""
    batch = check(made(sandbox, editor, 3))
    sent(editor, write_request(sandbox, customer(sandbox, 1), phone="+44 by hand"))
    states.start(batch, editor)
    send(batch)
    assert row_states(batch) == ["pending", "conflict", "pending"]
    assert "changed this customer" in texts(batch, 2)


def test_an_edit_in_a_form_that_somebody_has_open_is_merged_after_the_batch(
    sandbox: Sandbox, editor: User
) -> None:
    batch = started(sandbox, editor, 1)
    send(batch)
    sandbox.settle()
    source = sandbox.state(COMPANY).source[customer(sandbox)]
    assert source["phone"] == PHONE
