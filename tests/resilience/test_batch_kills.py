"""`kill -9` between any two steps of a batch: no row is lost, none is sent twice.

`BATCH_KILL_ROWS` and `BATCH_KILLS` make the last test longer: 1,000 rows and 30 kills are the proof of the engine.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import time
from collections import Counter
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db.models import F, Q

from customers.models import Batch, BatchRow, Lease, Write
from sandbox import Sandbox
from tests.support.batches import (
    PHONE,
    check,
    imported,
    new_customer,
    row_states,
    send,
    start,
    started,
    writes,
)
from tests.support.journal import (
    COMPANY,
    calls,
    codat_is_back,
    named,
    pass_time,
    pushes,
    settle_to_the_end,
)
from tests.support.patience import wait_for
from tests.support.programs import processes

log = logging.getLogger(__name__)

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 20
THREADS = 4
BIG = "big"
NAMES = [f"Nursery {number:04}" for number in range(1000)]


def killed_at(step: str, batch: Batch) -> None:
    """Send a batch in a process that kills itself at a step."""
    process = processes.start("-m", "tests.support.programs.killed_batch", step, str(batch.pk))
    output, _ = process.communicate(timeout=processes.START_TIMEOUT)
    assert process.returncode == -signal.SIGKILL, output


def killed_while_codat_works(sandbox: Sandbox, batch: Batch) -> None:
    """Send a batch in a process that is killed after rows have left and before they are answered."""
    sandbox.faults.add("/push/customers", "delay", seconds=30, count=-1)
    process = processes.start("-m", "tests.support.programs.killed_batch", "never", str(batch.pk))
    wait_for(lambda: calls(sandbox), seconds=processes.START_TIMEOUT)
    processes.kill(process)
    sandbox.faults.clear()  # Codat processes what it received.
    wait_for(lambda: len(pushes(sandbox)) >= len(calls(sandbox)))


def is_settled(batch: Batch) -> bool:
    """Whether every row has ended, or is left to a person."""
    found = set(row_states(batch))
    return not found & {"queued", "checked", "sending", "pending"}


@pytest.mark.parametrize(
    "step",
    ["journaling", "locked", "claimed", "sent", "answered", "recorded", "putting_back", "ending"],
)
def test_a_sender_that_is_killed_loses_and_doubles_nothing(
    sandbox: Sandbox, editor: User, step: str
) -> None:
    batch = started(sandbox, editor, ROWS)
    if step == "putting_back":
        sandbox.faults.add("PUT", "status", status=429)
    if step == "sent":
        killed_while_codat_works(sandbox, batch)
    else:
        killed_at(step, batch)
    in_flight = row_states(batch).count("sending")
    assert in_flight <= THREADS
    if step in ("claimed", "sent", "answered", "recorded", "putting_back"):
        assert in_flight
    elif step in ("journaling", "ending"):
        assert not in_flight

    # Another process goes on.
    codat_is_back(sandbox)
    send(batch)
    settle_to_the_end(sandbox)

    found = row_states(batch)
    assert is_settled(batch)
    # What was in flight is unknown, and nobody sends it again; everything else has arrived.
    assert found.count("unknown") <= in_flight
    assert found.count("success") == ROWS - found.count("unknown")
    received = [call.path for call in calls(sandbox)]
    assert max(Counter(received).values()) == 1 or step == "putting_back"
    source = sandbox.state(COMPANY).source
    for write in writes(batch):
        if write.state == Write.State.SUCCESS:
            assert source[write.customer_id]["phone"] == PHONE


@pytest.mark.parametrize(
    "step", ["journaling", "locked", "claimed", "sent", "answered", "recorded", "putting_back"]
)
def test_a_sender_that_is_killed_creates_each_customer_once(
    sandbox: Sandbox, editor: User, step: str
) -> None:
    batch = check(imported(sandbox, editor, *map(new_customer, NAMES[:ROWS])))
    start(batch, editor)
    if step == "putting_back":
        sandbox.faults.add("POST", "status", status=429)
    if step == "sent":
        killed_while_codat_works(sandbox, batch)
    else:
        killed_at(step, batch)

    codat_is_back(sandbox)
    send(batch)
    settle_to_the_end(sandbox)

    # What was in flight is sent again with its key, so Codat knows it.
    assert row_states(batch) == ["success"] * ROWS
    assert [len(named(sandbox, name)) for name in NAMES[:ROWS]] == [1] * ROWS


def test_workers_that_are_killed_at_any_moment_create_each_customer_once(
    sandbox: Sandbox, editor: User
) -> None:
    rows, kills, workers = _measures()
    seed = random.randrange(2**32)
    new = [new_customer(name) for name in NAMES[:rows]]
    batch = check(imported(sandbox, editor, *new, company=BIG))
    start(batch, editor)
    sandbox.settings.latency = 0.02
    sandbox.settings.push_delay = 0.2
    _send_with_kills(batch, random.Random(seed), rows=rows, kills=kills, workers=workers)
    settle(sandbox)

    assert Counter(row_states(batch)) == {"success": rows}, seed
    names = Counter(one["customerName"] for one in sandbox.state(BIG).source.values())
    assert [names[name] for name in NAMES[:rows]] == [1] * rows, seed


def test_workers_that_are_killed_at_any_moment_lose_and_double_nothing(
    sandbox: Sandbox, editor: User
) -> None:
    rows, kills, workers = _measures()
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    batch = started(sandbox, editor, rows, company=BIG)
    sandbox.settings.latency = 0.02
    sandbox.settings.push_delay = 0.2
    _send_with_kills(batch, chance, rows=rows, kills=kills, workers=workers)
    settle(sandbox)

    counted = Counter(row_states(batch))
    taken = Counter(call.path for call in calls(sandbox))
    assert max(taken.values()) == 1, seed
    assert counted["unknown"] <= THREADS * kills, (seed, counted)
    assert counted["success"] + counted["unknown"] == rows, (seed, counted)
    log.info("%d rows, %d kills, %d workers: %s", rows, kills, workers, dict(counted))


def _measures() -> tuple[int, int, int]:
    """Rows, kills and workers of a long test."""
    rows, kills, workers = (
        int(os.environ.get(name, default))
        for name, default in (
            ("BATCH_KILL_ROWS", "120"),
            ("BATCH_KILLS", "4"),
            ("BATCH_WORKERS", "2"),
        )
    )
    return rows, kills, workers


def _send_with_kills(
    batch: Batch, chance: random.Random, *, rows: int, kills: int, workers: int
) -> None:
    """Let workers send a batch; kill one of them again and again, and start another in its place."""

    def begin() -> subprocess.Popen[str]:
        # A pipe that nobody reads would fill up and stop the worker.
        return processes.start(
            "manage.py", "work", output=subprocess.DEVNULL, CODAT_WORKER_PACE="60"
        )

    running = [begin() for _ in range(workers)]
    try:
        for kill in range(kills):
            share = rows * (kill + 1) // (kills + 1)
            wait_for(partial(_has_sent, batch, share), seconds=120)
            # Any moment of a row, not the one in which the row before was recorded.
            time.sleep(chance.random() / 10)
            processes.kill(running.pop(chance.randrange(len(running))))
            _expire_leases()
            running.append(begin())
        wait_for(lambda: not _waiting(batch), seconds=240)
    finally:
        for process in running:
            processes.kill(process)


def settle(sandbox: Sandbox) -> None:
    """Let the rows in flight become unknown, and the others be followed to their end."""
    sandbox.settings.latency = 0.0
    pass_time(sandbox, minutes=5)
    for _ in range(4):
        sandbox.settle()
        pass_time(sandbox, minutes=11)
        processes.settle_writes()


def _expire_leases() -> None:
    """What the killed process held has ended: 30 seconds pass."""
    Lease.objects.exclude(holder="").update(until=F("ran_at"))


def _has_sent(batch: Batch, rows: int) -> bool:
    return Write.objects.filter(batch=batch).exclude(sent_at=None).count() >= rows


def _waiting(batch: Batch) -> bool:
    rows = BatchRow.objects.filter(batch=batch)
    return rows.filter(Q(write=None) | Q(write__state=Write.State.QUEUED)).exists()
