"""The worker: threads that look for work every second, one that renews what they hold, and an orderly end.

Any number of workers may run. What is to be done is in the database, and a lease decides who does it, so a worker that
is killed leaves nothing that another does not take up.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import simplejson
from django.db import close_old_connections, connections
from django.utils import timezone

from customers.service import CustomerService
from customers.worker import chores, slices
from customers.worker.outage import DATABASE_AWAY, Outage
from customers.worker.turns import Turn, Turns
from customers.writes import leases
from customers.writes.pacing import Pacer

log = logging.getLogger(__name__)

# Seconds between two looks for work, after one that failed, and between two renewals.
LOOK_INTERVAL, RETRY_INTERVAL, RENEW_INTERVAL = 1.0, 2.0, 5.0
# Seconds that the leases may take to be given back at the end.
END_TIMEOUT = 5.0
# Threads for chores: a long one does not delay the others.
CHORE_THREADS = 2


class Worker:
    """One process. `run` works until `stop` is called, `once` does one round of everything."""

    def __init__(
        self,
        service: CustomerService,
        *,
        pacer: Pacer,
        patience: float,
        table: Sequence[chores.Chore] = chores.CHORES,
    ) -> None:
        """`patience` is how many seconds the work in flight has after `stop`."""
        self.name = leases.new_holder()
        self._service, self._pacer, self._patience = service, pacer, patience
        self._chores = tuple(table)
        self._turns, self._looks, self._outage = Turns(), chores.Looks(), Outage()
        self._stop, self._ended = threading.Event(), threading.Event()
        self._error = ""

    def stop(self) -> None:
        """End: begin nothing, finish what is in flight. May be called by a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Work until `stop` is called; then wait for the work in flight, `patience` seconds at most."""
        jobs = [(kind.prefix.rstrip(":"), self._slices_of(kind)) for kind in slices.KINDS]
        jobs += [(f"chores-{number}", self._do_chores) for number in range(1, CHORE_THREADS + 1)]
        with self._renewing():
            log.info("Worker %s started.", self.name)
            threads = [self._start(self._look, name, round_) for name, round_ in jobs]
            self._stop.wait()
            ends_at = time.monotonic() + self._patience
            for thread in threads:
                thread.join(max(ends_at - time.monotonic(), 0))
        log.info("Worker %s ended.", self.name)

    def once(self) -> list[Turn]:
        """One round of everything that is due: each chore, and one slice for each company. What was done."""
        with self._renewing():
            turns = list(self._chore_turns(f"{self.name}/once"))
            for kind in slices.KINDS:
                turns += self._slice_turns(kind, f"{self.name}/once")
        return turns

    # -- Rounds: each returns whether there is probably more to do -------------------------------------

    def _do_chores(self, holder: str) -> bool:
        for _ in self._chore_turns(holder):
            pass
        return False

    def _slices_of(self, kind: slices.Kind) -> Callable[[str], bool]:
        def one_slice(holder: str) -> bool:
            turn = next(self._slice_turns(kind, holder), None)
            return turn is not None and turn.done > 0

        return one_slice

    def _chore_turns(self, holder: str) -> Iterator[Turn]:
        for chore in self._chores:
            if self._stop.is_set():
                return
            if not self._looks.take(chore) or not chores.due([chore]):
                continue
            turn = chores.run(
                chore,
                self._service,
                self._turns,
                holder=holder,
                should_stop=self._stop.is_set,
            )
            if turn is not None:
                self._looks.ran(chore)
                self._note(chore.label, turn)
                yield turn

    def _slice_turns(self, kind: slices.Kind, holder: str) -> Iterator[Turn]:
        for job in slices.due(kind):
            if self._stop.is_set():
                return
            turn = slices.run(
                kind,
                job,
                self._service,
                self._turns,
                holder=holder,
                pacer=self._pacer,
                should_stop=self._stop.is_set,
            )
            if turn is not None:
                self._note(kind.label, turn)
                yield turn

    def _note(self, what: str, turn: Turn) -> None:
        """Remember the last error for the page of the workers."""
        if turn.error:
            at = timezone.now().isoformat()
            self._error = simplejson.dumps({"what": what, "error": turn.error, "at": at})

    # -- Threads ----------------------------------------------------------------------------------------

    def _start(self, target: Callable[..., None], *arguments: object) -> threading.Thread:
        # A daemon: the process ends in time even where a call does not.
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        return thread

    def _look(self, name: str, round_: Callable[[str], bool]) -> None:
        """Do rounds until `stop` is called. No error ends the thread."""
        while not self._stop.is_set():
            has_more = self._attempt(name, lambda: round_(f"{self.name}/{name}"))
            if not has_more:
                self._stop.wait(RETRY_INTERVAL if has_more is None else LOOK_INTERVAL)
        connections.close_all()

    def _attempt(self, name: str, step: Callable[[], bool]) -> bool | None:
        """The result of a step; None where it failed, which is logged."""
        close_old_connections()
        try:
            result = step()
        except DATABASE_AWAY as error:
            self._outage.begin(name, error)
            return None
        except Exception:  # The thread must survive any error.
            log.exception("The worker's thread %s", name)
            return None
        self._outage.end(name)
        return result

    @contextmanager
    def _renewing(self) -> Iterator[None]:
        """A thread renews the lease of this worker and its turns, until the work inside has ended."""
        thread = self._start(self._renew)
        try:
            yield
        finally:
            self._ended.set()
            thread.join(END_TIMEOUT)

    def _renew(self) -> None:
        while not self._ended.is_set():
            self._attempt("renew", self._give_sign_of_life)
            self._ended.wait(RENEW_INTERVAL)
        with suppress(*DATABASE_AWAY):
            self._turns.give_up()
            leases.drop(self._lease, holder=self.name)
        connections.close_all()

    @property
    def _lease(self) -> str:
        return f"{leases.WORKER}{self.name}"

    def _give_sign_of_life(self) -> bool:
        if not leases.renew(self._lease, holder=self.name, lasts=leases.ALIVE, message=self._error):
            leases.take(self._lease, holder=self.name, lasts=leases.ALIVE)
        self._turns.renew()
        return True
