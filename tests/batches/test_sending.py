"""Sending a batch: every row once, until a pause or a cancellation, and not over a person's change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from customers.access import people
from customers.batches import journaling, sending, states
from customers.models import Batch, BatchRow, BatchStep, Grant, Write
from customers.service import default_service
from sandbox import Sandbox
from tests.support.batches import (
    PHONE,
    check,
    made,
    phase,
    row_states,
    send,
    set_phone,
    started,
    writes,
)
from tests.support.journal import (
    COMPANY,
    calls,
    codat_is_back,
    customer,
    pass_time,
    sent,
    settle_to_the_end,
    write_request,
)

pytestmark = pytest.mark.django_db(transaction=True)

State, WriteState = Batch.State, Write.State


def test_each_row_is_sent_once_and_nothing_before_the_start(sandbox: Sandbox, editor: User) -> None:
    batch = check(made(sandbox, editor))
    assert (batch.state, row_states(batch)) == (State.READY, ["checked"] * 5)
    assert not Write.objects.exists()

    states.start(batch, editor)
    turn = send(batch)

    assert (turn.sent, turn.failed, turn.halted) == (5, 0, "")
    assert row_states(batch) == ["pending"] * 5
    assert len(calls(sandbox)) == 5
    send(batch)
    assert len(calls(sandbox)) == 5
    sandbox.settle()
    for write in writes(batch):
        assert sandbox.state(COMPANY).source[write.customer_id]["phone"] == PHONE
    assert phase(batch) == State.RUNNING  # Its rows have not ended.


def test_a_batch_is_done_once_every_row_was_read_back(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor)
    send(batch)
    settle_to_the_end(sandbox)
    assert {write.confirmation for write in writes(batch)} <= {"confirmed", "differs"}
    assert states.finish(batch)
    assert phase(batch) == State.DONE
    actions = BatchStep.objects.filter(batch=batch).values_list("action", "username")
    assert list(actions) == [("create", "editor"), ("start", "editor"), ("finish", "")]


def test_a_batch_with_an_unknown_row_is_not_done(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 1)
    sandbox.faults.add("PUT", "reset", handled=True)
    send(batch)
    settle_to_the_end(sandbox)
    assert row_states(batch) == ["unknown"]
    assert not states.finish(batch)


@pytest.mark.parametrize("move", [states.pause, states.cancel])
def test_no_row_leaves_after_a_pause_or_a_cancellation(
    sandbox: Sandbox, editor: User, move: Callable[[Batch, User], bool]
) -> None:
    batch = started(sandbox, editor, 20)
    turn_of_one, at_the_move = threading.Lock(), list[int]()

    def pace() -> None:
        with turn_of_one:
            if len(calls(sandbox)) >= 6 and not at_the_move:
                move(Batch.objects.get(pk=batch.pk), editor)
                at_the_move.append(len(calls(sandbox)))

    turn = sending.send_slice(batch, default_service(), pace=pace)

    # Rows that were claimed before are finished: at most one in each thread.
    arrived = len(calls(sandbox))
    assert arrived <= at_the_move[0] + 4
    assert arrived < 20
    assert turn.halted == "stopped"
    found = row_states(batch)
    assert found.count("pending") == arrived
    rest = "queued" if move is states.pause else "not_sent"
    assert found.count(rest) == 20 - arrived
    send(batch)
    assert len(calls(sandbox)) == arrived

    if move is states.pause:
        assert states.resume(batch, editor)
        send(batch)
        assert row_states(batch) == ["pending"] * 20


def test_a_cancelled_batch_is_not_resumed(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor)
    assert states.cancel(batch, editor)
    assert not states.resume(batch, editor)
    assert not states.start(batch, editor)
    assert not states.cancel(batch, editor)
    send(batch)
    assert not calls(sandbox)


def test_a_batch_that_was_never_started_leaves_nothing_in_the_journal(
    sandbox: Sandbox, editor: User
) -> None:
    batch = check(made(sandbox, editor))
    states.cancel(batch, editor)
    assert not Write.objects.exists()
    assert not calls(sandbox)


def test_a_persons_change_after_the_check_wins(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor)
    person = User.objects.create_user("colleague")
    sent(person, write_request(sandbox, customer(sandbox), phone="+44 by hand"))

    send(batch)

    assert row_states(batch)[0] in ("not_sent", "conflict")
    assert row_states(batch)[1:] == ["pending"] * 4
    row = BatchRow.objects.get(batch=batch, position=1)
    assert row.state == BatchRow.State.CONFLICT
    assert "colleague" in row.problems[0]["text"]
    sandbox.settle()
    first = sandbox.state(COMPANY).source[customer(sandbox)]
    assert first["phone"] == "+44 by hand"


def test_of_two_batches_over_the_same_customers_the_second_overwrites_nothing(
    sandbox: Sandbox, editor: User
) -> None:
    one = started(sandbox, editor, 5, [set_phone("111111")])
    other = started(sandbox, editor, 5, [set_phone("222222")])
    send(one)
    send(other)
    assert row_states(one) == ["pending"] * 5
    assert len(calls(sandbox)) == 5
    rows = BatchRow.objects.filter(batch=other)
    assert {row.state for row in rows} == {BatchRow.State.CONFLICT}


def test_whoever_loses_the_right_sends_nothing_more(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor)
    editor.groups.clear()
    send(batch)
    assert phase(batch) == State.PAUSED
    assert "editor may not change customers" in batch.message
    assert not calls(sandbox)

    # Somebody else may let it go on.
    colleague = User.objects.create_superuser("colleague")
    assert states.resume(batch, colleague)
    send(batch)
    assert row_states(batch) == ["pending"] * 5


def test_whoever_loses_the_company_sends_nothing_more(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor)
    people.set_sees_all(editor, sees_all=False)
    send(batch)
    assert phase(batch) == State.PAUSED
    assert batch.message.startswith("Paused, because editor may not see this company any more.")
    assert not calls(sandbox)

    people.grant(editor, Grant.Kind.COMPANY, batch.company_id)
    assert states.resume(batch, editor)
    send(batch)
    assert row_states(batch) == ["pending"] * 5


def test_a_deleted_account_sends_nothing_more(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor)
    editor.delete()
    batch.refresh_from_db()
    send(batch)
    assert phase(batch) == State.PAUSED
    assert not calls(sandbox)


def deauthorized(sandbox: Sandbox) -> str:
    """The company's connection is deauthorised; what the rows say."""
    company = sandbox.state(COMPANY)
    links = tuple(replace(link, status="Deauthorized") for link in company.plan.links)
    company.plan = replace(company.plan, links=links)
    return "The company’s connection is not linked, so nothing was sent."


def replaced(sandbox: Sandbox) -> str:
    """The company has another connection than when the batch was made; what the rows say."""
    Batch.objects.update(connection_id="the earlier one")
    return "The company’s connection was replaced, so nothing was sent."


@pytest.mark.parametrize("end", [deauthorized, replaced])
def test_rows_of_a_connection_that_ended_half_way_are_not_sent_and_say_why(
    sandbox: Sandbox, editor: User, end: Callable[[Sandbox], str]
) -> None:
    batch = started(sandbox, editor, 20)
    sending.send_slice(batch, default_service(), should_stop=lambda: len(calls(sandbox)) >= 2)
    arrived = len(calls(sandbox))
    assert 2 <= arrived < 20

    reason = end(sandbox)
    codat_is_back(sandbox)
    send(batch)

    found = row_states(batch)
    assert (found.count("pending"), found.count("not_sent")) == (arrived, 20 - arrived)
    unsent = [write for write in writes(batch) if write.state == WriteState.NOT_SENT]
    assert {write.error_message for write in unsent} == {reason}
    assert len(calls(sandbox)) == arrived


def test_a_row_that_was_left_out_is_not_sent(sandbox: Sandbox, editor: User) -> None:
    batch = check(made(sandbox, editor))
    assert states.leave_out(BatchRow.objects.get(batch=batch, position=2))
    states.start(batch, editor)
    journaling.journal(batch)
    row = BatchRow.objects.get(batch=batch, position=4)
    assert states.leave_out(row)
    assert not states.leave_out(BatchRow.objects.get(pk=row.pk))
    send(batch)
    assert row_states(batch) == ["pending", "left_out", "pending", "not_sent", "pending"]
    assert len(calls(sandbox)) == 3


def test_a_timed_out_row_is_never_sent_again_by_itself(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 1)
    sandbox.settings.next_write = "Time me out"
    send(batch)
    sandbox.settle()
    pass_time(sandbox, days=2)
    settle_to_the_end(sandbox)
    send(batch)
    assert len(calls(sandbox)) == 1


def test_which_batches_have_rows_to_send_is_one_query(
    sandbox: Sandbox, editor: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    batches = [started(sandbox, editor, 2, [set_phone(text)]) for text in ("1", "2", "3")]
    journaling.journal(batches[1])
    send(batches[0])
    with django_assert_num_queries(1):
        assert sending.due_batches(State.RUNNING) == batches[1:]
