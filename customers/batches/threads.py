"""Several threads that take from one list of rows, each with its own connection to the database."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from django.db import connections

Row = TypeVar("Row")


def for_each(rows: Iterable[Row], step: Callable[[Row], bool], *, threads: int) -> None:
    """Call `step` for each row, in `threads` threads, until one returns False or raises.

    Rows are taken in their order, one at a time. Steps that have begun are finished. Raises what a step raised. The
    context variables of the caller are in force in each thread.
    """
    iterator, lock, stop = iter(rows), threading.Lock(), threading.Event()

    def next_row() -> tuple[Row] | None:
        with lock:
            return next(((row,) for row in iterator), None)

    def work() -> None:
        try:
            while not stop.is_set() and (taken := next_row()):
                if not step(*taken):
                    stop.set()
        except BaseException:
            stop.set()
            raise
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(copy_context().run, work) for _ in range(threads)]
    for each in running:
        each.result()
