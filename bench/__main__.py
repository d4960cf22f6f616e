"""`python -m bench [--quick] [--only STEP ...]`: measure everything, print the table, and store it with the pictures.

`--quick` is for working on the bench itself: few rounds, small files. `--only` measures the named steps, for example
`--only exports imports`. Neither stores anything.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from statistics import median

from bench import (
    batches,
    changes,
    charts,
    decoding,
    downloads,
    exports,
    imports,
    index,
    journal,
    pages,
    report,
    slow_codat,
    worker,
)
from bench.report import Row
from bench.testbed import Server, Testbed
from bench.timing import LoadMonitor

START = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
LATEST = Path(__file__).resolve().parent / "latest.md"


def start_up(testbed: Testbed, upstream: Server, rounds: int) -> list[Row]:
    """Seconds from a running interpreter to a loaded application, and to one that has imported its views.

    The modules are compiled, as they are from the second start on, whatever the environment says of bytecode.
    """
    compiled = {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(testbed.folder / "bytecode"),
    }
    env = testbed.settings(upstream) | compiled

    def took(modules: str) -> float:
        return float(testbed.run(["-c", START.format(modules)], env))

    with_views = "codatdash.wsgi, codatdash.urls"
    took(with_views)
    return [
        Row(name, median(took(modules) for _ in range(rounds)), must, unit="s")
        for name, modules, must in (
            ("Start-up after the interpreter", "codatdash.wsgi", 1),
            (
                "The same with all views, which the server imports before it serves",
                with_views,
                None,
            ),
        )
    ]


def measure(testbed: Testbed, results: list[Row], *, quick: bool, only: Collection[str]) -> None:
    """Add every row to `results`, or those of the steps `only`; draw the pictures unless `quick`."""
    rounds = 5 if quick else 40
    few = 2 if quick else 5
    seconds = 1.0 if quick else 3.0
    size = 128 * downloads.MIB if quick else downloads.GIB

    def step(what: str, measure_rows: Callable[[], list[Row]]) -> None:
        if only and what not in only:
            return
        print(f"  {what} ...", file=sys.stderr, flush=True)
        results.extend(measure_rows())

    servers = pages.start_servers(testbed)
    step("pages", lambda: pages.rows(servers, rounds))
    step("pages per second", lambda: [pages.throughput(servers, few, seconds)])
    step("calls", lambda: pages.calls(servers))
    step("changes", lambda: changes.rows(testbed, servers.upstream, quick=quick))
    step("slow Codat", lambda: slow_codat.rows(servers.dashboard, servers.upstream, rounds))
    step("large pages", lambda: pages.large(servers, few))
    step("decoding", lambda: decoding.rows(testbed, servers.upstream, rounds, few))
    step("start-up", lambda: start_up(testbed, servers.upstream, few))
    step("fifty downloads", lambda: [downloads.fifty(servers.dashboard, few)])
    if not quick:
        step("pictures", lambda: _pictures(servers))
    for server in (servers.dashboard, servers.sdk, servers.admin):
        testbed.stop(server)
    step("worker", lambda: worker.rows(testbed, servers.upstream, 5 if quick else 60))
    step("batches", lambda: batches.rows(testbed, quick=quick))
    step("exports", lambda: exports.rows(testbed, servers.upstream, 1 if quick else 3))
    step("index", lambda: index.rows(testbed, servers.upstream, quick=quick))
    step("imports", lambda: imports.rows(testbed, servers.upstream, 1 if quick else 3))
    step("journal", lambda: journal.rows(testbed, servers.upstream, rounds, quick=quick))
    plain = servers.upstream
    step("memory", lambda: _memory(testbed, plain, size, few, quick=quick))
    step("throughput", lambda: downloads.throughput(testbed, plain, size, few, tls=False))
    secure = testbed.upstream(tls=True)
    step("throughput over TLS", lambda: downloads.throughput(testbed, secure, size, few, tls=True))


def _memory(testbed: Testbed, upstream: Server, size: int, few: int, *, quick: bool) -> list[Row]:
    sizes = [downloads.KIB, size] if quick else charts.SIZES
    growth = downloads.memory(testbed, upstream, sizes, few)
    if not quick:
        charts.file_sizes(growth)
    return downloads.memory_rows(growth, downloads.slow_memory(testbed, upstream, few))


def _pictures(servers: pages.Servers) -> list[Row]:
    charts.rows_on_a_page(servers, 5)
    charts.concurrent_people(servers, 1.0, 5)
    return []


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; nothing is stored")
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="STEP", help="these steps; nothing is stored"
    )
    arguments = parser.parse_args()
    quick, only = arguments.quick, arguments.only
    os.environ["no_proxy"] = "*"
    monitor = LoadMonitor()
    rows: list[Row] = []
    try:
        with Testbed() as testbed:
            measure(testbed, rows, quick=quick, only=only)
    finally:
        # Also where a step failed: those before it took a quarter of an hour.
        trust = monitor.verdict()
        print(f"\n{report.machine()}\n\n{report.as_text(rows)}\n\n{trust}")
    if not quick and not only:
        settings = "gunicorn with one gthread worker of 64 threads; medians of interleaved rounds."
        LATEST.write_text(report.as_markdown(rows, trust, settings))
        print(f"Written to {LATEST.relative_to(LATEST.parent.parent)}.")


if __name__ == "__main__":
    main()
