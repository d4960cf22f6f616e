"""The chores: each once however many workers there are, again after a death, caught up after an absence."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from customers.batches import states
from customers.codat.errors import TimedOut
from customers.models import Approval, Batch, Lease, WebhookEvent, Write
from customers.service import default_service
from customers.worker import chores
from customers.worker.chores import CHORES, Chore
from customers.worker.turns import Turn, Turns
from customers.writes import leases
from sandbox import Sandbox
from tests.support.batches import made, started
from tests.support.journal import customer, lost_create, pass_time, sent, write_request
from tests.support.races import all_at_once
from tests.worker.test_leases import let_time_pass

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
WORKERS = 4


class Counter:
    """A chore that counts how often it ran, and can be made to fail."""

    def __init__(self, interval: timedelta = MINUTE) -> None:
        self.runs = 0
        self.error: Exception | None = None
        self.chore = Chore("count", "Count", interval, self._run, lambda: self.is_wanted)
        self.is_wanted = True

    def _run(self, *_: object) -> tuple[int, int]:
        self.runs += 1
        if self.error:
            raise self.error
        return 2, 1

    def look(self, holder: str = "one") -> Turn | None:
        """A worker's look for this chore."""
        if not chores.due((self.chore,)):
            return None
        return chores.run(self.chore, default_service(), Turns(), holder=holder)


def lease(name: str = "chore:count") -> Lease:
    return Lease.objects.get(name=name)


def test_a_chore_runs_once_in_its_interval_whichever_worker_looks() -> None:
    counter = Counter()
    for _ in range(3):
        turns = all_at_once([partial(counter.look, str(number)) for number in range(WORKERS)])
        assert sum(turn is not None for turn in turns) == 1
        let_time_pass(MINUTE)
    assert counter.runs == 3
    assert (lease().done, lease().failed) == (2, 1)


def test_a_chore_that_was_missed_for_days_runs_at_once_and_once() -> None:
    counter = Counter(chores.DAILY)
    counter.look()
    let_time_pass(timedelta(hours=23))
    assert counter.look() is None
    let_time_pass(timedelta(days=6))
    assert counter.look() is not None
    assert counter.look() is None
    assert counter.runs == 2


def test_a_chore_whose_worker_died_is_run_by_the_next_once_the_lease_has_ended() -> None:
    counter = Counter()
    leases.take("chore:count", holder="dead", lasts=timedelta(seconds=30))
    assert counter.look() is None
    let_time_pass(timedelta(seconds=31))
    assert counter.look() is not None


def test_nothing_is_taken_where_there_is_nothing_to_do() -> None:
    counter = Counter()
    counter.is_wanted = False
    assert counter.look() is None
    assert not Lease.objects.exists()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("a secret value"), "An error of the dashboard (ValueError)."),
        (TimedOut("/x"), "Codat took too long to respond"),
        (OperationalError("a statement took too long"), "The database did not respond."),
    ],
)
def test_a_chore_that_fails_says_so_and_is_tried_again(
    error: Exception, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    counter = Counter(chores.DAILY)
    counter.error = error
    turn = counter.look()
    assert turn is not None
    assert turn.error.startswith(text)
    assert (lease().failed, lease().message, lease().holder) == (1, turn.error, "")
    assert "secret" not in lease().message
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    counter.error = None
    assert counter.look() is None
    let_time_pass(chores.LONGEST_RETRY)
    turn = counter.look()
    assert turn is not None
    assert (turn.error, lease().message) == ("", "")


def test_a_turn_is_renewed_while_its_chore_runs() -> None:
    turns, running, may_end = Turns(), threading.Event(), threading.Event()

    def wait(*_: object) -> tuple[int, int]:
        running.set()
        assert may_end.wait(30)
        return 1, 0

    chore = Chore("count", "Count", MINUTE, wait)

    def run() -> Turn | None:
        return chores.run(chore, default_service(), turns, holder="one")

    def look_on() -> bool:
        assert running.wait(30)
        for _ in range(5):
            let_time_pass(timedelta(seconds=20))
            turns.renew()
        may_end.set()
        return leases.take("chore:count", holder="two", lasts=MINUTE)

    turn, was_taken = all_at_once([run, look_on])
    assert turn is not None
    assert not was_taken
    assert not turn.is_lost


def test_each_turn_that_did_something_has_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    turn = Counter().look()
    assert turn is not None
    [facts] = [record.facts for record in caplog.records if hasattr(record, "facts")]
    assert facts == {
        "event": "turn",
        "name": "chore:count",
        "done": 2,
        "failed": 1,
        "ms": turn.took_ms,
        "halted": "",
    }


# -- The table --------------------------------------------------------------------------------------


def run_chore(name: str) -> Turn | None:
    """Run one of the table, if it has something to do."""
    [chore] = [chore for chore in CHORES if chore.name == name]
    if not chores.due((chore,)):
        return None
    turn = chores.run(chore, default_service(), Turns(), holder="one")
    let_time_pass(chore.interval)
    assert turn is not None
    assert not turn.error
    return turn


def test_without_work_only_what_is_looked_at_anew_has_something_to_do() -> None:
    names = [chore.name for chore in chores.due(CHORES)]
    assert names == [
        "problems",
        "tell",
        "company-states",
        "day-counts",
        "forget",
        "forget-audit",
        "sessions",
    ]


def test_a_change_that_nobody_watches_is_followed_and_confirmed(
    sandbox: Sandbox, editor: User
) -> None:
    write = sent(editor, write_request(sandbox, customer(sandbox), phone="1"))
    sandbox.settle()
    names = set()
    for _ in range(20):
        pass_time(sandbox, minutes=1)
        names |= {name for name in ("follow", "confirm") if run_chore(name)}
        sandbox.settle()
    write.refresh_from_db()
    assert (write.state, write.confirmation) == (Write.State.SUCCESS, "confirmed")
    assert names == {"follow", "confirm"}
    assert run_chore("follow") is run_chore("confirm") is None


def test_a_worker_that_ends_checks_no_further_change(sandbox: Sandbox, editor: User) -> None:
    for _ in range(5):
        lost_create(sandbox, editor)
    pass_time(sandbox, minutes=5)
    sandbox.clear_calls()
    [chore] = [chore for chore in CHORES if chore.name == "settle"]
    turn = chores.run(
        chore,
        default_service(),
        Turns(),
        holder="one",
        should_stop=lambda: len(sandbox.calls) >= 2,
    )
    assert turn is not None
    assert turn.done == 2


def test_an_interrupted_change_is_settled(sandbox: Sandbox, editor: User) -> None:
    write = sent(editor, write_request(sandbox, customer(sandbox), phone="1"))
    Write.objects.update(state=Write.State.SENDING, push_operation_key="")
    pass_time(sandbox, minutes=5)
    assert run_chore("settle") is not None
    write.refresh_from_db()
    assert write.state == Write.State.UNKNOWN


def test_an_event_that_is_left_over_is_processed(sandbox: Sandbox) -> None:
    event = WebhookEvent.objects.create(webhook_id="1", event_type="x", body="{}")
    WebhookEvent.objects.update(received_at=timezone.now() - MINUTE)
    assert run_chore("events") is not None
    event.refresh_from_db()
    assert event.processed_at is not None
    assert run_chore("events") is None


def test_expired_sessions_and_workers_that_died_long_ago_are_deleted() -> None:
    now = timezone.now()
    for key, age in (("old", 1), ("new", -1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=now - timedelta(days=age)
        )
        leases.take(f"{leases.WORKER}{key}", holder=key, lasts=timedelta(days=-2 * age))
    run_chore("sessions")
    assert [session.session_key for session in Session.objects.all()] == ["new"]
    assert [row.holder for row in Lease.objects.filter(name__startswith="worker:")] == ["new"]


def test_queued_rows_of_a_cancelled_batch_are_ended_where_its_process_died(
    sandbox: Sandbox, editor: User
) -> None:
    batch = started(sandbox, editor, 3)
    write = sent(editor, write_request(sandbox, customer(sandbox), phone="1"))
    Write.objects.filter(pk=write.pk).update(state=Write.State.QUEUED, batch=batch, position=1)
    Batch.objects.update(state=Batch.State.CANCELLED)
    assert run_chore("batches") is not None
    write.refresh_from_db()
    assert write.state == Write.State.NOT_SENT
    assert run_chore("batches") is None


def test_a_batch_whose_rows_have_ended_is_finished(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 2)
    run_chore("batches")
    batch.refresh_from_db()
    assert batch.state == Batch.State.RUNNING  # Its rows were not sent.
    for row in batch.rows.all():
        states.leave_out(row)
    run_chore("batches")
    batch.refresh_from_db()
    assert batch.state == Batch.State.DONE


def test_old_batches_lose_their_values_and_unstarted_ones_are_deleted(
    sandbox: Sandbox, editor: User
) -> None:
    old, _unstarted, running = (made(sandbox, editor, n) for n in (1, 2, 3))
    new = made(sandbox, editor, 4)
    states.cancel(old, editor)
    Batch.objects.filter(pk=running.pk).update(state=Batch.State.RUNNING)
    Batch.objects.exclude(pk=new.pk).update(created_at=timezone.now() - timedelta(days=366))
    run_chore("forget")
    assert set(Batch.objects.values_list("pk", flat=True)) == {old.pk, running.pk, new.pk}
    old.refresh_from_db()
    running.refresh_from_db()
    assert (old.forgotten_at is not None, old.instructions) == (True, [])
    assert [row.customer_name for row in old.rows.all()] == [""]
    assert running.forgotten_at is None
    assert running.instructions


def test_an_old_batch_that_waits_for_approval_is_kept(sandbox: Sandbox, editor: User) -> None:
    batch = made(sandbox, editor, 1)
    request = Approval.objects.create(
        batch=batch,
        company_id=batch.company_id,
        asked_by=editor,
        asked_by_name="editor",
        expires_at=timezone.now() + timedelta(days=1),
    )
    Batch.objects.update(created_at=timezone.now() - timedelta(days=366))
    run_chore("forget")
    assert Approval.objects.filter(pk=request.pk, state="waiting").exists()
    Approval.objects.update(expires_at=timezone.now())
    run_chore("approvals")
    run_chore("forget")
    assert not Batch.objects.filter(pk=batch.pk).exists()
