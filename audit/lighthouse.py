"""Lighthouse, on the desktop and as a phone."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Timer
from typing import IO, Self, cast

import msgspec

from audit import tools
from audit.pages import LARGE
from audit.reaching import Page
from audit.stack import Request, Stack

# Seconds for one page, and for the browser to close.
TIMEOUT, STOP_TIMEOUT = 300, 20
# Performance depends on what else the machine does: the best of so many runs counts.
RUNS = 3
ACCESSIBILITY = "accessibility"
CATEGORIES = ("performance", ACCESSIBILITY, "best-practices")
# The least score of each category.
BOUNDS: Mapping[str, tuple[int, int, int]] = {
    "desktop": (100, 100, 100),
    "mobile": (98, 100, 100),
}


@dataclass
class Scores:
    """One page on one form factor; None: not examined. `blocking` is the total blocking time in milliseconds."""

    scores: list[int | None]
    blocking: float = 0.0
    failed: list[str] = field(default_factory=list)

    def meets(self, form_factor: str) -> bool:
        """Whether each score reaches its bound."""
        bounds = zip(self.scores, BOUNDS[form_factor], strict=True)
        return all(score is None or score >= bound for score, bound in bounds)

    def better_than(self, other: Scores) -> bool:
        """Whether the scores of another run are lower: the performance, else the blocking time."""
        return (self.scores[0] or 0, -self.blocking) > (other.scores[0] or 0, -other.blocking)

    @property
    def shown(self) -> str:
        """The scores as text."""
        return " / ".join("–" if score is None else str(score) for score in self.scores)


class Lighthouse:
    """A browser for each form factor, for all pages. Use it as a context manager."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in tuple(self._processes):
            self._stop(name)

    def examine(self, stack: Stack, page: Page, request: Request) -> dict[str, Scores]:
        """The scores by form factor.

        The two run side by side, since Lighthouse waits most of the time. What is below its bounds is measured again,
        alone.
        """
        with stack.fault(page.fault):
            with ThreadPoolExecutor(len(BOUNDS)) as pool:
                first = pool.map(lambda name: self._run(stack, page, request, name), BOUNDS)
                best = dict(zip(BOUNDS, first, strict=True))
            for _ in range(RUNS - 1):
                for name in [name for name in BOUNDS if not best[name].meets(name)]:
                    scores = self._run(stack, page, request, name)
                    if scores.better_than(best[name]):
                        best[name] = scores
        return best

    def _run(self, stack: Stack, page: Page, request: Request, form_factor: str) -> Scores:
        process = self._started(form_factor)
        plans, results = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        is_large = page.name == LARGE
        plan = {
            "url": f"{stack.url}{request.path}",
            "fields": request.fields,
            # As a browser with scripts has it from the page of the sign-in: static/app.js.
            "cookies": stack.visitor(page.person).cookies | {"scripts": "1"},
            "status": page.status,
            "categories": [name for name in CATEGORIES if not is_large or name != ACCESSIBILITY],
            "formFactor": form_factor,
        }
        # Terminated, it closes its browser.
        timer = Timer(TIMEOUT, process.terminate)
        timer.start()
        try:
            plans.write(msgspec.json.encode(plan) + b"\n")
            plans.flush()
            line = results.readline()
        except BrokenPipeError:
            line = b""
        finally:
            timer.cancel()
        if not line:
            self._stop(form_factor)
            return Scores([0, 0, 0], failed=[f"It ended, or took more than {TIMEOUT} seconds."])
        return msgspec.json.decode(line, type=Scores)

    def _started(self, form_factor: str) -> subprocess.Popen[bytes]:
        if form_factor not in self._processes:
            self._processes[form_factor] = subprocess.Popen(
                ["node", "lighthouse.mjs", tools.chromium() or "", *tools.CHROMIUM],
                cwd=tools.HERE,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._processes[form_factor]

    def _stop(self, form_factor: str) -> None:
        """The program ends with its input, and closes its browser."""
        process = self._processes.pop(form_factor)
        with suppress(BrokenPipeError):
            cast(IO[bytes], process.stdin).close()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        cast(IO[bytes], process.stdout).close()
