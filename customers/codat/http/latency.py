"""How long the latest read of each address of Codat took, in this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from customers.codat.http.request import company_of

# Addresses that are remembered.
ADDRESSES = 5000


class Latency:
    """The duration of the latest read by address, and by company. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: OrderedDict[str, float] = OrderedDict()

    @contextmanager
    def timed(self, path: str, address: str) -> Iterator[None]:
        """Record how long the read inside takes, also where it fails. `address` is the path with its parameters."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.record(path, address, time.monotonic() - started)

    def record(self, path: str, address: str, seconds: float) -> None:
        """Record a read."""
        with self._lock:
            for key in (address, _company_key(path)):
                self._latest[key] = seconds
                self._latest.move_to_end(key)
            while len(self._latest) > ADDRESSES:
                self._latest.popitem(last=False)

    def latest(self, path: str, address: str) -> float:
        """The seconds of the latest read of an address, else of the path's company; 0 where neither was read."""
        with self._lock:
            return self._latest.get(address, self._latest.get(_company_key(path), 0.0))


def _company_key(path: str) -> str:
    return f"company {company_of(path)}"
