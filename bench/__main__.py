"""`python -m bench [--quick]`: measure everything, print the table, write it and the pictures down.

`--quick` is for working on the bench itself: few rounds, small files, nothing written down.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench import decoding, downloads, drawing, pages, report
from bench.processes import Server, Stage
from bench.report import Row
from bench.timing import Watch

START = (
    "import time; t = time.perf_counter(); import codatdash.wsgi; print(time.perf_counter() - t)"
)
LATEST = Path(__file__).resolve().parent / "latest.md"


def start_up(stage: Stage, upstream: Server, rounds: int) -> Row:
    """Seconds from a running interpreter to an application that can answer."""
    env = stage.settings(upstream)
    took = median(float(stage.run(["-c", START], env)) for _ in range(rounds))
    return Row("Start-up after the interpreter", took, 1, unit="s")


def measure(stage: Stage, *, quick: bool) -> list[Row]:
    """Every row, and the pictures unless in a hurry."""
    rounds = 5 if quick else 40
    few = 2 if quick else 5
    seconds = 1.0 if quick else 3.0
    size = 128 * downloads.MIB if quick else downloads.GIB
    found: list[Row] = []

    def step(what: str, rows: Callable[[], list[Row]]) -> None:
        print(f"  {what} ...", file=sys.stderr, flush=True)
        found.extend(rows())

    servers = pages.cast(stage)
    step("pages", lambda: pages.rows(servers, rounds))
    step("pages per second", lambda: [pages.throughput(servers, few, seconds)])
    step("calls", lambda: pages.calls(servers))
    step("large pages", lambda: pages.large(servers, few))
    step("decoding", lambda: decoding.rows(stage, servers.upstream, rounds, few))
    step("start-up", lambda: [start_up(stage, servers.upstream, few)])
    step("fifty downloads", lambda: [downloads.fifty(servers.dashboard, few)])
    if not quick:
        step("pictures", lambda: _pictures(servers))
    for server in (servers.dashboard, servers.sdk, servers.admin):
        stage.stop(server)

    def memory() -> list[Row]:
        sizes = [downloads.KIB, size] if quick else drawing.SIZES
        grown = downloads.memory(stage, servers.upstream, sizes, few)
        if not quick:
            drawing.file_sizes(grown)
        return downloads.memory_rows(grown, downloads.slow_memory(stage, servers.upstream, few))

    step("memory", memory)
    step("throughput", lambda: downloads.throughput(stage, servers.upstream, size, few, tls=False))
    secure = stage.upstream(tls=True)
    step("throughput over TLS", lambda: downloads.throughput(stage, secure, size, few, tls=True))
    return found


def _pictures(servers: pages.Cast) -> list[Row]:
    drawing.rows_on_a_page(servers, 5)
    drawing.people_at_once(servers, 1.0, 5)
    return []


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; nothing is written down")
    quick = parser.parse_args().quick
    os.environ["no_proxy"] = "*"
    watch = Watch()
    with Stage() as stage:
        rows = measure(stage, quick=quick)
    trust = watch.verdict()
    print(f"\n{report.machine()}\n\n{report.as_text(rows)}\n\n{trust}")
    if not quick:
        settings = "gunicorn with one gthread worker of 64 threads; medians of interleaved rounds."
        LATEST.write_text(report.as_markdown(rows, trust, settings))
        print(f"Written to {LATEST.relative_to(LATEST.parent.parent)}.")


if __name__ == "__main__":
    main()
