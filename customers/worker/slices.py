"""Slices: one process at a time does a kind of work for a company, and the companies take turns.

Batches are checked and sent so, the files of imports are read and checked, and the index of customers is filled.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from customers.batches.checking import check_turn
from customers.batches.sending import SLICE, due_batches, send_slice
from customers.codat.http.quota import background
from customers.index import filling
from customers.models import Batch, Import, IndexedCompany, Lease
from customers.service import CustomerService
from customers.spreadsheets.importing import working
from customers.worker.turns import ShouldStop, Turn, Turns
from customers.writes.pacing import Pacer

# The prefixes of the leases; a company's ID follows.
SEND, CHECK, IMPORT, INDEX = "send:", "check:", "import:", "index:"
# A slice that ended with an error of the dashboard's own is tried again after this time.
RETRY = timedelta(seconds=10)

# What has a company.
Job = Batch | Import | IndexedCompany


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of slice: what it does, for people, the prefix of its lease, what is waiting for it, and its work.

    `find` returns the oldest first. `work` returns how many rows were done, how many failed, and why it did no more.
    """

    label: str
    prefix: str
    find: Callable[[], Sequence[Job]]
    work: Callable[[Any, CustomerService, ShouldStop, Callable[[], None]], tuple[int, int, str]]


def _find_batches(state: str) -> Callable[[], Sequence[Batch]]:
    def find() -> Sequence[Batch]:
        # The usual answer, by a query that is five times as cheap: an idle worker asks it every second.
        return due_batches(state) if Batch.objects.filter(state=state).exists() else []

    return find


def _send(
    batch: Batch, service: CustomerService, should_stop: ShouldStop, pace: Callable[[], None]
) -> tuple[int, int, str]:
    sent = send_slice(batch, service, should_stop=should_stop, pace=pace)
    return sent.sent, sent.failed, sent.halted


def _check(
    batch: Batch, service: CustomerService, should_stop: ShouldStop, pace: Callable[[], None]
) -> tuple[int, int, str]:
    ends_at, rows = time.monotonic() + SLICE.total_seconds(), 0
    while not should_stop() and time.monotonic() < ends_at:
        checked = check_turn(batch, service, should_stop=should_stop, pace=pace)
        rows += checked.rows
        batch.refresh_from_db()
        if checked.is_finished:
            break
    return rows, 0, batch.halted


def _import(
    source: Import, service: CustomerService, should_stop: ShouldStop, pace: Callable[[], None]
) -> tuple[int, int, str]:
    rows = working.step(source, service, should_stop=should_stop, pace=pace)
    return rows, 0, source.message if source.due_at else ""


def _index(
    source: IndexedCompany,
    service: CustomerService,
    should_stop: ShouldStop,
    pace: Callable[[], None],
) -> tuple[int, int, str]:
    turn = filling.take_turn(source, service, should_stop=should_stop, pace=pace)
    return turn.rows, turn.failed, turn.message


# A person waits for the check of a batch, so it does not wait for what is being sent: each kind has a thread.
KINDS = (
    Kind("Check batches", CHECK, _find_batches(Batch.State.PREPARING), _check),
    Kind("Send batches", SEND, _find_batches(Batch.State.RUNNING), _send),
    Kind("Read and check imports", IMPORT, working.due_imports, _import),
    Kind("Index customers", INDEX, filling.due_companies, _index),
)


def due(kind: Kind) -> list[Job]:
    """The oldest job of each company that has work of this kind; the company whose turn was longest ago first."""
    jobs: dict[str, Job] = {}
    for job in kind.find():
        jobs.setdefault(job.company_id, job)
    if not jobs:
        return []
    turns = _last_turns(f"{kind.prefix}{company}" for company in jobs)
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(
        jobs.values(), key=lambda job: turns.get(f"{kind.prefix}{job.company_id}") or never
    )


def _last_turns(names: Iterable[str]) -> dict[str, datetime | None]:
    return dict(Lease.objects.filter(name__in=list(names)).values_list("name", "ran_at"))


def run(
    kind: Kind,
    job: Job,
    service: CustomerService,
    turns: Turns,
    *,
    holder: str,
    pacer: Pacer,
    should_stop: ShouldStop,
) -> Turn | None:
    """Work on a job for one slice, unless another thread or process works for its company; what it did."""

    def work(turn: Turn) -> None:
        def is_over() -> bool:
            return turn.is_lost or should_stop()

        def pace() -> None:
            pacer.wait(is_over)

        turn.due_in = RETRY
        with background():
            turn.done, turn.failed, turn.message = kind.work(job, service, is_over, pace)
        turn.due_in = None

    return turns.run(f"{kind.prefix}{job.company_id}", work, holder=holder)
