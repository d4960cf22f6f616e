"""The loop of a worker: no error ends it, companies take turns, and the log says when the database was away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connections
from pytest_django import Settings

from customers.batches import states
from customers.codat.http import quota
from customers.models import Batch, Lease
from customers.service import default_service
from customers.worker import loop, slices
from customers.worker.chores import Chore
from customers.worker.loop import Worker
from customers.worker.turns import Turns
from customers.writes import leases
from customers.writes.pacing import Pacer
from sandbox import Sandbox
from tests.support.batches import made, started
from tests.support.journal import calls
from tests.support.patience import wait_for
from tests.worker.test_leases import let_time_pass

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a look or a renewal."""
    for name in ("LOOK_INTERVAL", "RETRY_INTERVAL", "RENEW_INTERVAL"):
        monkeypatch.setattr(loop, name, 0.01)


def make_worker(*table: Chore) -> Worker:
    return Worker(default_service(), pacer=Pacer(1000), patience=20, table=table)


@contextmanager
def running(worker: Worker) -> Iterator[threading.Thread]:
    """A worker in a thread; stopped at the end."""

    def run() -> None:
        try:
            worker.run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        worker.stop()
        thread.join(60)
    assert not thread.is_alive()


def chore(run: Any, name: str = "count") -> Chore:
    return Chore(name, "Count", timedelta(0), run)


def test_a_chore_that_fails_ends_neither_the_loop_nor_the_others(sandbox: Sandbox) -> None:
    runs = []

    def fail(*_: object) -> tuple[int, int]:
        raise ValueError

    def count(*_: object) -> tuple[int, int]:
        runs.append(1)
        return 1, 0

    worker = make_worker(chore(fail, "fail"), chore(count))
    with running(worker) as thread:
        wait_for(lambda: len(runs) > 3)
        wait_for(lambda: "ValueError" in Lease.objects.get(name=f"worker:{worker.name}").message)
        assert thread.is_alive()
    assert not Lease.objects.filter(name__startswith="worker:").exists()


def test_an_error_outside_of_the_work_does_not_end_the_loop(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, due = [], slices.due

    def look(kind: slices.Kind) -> list[slices.Job]:
        looks.append(kind)
        if len(looks) < 5:
            raise ValueError
        return due(kind)

    monkeypatch.setattr(slices, "due", look)
    with running(make_worker()):
        wait_for(lambda: len(looks) > 10)


def test_the_log_has_one_line_for_an_absence_of_the_database_and_one_for_its_end(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    is_away, failures = threading.Event(), []
    due, renew = slices.due, leases.renew

    def away_sometimes(function: Any) -> Any:
        def call(*arguments: Any, **more: Any) -> Any:
            if is_away.is_set():
                failures.append(function)
                raise OperationalError("password=secret")
            return function(*arguments, **more)

        return call

    monkeypatch.setattr(slices, "due", away_sometimes(due))
    monkeypatch.setattr(leases, "renew", away_sometimes(renew))

    def lines(text: str) -> int:
        return sum(text in record.getMessage() for record in caplog.records)

    with running(make_worker()):
        is_away.set()
        wait_for(lambda: {due, renew} <= set(failures) and len(failures) > 20)
        assert lines("cannot be used (OperationalError)") == 1
        assert lines("can be used again") == 0
        is_away.clear()
        wait_for(lambda: lines("can be used again"))
    assert lines("cannot be used") == lines("can be used again") == 1
    assert "secret" not in caplog.text


def test_work_that_does_not_end_in_time_is_left_and_its_turn_given_back(sandbox: Sandbox) -> None:
    began, may_end = threading.Event(), threading.Event()

    def hang(*_: object) -> tuple[int, int]:
        began.set()
        may_end.wait(60)
        return 1, 0

    worker = Worker(default_service(), pacer=Pacer(1), patience=0.1, table=[chore(hang)])
    with running(worker) as thread:
        assert began.wait(30)
        assert Lease.objects.get(name="chore:count").holder
        worker.stop()
        thread.join(30)
        assert not thread.is_alive()
        assert Lease.objects.get(name="chore:count").holder == ""
    may_end.set()


# -- Slices -----------------------------------------------------------------------------------------

SEND = next(kind for kind in slices.KINDS if kind.prefix == slices.SEND)
CHECK = next(kind for kind in slices.KINDS if kind.prefix == slices.CHECK)


def one_slice(kind: slices.Kind, batch: Batch, turns: Turns | None = None, **more: Any) -> Any:
    options: dict[str, Any] = {
        "holder": "one",
        "pacer": Pacer(1000),
        "should_stop": lambda: False,
    }
    return slices.run(kind, batch, default_service(), turns or Turns(), **options | more)


def test_companies_take_turns_and_a_company_sends_one_batch_after_the_other(
    sandbox: Sandbox, editor: User
) -> None:
    first, second = started(sandbox, editor, 12), started(sandbox, editor, 4)
    other = started(sandbox, editor, 3, company="xero")
    assert slices.due(SEND) == [first, other]
    one_slice(SEND, first, should_stop=lambda: len(calls(sandbox)) >= 1)
    assert slices.due(SEND) == [other, first]
    let_time_pass(SECOND)
    one_slice(SEND, other, should_stop=lambda: True)
    assert slices.due(SEND) == [first, other]
    one_slice(SEND, first)
    assert slices.due(SEND) == [other, second]


def test_a_check_does_not_wait_for_what_is_being_sent(sandbox: Sandbox, editor: User) -> None:
    sending, new = started(sandbox, editor, 3), made(sandbox, editor, 4)
    leases.take(f"send:{sending.company_id}", holder="other", lasts=SECOND * 30)
    assert one_slice(SEND, sending) is None
    turn = one_slice(CHECK, new)
    assert (turn.done, turn.failed) == (4, 0)
    assert Batch.objects.get(pk=new.pk).state == Batch.State.READY
    assert slices.due(CHECK) == []


def test_a_halted_batch_is_not_due_and_says_what_it_waits_for(
    sandbox: Sandbox, editor: User
) -> None:
    batch = started(sandbox, editor, 3)
    sandbox.faults.add("/push/customers", "reset", count=-1)
    turn = one_slice(SEND, batch)
    assert turn.message
    assert Lease.objects.get(name=f"send:{batch.company_id}").message == turn.message
    assert slices.due(SEND) == []
    assert len(calls(sandbox)) <= 4


def test_a_lost_turn_sends_no_further_row(sandbox: Sandbox, editor: User) -> None:
    batch, turns = started(sandbox, editor, 5), Turns()

    class Losing(Pacer):
        def wait(self, should_stop: Any) -> bool:
            let_time_pass(SECOND * 40)
            turns.renew()
            return super().wait(should_stop)

    turn = one_slice(SEND, batch, turns, pacer=Losing(1000))
    assert (turn.is_lost, turn.done) == (True, 0)
    assert not calls(sandbox)


def test_an_error_of_a_slice_lets_the_company_wait_a_little(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = started(sandbox, editor, 3)

    def fail(*_: Any) -> tuple[int, int, str]:
        raise ValueError

    broken = slices.Kind(SEND.label, SEND.prefix, SEND.find, fail)
    assert "ValueError" in one_slice(broken, batch).error
    assert one_slice(SEND, batch) is None
    let_time_pass(slices.RETRY)
    assert one_slice(SEND, batch).done == 3


def test_the_calls_of_a_slice_leave_the_reserve_to_people(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    batch = started(sandbox, editor, 3)
    admitted = []
    admit = quota.Quota.admit

    def noted(self: quota.Quota, label: str) -> None:
        admitted.append(quota._background.get())
        admit(self, label)

    monkeypatch.setattr(quota.Quota, "admit", noted)
    one_slice(SEND, batch)
    assert len(admitted) >= 3
    assert all(admitted)


def test_a_paused_batch_is_not_due(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 3)
    states.pause(batch, editor)
    assert slices.due(SEND) == []
