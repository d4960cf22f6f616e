"""The worker as a process: what it leaves when it is stopped, killed, or without its database."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection

from customers.batches import states
from customers.models import Batch, Lease, Write
from customers.writes import leases
from sandbox import Sandbox
from tests.support.batches import made, row_states, started, writes
from tests.support.journal import calls, pass_time, pushes
from tests.support.patience import wait_for
from tests.support.programs import processes
from tests.support.worker_process import PATIENCE, worker
from tests.worker.test_leases import let_time_pass

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def work_once() -> str:
    return processes.finish(processes.start("manage.py", "work", "--once"))


def held() -> list[str]:
    return list(Lease.objects.exclude(holder="").values_list("name", flat=True))


def test_a_worker_checks_sends_follows_confirms_and_finishes_a_batch(
    sandbox: Sandbox, editor: User
) -> None:
    batch = made(sandbox, editor, 5)
    with worker() as process:
        wait_for(lambda: Batch.objects.get().state == Batch.State.READY, PATIENCE)
        assert states.start(batch, editor)
        wait_for(lambda: len(pushes(sandbox)) == 5, PATIENCE)

        def is_done() -> bool:
            sandbox.settle()
            pass_time(sandbox, minutes=1)
            return Batch.objects.get().state == Batch.State.DONE

        wait_for(is_done, 2 * PATIENCE, every=1)
        assert process.stop() == 0
        assert "Traceback" not in process.log()
    assert all(write.confirmed_at for write in writes(batch))
    assert len(calls(sandbox, "PUT")) == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_worker_finishes_the_rows_in_flight_and_begins_no_other(
    sandbox: Sandbox, editor: User, number: signal.Signals
) -> None:
    batch = started(sandbox, editor, 12)
    sandbox.faults.add("/push/customers", "delay", seconds=3, count=-1)
    with worker() as process:
        wait_for(lambda: len(calls(sandbox)) >= 4, PATIENCE)
        assert process.stop(number) == 0
        assert "ended" in process.log()
        assert "Traceback" not in process.log()
    begun = len(calls(sandbox))
    assert begun < 12
    expected = {"pending": begun, "queued": 12 - begun}
    found = row_states(batch)
    assert {state: found.count(state) for state in set(found)} == expected
    assert held() == []
    assert leases.last_seen_worker() is None


def test_what_a_killed_worker_left_another_takes_up_and_no_row_is_sent_twice(
    sandbox: Sandbox, editor: User
) -> None:
    batch = started(sandbox, editor, 12)
    sandbox.faults.add("/push/customers", "delay", seconds=30, count=4)
    with worker() as process:
        wait_for(lambda: len(calls(sandbox)) >= 4, PATIENCE)
        processes.kill(process.process)
    sandbox.faults.clear()
    assert f"send:{batch.company_id}" in held()
    assert row_states(batch).count("sending") == 4

    assert "0 failed" in work_once()  # The lease of the dead worker has not ended.
    assert len(calls(sandbox)) == 4
    let_time_pass(timedelta(seconds=31))
    work_once()

    assert row_states(batch).count("pending") == 8
    assert row_states(batch).count("sending") == 4
    assert len(calls(sandbox)) == 12
    pass_time(sandbox, minutes=5)
    let_time_pass(timedelta(minutes=5))
    work_once()
    assert row_states(batch).count("unknown") == 4
    assert len(calls(sandbox)) == 12
    assert held() == [lease for lease in held() if lease.startswith("worker:")]


def test_three_workers_send_each_row_once_and_do_each_chore_once(
    sandbox: Sandbox, editor: User
) -> None:
    batch = started(sandbox, editor, 30)
    with worker() as one, worker() as two, worker() as three:
        wait_for(lambda: not {"queued", "checked", "sending"} & set(row_states(batch)), PATIENCE)
        workers = (one, two, three)
        assert [process.stop() for process in workers] == [0, 0, 0]
        logs = [process.log() for process in workers]
    assert len(calls(sandbox)) == len({call.path for call in calls(sandbox)}) == 30
    for chore in ("chore:forget", "chore:sessions"):
        assert Lease.objects.get(name=chore).ran_at is not None
    assert "Traceback" not in "".join(logs)


def test_one_round_does_everything_that_is_due(sandbox: Sandbox, editor: User) -> None:
    ready, batch = made(sandbox, editor, 2), started(sandbox, editor, 3, company="xero")
    assert ", 0 failed" in work_once()
    ready.refresh_from_db()
    assert ready.state == Batch.State.READY
    assert row_states(batch) == ["pending"] * 3
    assert Lease.objects.filter(name="chore:forget").exclude(ran_at=None).exists()
    assert held() == []


@contextmanager
def database_away() -> Iterator[None]:
    """Nobody can use the database: it is locked, or its server closes and refuses connections."""
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        with closing(sqlite3.connect(name, timeout=20, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                database.execute("ROLLBACK")
        return
    name = str(connection.settings_dict["NAME"])
    address = processes.database_url().rpartition("/")[0] + "/postgres"
    connection.close()
    with psycopg.connect(address.replace("postgres://", "postgresql://"), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        try:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            yield
        finally:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())


def test_a_worker_outlives_an_absence_of_its_database(sandbox: Sandbox, editor: User) -> None:
    batch = made(sandbox, editor, 3)
    with worker() as process:
        wait_for(lambda: Batch.objects.get().state == Batch.State.READY, PATIENCE)
        with database_away():
            process.wait_for_line("The database cannot be used")
        process.wait_for_line("The database can be used again")
        assert states.start(batch, editor)
        wait_for(lambda: row_states(batch) == ["pending"] * 3, PATIENCE)
        assert process.stop() == 0
        log = process.log()
        assert log.count("The database cannot be used") <= log.count("can be used again")
        assert "Traceback" not in log
    assert Write.objects.filter(attempts=1).count() == 3
