"""A model of a batch, checked by any order of what people, processes and Codat do to it (hypothesis)."""

from __future__ import annotations

import json
from typing import Any

import hypothesis
import pytest
from django.contrib.auth.models import User
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from pytest_django import Settings

from customers.batches import following_up, sending, states
from customers.codat.client import default_client
from customers.models import Batch, BatchRow, WebhookEvent, Write
from customers.service import default_service
from customers.writes.events import webhooks
from sandbox import Sandbox
from tests.support.batches import customers_of, row_states, started
from tests.support.journal import (
    calls,
    codat_is_back,
    pass_time,
    pushes,
    sent,
    settle,
    write_request,
)
from tests.support.programs.mortal_service import Killed, MortalService

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 4
# What happens to one call of a slice: a kind of the sandbox's, a status, and whether Codat handles the call.
FAULTS = (
    None,
    ("reset", None, True),
    ("reset", None, False),
    ("cut", None, True),
    ("status", 400, False),
    ("status", 401, False),
    ("status", 429, False),
    ("status", 503, True),
)
State, WriteState = Batch.State, Write.State


class BatchMachine(RuleBasedStateMachine):
    """One batch of four customers."""

    sandbox: Sandbox
    editor: User

    def __init__(self) -> None:
        super().__init__()
        BatchRow.objects.all().delete()
        Write.objects.all().delete()
        Batch.objects.all().delete()
        WebhookEvent.objects.all().delete()
        self.sandbox.reset()
        codat_is_back(self.sandbox)
        self.batch = started(self.sandbox, self.editor, ROWS)
        self.finished = 0
        self.by_hand: dict[str, str] = {}

    # -- what people do ---------------------------------------------------------------------------

    @rule(
        action=st.sampled_from(["pause", "resume", "resume", "leave out", "take in", "cancel"]),
        position=st.integers(1, ROWS),
    )
    def person(self, action: str, position: int) -> None:
        row = BatchRow.objects.get(batch=self.batch, position=position)
        match action:
            case "pause":
                states.pause(self.batch, self.editor)
            case "resume":
                states.resume(self.batch, self.editor)
            case "leave out":
                states.leave_out(row)
            case "take in":
                following_up.take_in(row)
            case "cancel":
                # Not in every second run: nothing happens afterwards.
                if position == 1:
                    states.cancel(self.batch, self.editor)

    @rule(index=st.integers(0, ROWS - 1), number=st.integers(100, 999))
    def edit_by_hand(self, index: int, number: int) -> None:
        customer = customers_of(self.sandbox, ROWS)[index]
        busy = Write.objects.filter(customer_id=customer, state=WriteState.SENDING)
        if not busy.exists():  # A save waits for it, as `editing.save` proves.
            text = f"+44 20 7946 {number}"
            sent(self.editor, write_request(self.sandbox, customer, phone=text))
            self.by_hand[customer] = text

    # -- what processes do ------------------------------------------------------------------------

    @rule(rows=st.integers(1, ROWS), fault=st.sampled_from(FAULTS))
    def slice(self, rows: int, fault: tuple[Any, int | None, bool] | None) -> None:
        self.wait()
        if fault is not None:
            kind, status, handled = fault
            self.sandbox.faults.add("PUT", kind, status=status, handled=handled)
        until = len(calls(self.sandbox)) + rows
        sending.send_slice(
            self.batch, default_service(), should_stop=lambda: len(calls(self.sandbox)) >= until
        )
        self.sandbox.faults.clear()

    @rule(rows=st.integers(0, 2), is_answered=st.booleans())
    def killed_slice(self, rows: int, is_answered: bool) -> None:
        self.wait()
        try:
            sending.send_slice(self.batch, MortalService(rows, is_answered=is_answered))
        except Killed:
            self.batch.refresh_from_db()

    @rule()
    def background(self) -> None:
        settle()
        if self.batch.state == State.CANCELLED:
            states.end_queued(self.batch)
        states.finish(self.batch)

    # -- what Codat does --------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([0, 1, 5, 15]))
    def time_passes(self, minutes: int) -> None:
        self.sandbox.settle()
        pass_time(self.sandbox, minutes=minutes)

    @precondition(lambda self: Write.objects.exclude(push_operation_key="").exists())
    @rule(index=st.integers(0, ROWS - 1), is_success=st.booleans())
    def event(self, index: int, is_success: bool) -> None:
        writes = list(Write.objects.exclude(push_operation_key="").order_by("pk"))
        write = writes[index % len(writes)]
        body = webhook_body(write, is_success=is_success)
        webhooks.apply(
            WebhookEvent(
                event_type="customers.write.successful"
                if is_success
                else "customers.write.unsuccessful",
                body=body,
            )
        )

    # -- what always holds ------------------------------------------------------------------------

    def wait(self) -> None:
        """A halted batch has waited long enough, and the circuit is closed."""
        Batch.objects.filter(pk=self.batch.pk).update(due_at=None)
        default_client.cache_clear()
        self.batch.refresh_from_db()

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        """Each change that Codat has is that of one row of the journal, and of one that says so."""
        may_have_left = Write.objects.exclude(state__in=Write.UNSENT, sent_at=None)
        assert len(pushes(self.sandbox)) <= may_have_left.count()

    @invariant()
    def a_row_is_somewhere(self) -> None:
        assert len(row_states(self.batch)) == ROWS

    @invariant()
    def done_means_done(self) -> None:
        self.batch.refresh_from_db()
        if self.batch.state == State.DONE:
            found = set(row_states(self.batch))
            assert not found & {"queued", "checked", "sending", "pending", "unknown"}

    @invariant()
    def no_change_by_hand_is_overwritten(self) -> None:
        """The last change by hand is not followed by the batch's, which was checked before."""
        for customer, text in self.by_hand.items():
            hand = Write.objects.filter(customer_id=customer, batch=None).order_by("-created_at")
            last = hand.first()
            assert last is not None
            assert text in last.payload
            row = BatchRow.objects.select_related("write").get(
                batch=self.batch, customer_id=customer
            )
            if row.write and row.write.sent_at and row.checked_at and last.sent_at:
                assert row.write.sent_at <= last.sent_at or last.state == WriteState.FAILED

    def teardown(self) -> None:
        """Left alone, every batch comes to an end: each row in one state, with nothing open but the unknown."""
        self.sandbox.faults.clear()
        states.resume(self.batch, self.editor)
        for _ in range(6):
            self.wait()
            if self.batch.state == State.RUNNING:
                sending.send_slice(self.batch, default_service())
            elif self.batch.state == State.PAUSED:
                states.resume(self.batch, self.editor)
            self.sandbox.settle()
            pass_time(self.sandbox, minutes=11)
            settle()
        found = row_states(self.batch)
        assert (
            not set(found) & {"checked", "sending", "pending"} or self.batch.state != State.RUNNING
        )
        assert "queued" not in found, (self.batch.state, found)
        states.finish(self.batch)
        self.batch.refresh_from_db()
        has_ended = self.batch.state in (State.DONE, State.CANCELLED)
        assert has_ended or "unknown" in found, (self.batch.state, found)


def webhook_body(write: Write, *, is_success: bool) -> str:
    """An event about a write, as Codat sends it."""
    status = "Success" if is_success else "Failed"
    payload = {
        "id": write.push_operation_key,
        "referenceCompany": {"id": write.company_id},
        "status": status,
    }
    return json.dumps({"payload": payload})


def test_any_order_of_events_leaves_each_row_sent_at_most_once(
    sandbox: Sandbox, editor: User, settings: Settings
) -> None:
    # One thread: an order that fails can be repeated.
    settings.CODAT_WORKER_CALLS_AT_ONCE = 1
    machine = type("Machine", (BatchMachine,), {"sandbox": sandbox, "editor": editor})
    run_machine(
        machine,
        settings=hypothesis.settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
