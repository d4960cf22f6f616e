"""The turns that this process has: taken, renewed while their work runs, and given back with what was done.

A turn is a lease (`writes/leases.py`), so one thread of one process has it. Its work can be repeated: where the process
dies, the lease ends and another process does the work.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from customers.codat.errors import CodatError
from customers.worker.outage import DATABASE_AWAY
from customers.writes import leases

log = logging.getLogger(__name__)

ShouldStop = Callable[[], bool]

# A turn is lost so long after its process has died. It is renewed more than twice within that time.
LASTS = timedelta(seconds=30)


@dataclass(eq=False, slots=True)
class Turn:
    """One turn, and what it did so far. `due_in` is when the next one is due, None for immediately.

    `message` says why it did no more, `error` which error ended it. `is_lost` where the turn could not be renewed in
    time, so that another process may have it.
    """

    name: str
    holder: str
    done: int = 0
    failed: int = 0
    message: str = ""
    error: str = ""
    due_in: timedelta | None = None
    took_ms: int = 0
    is_lost: bool = False


class Turns:
    """The turns of one process. Its threads take them; one of them renews them all."""

    def __init__(self) -> None:
        self._held: set[Turn] = set()
        self._lock = threading.Lock()

    def run(self, name: str, work: Callable[[Turn], None], *, holder: str) -> Turn | None:
        """Take a turn, do its work, give it back; what was done. None where another thread or process has it.

        An error of the work is logged, and not raised. Raises the errors of a database that is away.
        """
        if not leases.take(name, holder=holder, lasts=LASTS):
            return None
        turn, started = Turn(name, holder), time.monotonic()
        with self._lock:
            self._held.add(turn)
        try:
            error = _attempt(work, turn)
        finally:
            with self._lock:
                self._held.discard(turn)
        turn.took_ms = int((time.monotonic() - started) * 1000)
        _give_back(turn)
        # The lease could be given back, so the database is there: what failed is the work.
        if error is not None:
            log.error("%s failed", name, exc_info=error)
        elif turn.done or turn.failed:
            _log(turn)
        return turn

    def renew(self) -> None:
        """Renew all turns that are held now."""
        with self._lock:
            held = list(self._held)
        for turn in held:
            if not leases.renew(turn.name, holder=turn.holder, lasts=LASTS):
                turn.is_lost = True

    def give_up(self) -> None:
        """Give back all turns whose work did not end in time, when the process ends."""
        with self._lock:
            held = list(self._held)
        for turn in held:
            turn.is_lost = True
            _give_back(turn)


def _attempt(work: Callable[[Turn], None], turn: Turn) -> Exception | None:
    """Do the work of a turn; the error that ended it."""
    try:
        work(turn)
    except Exception as error:  # noqa: BLE001  logged once the lease is given back
        turn.failed += 1
        turn.error = describe(error)
        return error
    return None


def _give_back(turn: Turn) -> None:
    leases.give_back(
        turn.name,
        holder=turn.holder,
        due_in=turn.due_in,
        took_ms=turn.took_ms,
        done=turn.done,
        failed=turn.failed,
        message=turn.error or turn.message,
    )


def _log(turn: Turn) -> None:
    facts = {
        "event": "turn",
        "name": turn.name,
        "done": turn.done,
        "failed": turn.failed,
        "ms": turn.took_ms,
        "halted": turn.message,
    }
    log.info(
        "%s: %d done, %d failed in %d ms",
        turn.name,
        turn.done,
        turn.failed,
        turn.took_ms,
        extra={"facts": facts},
    )


def describe(error: Exception) -> str:
    """An error for the page of the workers, without the text of an exception, which may quote a value."""
    if isinstance(error, CodatError):
        return error.sentence
    if isinstance(error, DATABASE_AWAY):
        return "The database did not respond."
    return f"An error of the dashboard ({type(error).__name__}). The log has more."
