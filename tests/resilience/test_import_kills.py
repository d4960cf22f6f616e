"""Workers that are killed while they read and check an import, and several at once: nothing is lost or twice."""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.models import Import, ImportRow
from customers.service import default_service
from customers.spreadsheets.importing import checking, reading, row_store
from sandbox import Sandbox
from tests.support.imports import alive, csv_of, matched, states_of, uploaded, work
from tests.support.patience import wait_for
from tests.support.races import all_at_once
from tests.support.worker_process import worker
from tests.worker.test_leases import let_time_pass

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

HEAD = ["Customer ID", "Name", "Phone"]
ROWS, PATIENCE = 12_000, 90
State = Import.State


def sheet(sandbox: Sandbox, count: int = ROWS) -> bytes:
    """Rows that change each customer of the company, and many with an ID that none has."""
    known = [[one["id"], "", "+44 1 1"] for one in alive(sandbox)]
    return csv_of(HEAD, *known, *([f"x{n}", f"N {n}", str(n)] for n in range(count - len(known))))


def is_within(source: Import, state: str) -> bool:
    """Whether the worker has done some of a step, and not all."""
    source.refresh_from_db()
    assert source.state in (state, State.COLUMNS, State.CHECKED)
    return source.state != state or source.done > 0


def kill_within(source: Import, state: str) -> None:
    """Kill a worker in the middle of a step; its lease has ended then."""
    with worker() as process:
        wait_for(lambda: is_within(source, state), PATIENCE)
        process.stop(signal.SIGKILL)
    let_time_pass(timedelta(minutes=1))


def wait_until(source: Import, state: str) -> None:
    def has_come() -> bool:
        source.refresh_from_db()
        return source.state == state

    wait_for(has_come, PATIENCE)
    assert source.state == state, source.message


def test_a_worker_that_is_killed_leaves_an_import_that_others_go_on_with(
    sandbox: Sandbox, editor: User
) -> None:
    source = uploaded(sandbox, editor, sheet(sandbox))
    kill_within(source, State.READING)
    with worker(), worker():
        wait_until(source, State.COLUMNS)
    rows = ImportRow.objects.filter(source=source)
    assert list(rows.values_list("position", flat=True)) == list(range(2, ROWS + 2))
    assert rows.get(position=ROWS + 1).cells[1].startswith("N ")
    matched(source, editor)
    kill_within(source, State.CHECKING)
    with worker(), worker():
        wait_until(source, State.CHECKED)
    changed = len(alive(sandbox))
    assert states_of(source) == {"changed": changed, "unknown_id": ROWS - changed}


def test_two_at_once_read_and_check_the_same(sandbox: Sandbox, editor: User) -> None:
    source = uploaded(sandbox, editor, sheet(sandbox, 1_200))
    all_at_once([lambda: reading.read(Import.objects.get(pk=source.pk)) for _ in range(2)])
    source.refresh_from_db()
    assert (source.state, source.total) == (State.COLUMNS, 1_200)
    assert ImportRow.objects.filter(source=source).count() == 1_200
    matched(source, editor)
    service = default_service()
    all_at_once(
        [lambda: checking.check(Import.objects.get(pk=source.pk), service) for _ in range(2)]
    )
    source.refresh_from_db()
    changed = len(alive(sandbox))
    assert source.state == State.CHECKED
    assert states_of(source) == {"changed": changed, "unknown_id": 1_200 - changed}


@pytest.mark.parametrize("piece", [1, 2])
def test_an_error_in_the_middle_of_a_step_is_made_up_for(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    source = uploaded(sandbox, editor, sheet(sandbox, 1_200))
    written = []
    insert = row_store.insert

    def fail(*arguments: Any) -> None:
        written.append(arguments)
        if len(written) == piece:
            raise MemoryError
        insert(*arguments)

    monkeypatch.setattr(row_store, "insert", fail)
    with pytest.raises(MemoryError):
        work(source)
    source = Import.objects.get(pk=source.pk)
    assert source.state == State.READING
    work(source)
    assert (source.state, source.total) == (State.COLUMNS, 1_200)
