"""The worker: sends batches, follows and confirms changes, and does the periodic work, until SIGTERM."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from customers.codat.client import worker_client
from customers.formatting import counted
from customers.index import companies
from customers.service import CustomerService
from customers.worker.loop import Worker
from customers.writes.pacing import Pacer


class Command(BaseCommand):
    """Any number may run at once. SIGTERM and Ctrl-C let the work in flight end; a second one ends at once."""

    help = (
        "Send batches, follow and confirm changes, and do the periodic work, until it is stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """`--once`: for cron."""
        parser.add_argument(
            "--once", action="store_true", help="do one round of everything, and end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until a signal; with `--once` print what one round did."""
        if companies.drop_where_off():
            self.stdout.write(
                "The index of customers was dropped, because INDEX_CUSTOMERS is false."
            )
        worker = Worker(
            CustomerService(worker_client()),
            pacer=Pacer(settings.CODAT_WORKER_PACE),
            patience=settings.CODAT_PAGE_DEADLINE,
        )
        with _stopped_by_signals(worker):
            if not options["once"]:
                worker.run()
                return
            turns = worker.once()
        done, failed = sum(turn.done for turn in turns), sum(turn.failed for turn in turns)
        self.stdout.write(
            f"{counted(len(turns), 'turn')}, {counted(done, 'row')} done, {failed} failed"
        )


@contextmanager
def _stopped_by_signals(worker: Worker) -> Iterator[None]:
    """SIGTERM and SIGINT stop the worker, the second one in the usual way."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: FrameType | None) -> None:
        worker.stop()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
