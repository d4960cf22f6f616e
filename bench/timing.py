"""Interleaved rounds, and whether the machine was quiet enough to believe them."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

# Shares of all cores. A tenth taken by others moves medians by more than what we compare.
BUSY, STOLEN = 0.10, 0.02
# How much longer a loop may take than the time that it had a core for.
STRETCHED = 1.15


def interleave(legs: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Call each leg in turn, `rounds` times over; the median of what each returned."""
    results: dict[str, list[float]] = {name: [] for name in legs}
    for _ in range(rounds):
        for name, leg in legs.items():
            results[name].append(leg())
    return {name: median(values) for name, values in results.items()}


def _jiffies() -> tuple[float, float] | None:
    """Seconds that processes had a core, and that the host took, since the machine started.

    Interrupts are left out: those of the loopback are our own, and are nobody's CPU time.
    """
    stat = Path("/proc/stat")
    if not stat.is_file():
        return None
    fields = [int(field) for field in stat.read_text().splitlines()[0].split()[1:]]
    tick = os.sysconf("SC_CLK_TCK")
    user, nice, system, _idle, _wait, _irq, _soft, steal = fields[:8]
    return (user + nice + system) / tick, steal / tick


def _own() -> float:
    """CPU seconds of this process and of every process it started that has ended."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


def stretch() -> float:
    """How much longer a fixed loop took than the CPU time it got: 1.0 on a quiet machine."""
    ratios = []
    for _ in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        sum(range(3_000_000))
        ratios.append((time.perf_counter() - wall) / (time.process_time() - cpu))
    return median(ratios)


class Watch:
    """Watches from its making until `verdict()`, which is for when everything that was started has ended."""

    def __init__(self) -> None:
        self.before = stretch()
        self.started, self.own, self.all = time.monotonic(), _own(), _jiffies()

    def verdict(self) -> str:
        """A sentence: what else ran on the machine, and whether the numbers can be trusted."""
        worst = max(self.before, stretch())
        seconds = (time.monotonic() - self.started) * (os.cpu_count() or 1)
        own, after = _own() - self.own, _jiffies()
        said, quiet = f"A calibration loop took {worst:.2f} of its CPU time", worst <= STRETCHED
        if self.all and after:
            other = max(after[0] - self.all[0] - own, 0) / seconds
            stolen = (after[1] - self.all[1]) / seconds
            said += f", others used {other:.0%} of the cores, the host took {stolen:.1%}"
            quiet = quiet and other <= BUSY and stolen <= STOLEN
        if quiet:
            return f"The machine was quiet: {said[0].lower()}{said[1:]}."
        return f"**The machine was too busy to trust these numbers**: {said[0].lower()}{said[1:]}."
