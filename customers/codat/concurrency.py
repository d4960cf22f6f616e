"""At most so many calls at once about one company, across threads and, through a shared cache, processes.

Codat refuses more than ten. A place is held until the answer is read; of a download, until its headers
are, since a slow reader would otherwise keep everybody else away (guessed: Codat does not say what it
counts).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from customers.codat import cache
from customers.codat.errors import TooManyConcurrentCalls

# Seconds to wait for a place, and never more than half of the time that is left for the call.
LONGEST_WAIT = 5.0
# Seconds between two looks whether another process has left.
LOOK = 0.05
# Companies that a process keeps: addresses are typed by people, so there may be any number.
KEPT = 10_000
# Seconds that a place in the cache outlives its call; the place of a process that died ends by itself.
MARGIN = 2


class Slots:
    """The places for calls about the companies of one account."""

    def __init__(self, identity: str, at_once: int) -> None:
        self._identity, self._at_once = identity, at_once
        self._here: dict[str, threading.BoundedSemaphore] = {}
        self._lock = threading.Lock()

    @contextmanager
    def held(self, company: str, until: float, what: str) -> Iterator[None]:
        """Hold a place. ``until`` is when the call ends at the latest, on the monotonic clock.

        "" is no company, and has no limit. `TooManyConcurrentCalls` where no place became free in time.
        """
        if not company:
            yield
            return
        patience = max(min(LONGEST_WAIT, (until - time.monotonic()) / 2), 0)
        give_up = time.monotonic() + patience
        with self._lock:
            if len(self._here) >= KEPT:
                self._here.clear()
            here = self._here.setdefault(company, threading.BoundedSemaphore(self._at_once))
        if not here.acquire(timeout=patience):
            raise _crowded(what)
        try:
            place = self._place(company, give_up, until, what) if cache.is_shared() else ""
            try:
                yield
            finally:
                if place:
                    cache.forget(place)
        finally:
            here.release()

    def _place(self, company: str, give_up: float, until: float, what: str) -> str:
        """A place among all processes, "" where the cache is away."""
        # Anywhere to begin with: processes that all begin at the first get into each other's way.
        places = random.sample(range(self._at_once), self._at_once)
        while True:
            for number in places:
                key = cache.key("slot", self._identity, company, str(number))
                taken = cache.add(key, until - time.monotonic() + MARGIN)
                if taken is None:
                    return ""
                if taken:
                    return key
            if time.monotonic() + LOOK >= give_up:
                raise _crowded(what)
            time.sleep(LOOK)


def _crowded(what: str) -> TooManyConcurrentCalls:
    return TooManyConcurrentCalls(
        f"{what}: no place among the calls about this company", retry_after=3
    )
