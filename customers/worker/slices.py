"""The slices of batches: one process at a time checks, or sends, rows of a company, and the companies take turns."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from customers.batches.checking import check_turn
from customers.batches.sending import SLICE, due_batches, send_slice
from customers.codat.http.quota import background
from customers.models import Batch, Lease
from customers.service import CustomerService
from customers.worker.turns import ShouldStop, Turn, Turns
from customers.writes.pacing import Pacer

# The prefixes of the leases; a company's ID follows.
SEND, CHECK = "send:", "check:"
# A slice that ended with an error of the dashboard's own is tried again after this time.
RETRY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of slice: what it does, for people, the prefix of its lease, the state of its batches, and its work.

    `work` returns how many rows were done, how many failed, and why it did no more.
    """

    label: str
    prefix: str
    state: str
    work: Callable[[Batch, CustomerService, ShouldStop, Callable[[], None]], tuple[int, int, str]]


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
        if checked.is_finished or batch.state != Batch.State.PREPARING:
            break
    return rows, 0, batch.halted


# A person waits for the check of a batch, so it does not wait for what is being sent: each kind has a thread.
KINDS = (
    Kind("Check batches", CHECK, Batch.State.PREPARING, _check),
    Kind("Send batches", SEND, Batch.State.RUNNING, _send),
)


def due(kind: Kind) -> list[Batch]:
    """The oldest batch of each company that has rows for this kind; the company whose turn was longest ago first."""
    # The usual answer, by a query that is five times as cheap: an idle worker asks it every second.
    if not Batch.objects.filter(state=kind.state).exists():
        return []
    batches: dict[str, Batch] = {}
    for batch in due_batches(kind.state):
        batches.setdefault(batch.company_id, batch)
    turns = _last_turns(f"{kind.prefix}{company}" for company in batches)
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(
        batches.values(),
        key=lambda batch: turns.get(f"{kind.prefix}{batch.company_id}") or never,
    )


def _last_turns(names: Iterable[str]) -> dict[str, datetime | None]:
    return dict(Lease.objects.filter(name__in=list(names)).values_list("name", "ran_at"))


def run(
    kind: Kind,
    batch: Batch,
    service: CustomerService,
    turns: Turns,
    *,
    holder: str,
    pacer: Pacer,
    should_stop: ShouldStop,
) -> Turn | None:
    """Work on a batch for one slice, unless another thread or process works for its company; what it did."""

    def work(turn: Turn) -> None:
        def is_over() -> bool:
            return turn.is_lost or should_stop()

        def pace() -> None:
            pacer.wait(is_over)

        turn.due_in = RETRY
        with background():
            turn.done, turn.failed, turn.message = kind.work(batch, service, is_over, pace)
        turn.due_in = None

    return turns.run(f"{kind.prefix}{batch.company_id}", work, holder=holder)
