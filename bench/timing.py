"""Interleaved rounds, and a check that the machine was idle enough for their results."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

# Shares of all cores, used by other processes and by the host. A tenth changes medians by more than what is compared.
MAX_OTHER, MAX_STOLEN = 0.10, 0.02
# How much longer than its CPU time a loop may take.
MAX_CALIBRATION = 1.15


def interleave(timed: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Call each function in turn, `rounds` times; the median of each one's results."""
    results: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(rounds):
        for name, measure in timed.items():
            results[name].append(measure())
    return {name: median(values) for name, values in results.items()}


def _cpu_times() -> tuple[float, float] | None:
    """CPU seconds used by processes, and taken by the host, since the machine started.

    Interrupts are excluded: those of the loopback are caused by the benchmark, and belong to no process.
    """
    stat = Path("/proc/stat")
    if not stat.is_file():
        return None
    fields = [int(field) for field in stat.read_text().splitlines()[0].split()[1:]]
    tick = os.sysconf("SC_CLK_TCK")
    user, nice, system, _idle, _wait, _irq, _soft, steal = fields[:8]
    return (user + nice + system) / tick, steal / tick


def _own_cpu_time() -> float:
    """CPU seconds of this process and of every process it started that has ended."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


def calibrate() -> float:
    """The time of a fixed loop divided by its CPU time: 1.0 on an idle machine."""
    ratios = []
    for _ in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        sum(range(3_000_000))
        ratios.append((time.perf_counter() - wall) / (time.process_time() - cpu))
    return median(ratios)


class LoadMonitor:
    """Observes the machine from its creation to `verdict()`, which is called when all started processes have ended."""

    def __init__(self) -> None:
        self.before = calibrate()
        self.started, self.own, self.all = time.monotonic(), _own_cpu_time(), _cpu_times()

    def verdict(self) -> str:
        """A sentence: what else ran on the machine, and whether the numbers can be trusted."""
        worst = max(self.before, calibrate())
        seconds = (time.monotonic() - self.started) * (os.cpu_count() or 1)
        own, after = _own_cpu_time() - self.own, _cpu_times()
        sentence, quiet = (
            f"A calibration loop took {worst:.2f} of its CPU time",
            worst <= MAX_CALIBRATION,
        )
        if self.all and after:
            other = max(after[0] - self.all[0] - own, 0) / seconds
            stolen = (after[1] - self.all[1]) / seconds
            sentence += f", others used {other:.0%} of the cores, the host took {stolen:.1%}"
            quiet = quiet and other <= MAX_OTHER and stolen <= MAX_STOLEN
        if quiet:
            return f"The machine was quiet: {sentence[0].lower()}{sentence[1:]}."
        return f"**The machine was too busy to trust these numbers**: {sentence[0].lower()}{sentence[1:]}."
