"""Limits the concurrent calls per company, across threads and, through a shared cache, processes; and in this process.

Codat refuses more than ten. A slot is held until the response is read; for a download, until its headers are
read, because a slow reader would otherwise block all other calls (assumed: Codat does not document what it counts).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from customers.codat import cache
from customers.codat.errors import TooManyConcurrentCalls

# Seconds to wait for a slot, and never more than half of the time that is left for the call.
MAX_WAIT = 5.0
# Seconds to wait where this process makes as many calls as it may: a thread that waits here serves no other page.
MAX_WAIT_IN_PROCESS = 0.5
# Seconds between two checks whether another process has released a slot.
POLL_INTERVAL = 0.05
# Companies in the memory of a process: IDs come from URLs, so there may be any number.
MAX_COMPANIES = 10_000
# Seconds that a slot in the cache outlives its call; the slot of a process that died expires.
MARGIN = 2

_TOO_MANY = (
    "Too many requests to Codat are running, so nothing was sent. Try again in a few seconds."
)


class ConcurrencyLimit:
    """At most ``max_concurrent`` calls for each company of one account, and ``max_in_process`` in this process.

    Calls that wait for a company's slot count towards ``max_in_process``, so some threads always serve other pages.
    """

    def __init__(self, identity: str, max_concurrent: int, max_in_process: int) -> None:
        self._identity, self._max = identity, max_concurrent
        self._process = threading.BoundedSemaphore(max_in_process)
        self._semaphores: dict[str, threading.BoundedSemaphore] = {}
        self._lock = threading.Lock()

    @contextmanager
    def slot(self, company: str, until: float, label: str) -> Iterator[None]:
        """Hold a slot for a call that ends at ``until`` (monotonic time) at the latest.

        "" is no company and has no limit of its own. Raises `TooManyConcurrentCalls` if no slot becomes free in time.
        """
        wait = max(min(MAX_WAIT_IN_PROCESS, until - time.monotonic()), 0)
        if not self._process.acquire(timeout=wait):
            raise TooManyConcurrentCalls(
                f"{label}: no free slot in this process", sentence=_TOO_MANY, retry_after=3
            )
        try:
            if company:
                with self._company_slot(company, until, label):
                    yield
            else:
                yield
        finally:
            self._process.release()

    @contextmanager
    def _company_slot(self, company: str, until: float, label: str) -> Iterator[None]:
        wait = max(min(MAX_WAIT, (until - time.monotonic()) / 2), 0)
        give_up = time.monotonic() + wait
        with self._lock:
            if len(self._semaphores) >= MAX_COMPANIES:
                self._semaphores.clear()
            semaphore = self._semaphores.setdefault(company, threading.BoundedSemaphore(self._max))
        if not semaphore.acquire(timeout=wait):
            raise _too_many(label)
        try:
            key = self._shared_slot(company, give_up, until, label) if cache.is_shared() else ""
            try:
                yield
            finally:
                if key:
                    cache.delete(key)
        finally:
            semaphore.release()

    def _shared_slot(self, company: str, give_up: float, until: float, label: str) -> str:
        """The cache key of a slot among all processes, "" where the cache is unavailable."""
        # In random order: processes that all begin with the first would compete for it.
        numbers = random.sample(range(self._max), self._max)
        while True:
            for number in numbers:
                key = cache.key("slot", self._identity, company, str(number))
                added = cache.add(key, until - time.monotonic() + MARGIN)
                if added is None:
                    return ""
                if added:
                    return key
            if time.monotonic() + POLL_INTERVAL >= give_up:
                raise _too_many(label)
            time.sleep(POLL_INTERVAL)


def _too_many(label: str) -> TooManyConcurrentCalls:
    return TooManyConcurrentCalls(f"{label}: no free slot for this company", retry_after=3)
