"""The rows about a running batch: its speed, and its cost for a person who works at the same time."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Callable
from statistics import quantiles

from bench.report import Row, milliseconds
from bench.testbed import Server, Testbed, free_port

# Seconds of each of the sandbox's responses: for the throughput, so that the places are the limit and not the pace, and
# beside a person's pages.
LONG, SHORT = 0.5, 0.02
# Calls at once of a worker, its default.
PLACES = 4
# The pages are measured while a batch of this size runs.
ROWS, PAGES = 1_000, 300
QUICK_ROWS, QUICK_PAGES = 60, 20


def rows(testbed: Testbed, *, quick: bool) -> list[Row]:
    """The throughput of a batch, and a person's list page while one runs."""
    port = free_port()
    command = [sys.executable, "manage.py", "sandbox", "--port", str(port)]
    settings = {"DEBUG": "true", "SECRET_KEY": "bench", "CODAT_API_KEY": "sandbox-key"}
    sandbox = testbed.start(command, port, settings)
    env = testbed.settings(sandbox) | {
        "CODAT_API_KEY": "sandbox-key",
        "DJANGO_SETTINGS_MODULE": "codatdash.settings",
        "LOG_LEVEL": "WARNING",
    }
    results = [_throughput(testbed, sandbox, env, QUICK_ROWS if quick else 240)]
    results.append(_beside(testbed, sandbox, env, quick=quick))
    testbed.stop(sandbox)
    return results


def _throughput(testbed: Testbed, sandbox: Server, env: dict[str, str], count: int) -> Row:
    """Rows a second, to the calls that the worker's places allow at this latency."""
    env = env | {"DATABASE_URL": f"sqlite:///{testbed.folder / 'throughput.sqlite3'}"}
    testbed.prepare(env)
    batch = _start_batch(testbed, sandbox, env, count)
    _set(sandbox, latency=LONG)
    worker = testbed.worker(env | {"LOG_LEVEL": "INFO"})
    _wait(lambda: _report(testbed, env, batch)[0] == count, seconds=count)
    _, took = _report(testbed, env, batch)
    testbed.stop(worker)
    _set(sandbox, latency=0.0)
    pace, share = (count - 1) / took, PLACES / LONG
    return Row(
        f"Rows of a batch a second, to {PLACES} calls at once of {LONG * 1000:.0f} ms",
        pace / share,
        0.9,
        dashboard=f"{pace:.1f}/s",
        reference=f"{share:.1f}/s",
        more=True,
    )


def _beside(testbed: Testbed, sandbox: Server, env: dict[str, str], *, quick: bool) -> Row:
    """The list page's p95 while a batch runs, to the one without a batch."""
    env = env | {"DATABASE_URL": f"sqlite:///{testbed.folder / 'beside.sqlite3'}"}
    testbed.prepare(env)
    batch = _start_batch(testbed, sandbox, env, QUICK_ROWS if quick else ROWS)
    _set(sandbox, latency=SHORT)
    dashboard = testbed.dashboard(env)
    address = f"/companies/{_company(sandbox)}/customers/"
    browser = dashboard.browser()
    pages = QUICK_PAGES if quick else PAGES

    def p95() -> float:
        return quantiles((browser.seconds(address) for _ in range(pages)), n=20)[-1]

    browser.seconds(address)
    idle = p95()
    worker = testbed.worker(env | {"LOG_LEVEL": "INFO"})
    _wait(lambda: _report(testbed, env, batch)[0] > 0, seconds=30)
    loaded = p95()
    if _report(testbed, env, batch)[0] >= (QUICK_ROWS if quick else ROWS):
        raise AssertionError("the batch ended while the pages were measured")
    testbed.stop(worker)
    testbed.stop(dashboard)
    return Row(
        "List page's 95th percentile beside a batch of 1,000, to itself idle",
        loaded / idle,
        1.3,
        dashboard=milliseconds(loaded),
        reference=milliseconds(idle),
    )


def _start_batch(testbed: Testbed, sandbox: Server, env: dict[str, str], count: int) -> str:
    command = ["-m", "bench.programs.start_batch", _company(sandbox), str(count)]
    return testbed.run(command, env).strip()


def _report(testbed: Testbed, env: dict[str, str], batch: str) -> tuple[int, float]:
    """The rows that were sent, and the seconds between the first and the last."""
    sent, took = testbed.run(["-m", "bench.programs.start_batch", batch], env).split()
    return int(sent), float(took)


def _wait(what: Callable[[], bool], *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise AssertionError("the batch does not go on")
        time.sleep(1)


def _set(sandbox: Server, **settings: float) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{sandbox.port}/_sandbox/settings",
        json.dumps(settings).encode(),
        method="POST",
    )
    urllib.request.urlopen(request, timeout=10).close()


def _company(sandbox: Server) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{sandbox.port}/_sandbox/", timeout=10) as state:
        return str(json.load(state)["companies"]["big"])
