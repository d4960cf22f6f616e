"""How long calls to Codat took lately, by company, in this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from customers.codat.http.request import company_of

# Calls that are remembered of each company, and companies.
CALLS, COMPANIES = 5, 1000


class Latency:
    """The durations of the latest calls by company, "" for calls about no company. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_company: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=CALLS)

    @contextmanager
    def timed(self, path: str) -> Iterator[None]:
        """Record how long the call inside takes, also where it fails."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.record(path, time.monotonic() - started)

    def record(self, path: str, seconds: float) -> None:
        """Record a call to a path of the API."""
        company = company_of(path)
        with self._lock:
            self._all.append(seconds)
            self._by_company.setdefault(company, deque(maxlen=CALLS)).append(seconds)
            self._by_company.move_to_end(company)
            if len(self._by_company) > COMPANIES:
                self._by_company.popitem(last=False)

    def usual(self, path: str) -> float | None:
        """The median of the latest calls about a path's company, else about any, in seconds; None before the first."""
        with self._lock:
            latest = list(self._by_company.get(company_of(path), self._all))
        return median(latest) if latest else None
