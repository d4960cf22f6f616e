"""Delayed jobs: one heap, whose due jobs are run by a thread and by each request."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

Job = Callable[[], None]


def now() -> str:
    """The current time as Codat returns it: UTC, seven decimals."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


class Schedule:
    """Jobs by due time (monotonic seconds), all run under one lock, which is also the sandbox's lock."""

    def __init__(self) -> None:
        self.lock = threading.Condition(threading.RLock())
        self._jobs: list[tuple[float, int, Job]] = []
        self._serial = itertools.count()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run due jobs in a daemon thread, so that webhooks are sent without any request."""
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="sandbox-schedule", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        with self.lock:
            self._stopped = True
            self.lock.notify_all()
        if self._thread is not None:
            self._thread.join()

    def after(self, seconds: float, job: Job) -> None:
        """Run `job` once `seconds` from now."""
        with self.lock:
            heapq.heappush(self._jobs, (time.monotonic() + seconds, next(self._serial), job))
            self.lock.notify_all()

    def run_due(self) -> None:
        """Run the jobs that are due."""
        with self.lock:
            while self._jobs and self._jobs[0][0] <= time.monotonic():
                heapq.heappop(self._jobs)[2]()

    def run_all(self) -> None:
        """Run all jobs now, due or not, in their order, and those that they add."""
        with self.lock:
            while self._jobs:
                heapq.heappop(self._jobs)[2]()

    def clear(self) -> None:
        """Remove all jobs."""
        with self.lock:
            self._jobs.clear()

    def _run(self) -> None:
        with self.lock:
            while not self._stopped:
                self.run_due()
                wait = self._jobs[0][0] - time.monotonic() if self._jobs else None
                self.lock.wait(None if wait is None else max(wait, 0.0))
