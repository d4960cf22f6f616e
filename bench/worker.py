"""What a worker costs while there is nothing to do."""

from __future__ import annotations

import time

from bench.report import Row
from bench.testbed import Server, Testbed

# Seconds that it has for its first round before it is measured: daily chores, and reading 10,000 companies.
SETTLING = 30.0


def rows(testbed: Testbed, upstream: Server, seconds: float) -> list[Row]:
    """The share of a core that an idle worker takes over so many seconds."""
    env = testbed.settings(upstream)
    env |= {"DATABASE_URL": f"sqlite:///{testbed.folder / 'worker.sqlite3'}"}
    testbed.run(["manage.py", "migrate", "--verbosity=0"], env)
    worker = testbed.worker(env)
    time.sleep(SETTLING)
    used, began = worker.cpu(), time.monotonic()
    time.sleep(seconds)
    share = (worker.cpu() - used) / (time.monotonic() - began) * 100
    testbed.stop(worker)
    return [Row("The worker's idle CPU, of a core", share, 1, 0.5, unit="%")]
