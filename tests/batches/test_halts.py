"""Halts of a batch: Codat takes a row not now, an outcome is unknown, rows are refused, the quota is used up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.batches import sending, states
from customers.codat.http.quota import background
from customers.models import Batch
from customers.service import default_service
from sandbox import Sandbox
from sandbox.faults import Kind
from tests.support.batches import phase, row_states, send, started
from tests.support.journal import calls, codat_is_back

pytestmark = pytest.mark.django_db(transaction=True)

State, Halt = Batch.State, Batch.Halt


def wait_over(batch: Batch) -> None:
    """The time for which a halted batch waits has passed."""
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    batch.refresh_from_db()


@pytest.mark.parametrize("status", [401, 402, 429])
def test_not_now_puts_a_row_back_and_lets_the_batch_wait(
    sandbox: Sandbox, editor: User, status: int
) -> None:
    batch = started(sandbox, editor, 20)
    sandbox.faults.add("PUT", "status", status=status, count=-1)

    send(batch)

    assert row_states(batch) == ["queued"] * 20
    assert len(calls(sandbox)) <= 4
    assert phase(batch) == State.RUNNING
    assert batch.due_at is not None
    assert batch.due_at > timezone.now()
    assert batch.message.endswith(".")
    assert batch not in sending.due_batches(State.RUNNING)

    codat_is_back(sandbox)
    wait_over(batch)
    assert batch in sending.due_batches(State.RUNNING)
    send(batch)
    assert row_states(batch) == ["pending"] * 20
    batch.refresh_from_db()
    assert (batch.halted, batch.message) == ("", "")
    assert batch.due_at is None


@pytest.mark.parametrize("status", [401, 402])
def test_a_person_is_asked_where_codat_refuses_again_and_again(
    sandbox: Sandbox, editor: User, status: int
) -> None:
    batch = started(sandbox, editor)
    sandbox.faults.add("PUT", "status", status=status, count=-1)
    for _ in range(3):
        wait_over(batch)
        send(batch)
    assert phase(batch) == State.PAUSED
    assert "Paused" in batch.message
    assert row_states(batch) == ["queued"] * 5


def test_codat_that_cannot_be_reached_fails_no_row(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 20)
    service = default_service()
    service.client.base_url = "http://127.0.0.1:9"
    sending.send_slice(batch, service)
    assert row_states(batch) == ["queued"] * 20
    assert phase(batch) == State.RUNNING
    assert batch.halted == Halt.UNAVAILABLE


@pytest.mark.parametrize(
    ("kind", "status", "handled"),
    [
        ("reset", None, False),
        ("reset", None, True),
        ("cut", None, True),
        ("html", None, False),
        ("status", 503, False),
        ("status", 500, True),
        ("empty", None, True),
    ],
)
def test_an_unknown_outcome_stops_the_slice_and_reading_comes_before_going_on(
    sandbox: Sandbox, editor: User, kind: Kind, status: int | None, handled: bool
) -> None:
    batch = started(sandbox, editor, 30)
    sandbox.faults.add("PUT", kind, status=status, handled=handled, count=-1)

    send(batch)

    found = row_states(batch)
    # One call of each thread, and no row failed.
    assert 1 <= found.count("unknown") <= 4
    assert set(found) <= {"unknown", "queued"}
    assert phase(batch) == State.RUNNING
    assert batch.halted == Halt.UNKNOWN

    unknown = found.count("unknown")
    wait_over(batch)
    send(batch)  # One row alone.
    assert row_states(batch).count("unknown") == unknown + 1

    codat_is_back(sandbox)
    wait_over(batch)
    sandbox.clear_calls()
    send(batch)
    methods = [call.method for call in sandbox.calls if "/companies/" in call.path]
    assert methods[0] == "GET"
    assert row_states(batch).count("pending") == 30 - unknown - 1
    assert set(row_states(batch)) == {"pending", "unknown"}


def test_codat_that_never_answers_pauses_the_batch(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 30)
    sandbox.faults.add("PUT", "reset", count=-1)
    for _ in range(5):
        wait_over(batch)
        send(batch)
    assert phase(batch) == State.PAUSED
    assert row_states(batch).count("unknown") <= 4 + 2


def test_a_refused_row_fails_and_the_others_go_on(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 20)
    sandbox.faults.add("PUT", "status", status=400, count=3)
    send(batch)
    found = row_states(batch)
    assert (found.count("failed"), found.count("pending")) == (3, 17)


def test_equal_failures_in_a_row_pause_the_batch_until_somebody_resumes_it(
    sandbox: Sandbox, editor: User
) -> None:
    batch = started(sandbox, editor, 30)
    sandbox.faults.add("PUT", "status", status=400, count=-1)
    for _ in range(20):
        if phase(batch) != State.RUNNING:
            break
        sending.send_slice(batch, default_service(), lasts=timedelta(seconds=30))
    assert phase(batch) == State.PAUSED
    assert "refused" in batch.message
    failed = row_states(batch).count("failed")
    assert 10 <= failed < 30
    assert row_states(batch).count("queued") == 30 - failed

    sandbox.faults.clear()
    assert states.resume(batch, editor)
    send(batch)
    assert phase(batch) == State.RUNNING
    assert row_states(batch).count("pending") == 30 - failed


def test_a_batch_whose_last_rows_are_refused_has_finished(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, sending.MAX_REFUSALS)
    sandbox.faults.add("PUT", "status", status=400, count=-1)
    send(batch)
    assert row_states(batch) == ["failed"] * sending.MAX_REFUSALS
    assert (phase(batch), batch.message) == (State.DONE, "")


def test_the_quota_is_used_to_the_reserve_and_the_batch_waits_for_midnight(
    sandbox: Sandbox, editor: User
) -> None:
    batch = started(sandbox, editor, 30)
    # A tenth of it is reserved for people.
    sandbox.settings.daily_quota = sandbox.world.used + 20

    with background():
        send(batch)

    assert phase(batch) == State.RUNNING
    assert batch.halted == Halt.QUOTA
    assert "00:00 UTC" in batch.message
    assert batch.due_at is not None
    midnight = batch.due_at + timedelta(seconds=2)
    assert (midnight.hour, midnight.minute) == (0, 0)
    found = row_states(batch)
    assert set(found) == {"pending", "queued"}
    assert 0 < found.count("pending") < 20
