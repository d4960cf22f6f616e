"""Lighthouse, on the desktop and as a phone."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

from audit import tools
from audit.pages import LARGE
from audit.reaching import Page
from audit.stack import Request, Stack

TIMEOUT = 300
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


def examine(stack: Stack, page: Page, request: Request, runs: int = RUNS) -> dict[str, Scores]:
    """The scores by form factor.

    The two run side by side, since Lighthouse waits most of the time. What is below its bounds is measured again,
    alone.
    """
    with stack.fault(page.fault):
        with ThreadPoolExecutor(len(BOUNDS)) as pool:
            first = pool.map(lambda name: _run(stack, page, request, name), BOUNDS)
            best = dict(zip(BOUNDS, first, strict=True))
        for _ in range(runs - 1):
            for name in [name for name in BOUNDS if not best[name].meets(name)]:
                scores = _run(stack, page, request, name)
                if scores.better_than(best[name]):
                    best[name] = scores
    return best


def _run(stack: Stack, page: Page, request: Request, form_factor: str) -> Scores:
    plan = {
        "url": f"{stack.url}{request.path}",
        "fields": request.fields,
        "cookies": stack.visitor(page.person).cookies,
        "status": page.status,
        "categories": [name for name in CATEGORIES if page.name != LARGE or name != ACCESSIBILITY],
        "chromium": tools.chromium(),
        "flags": tools.CHROMIUM,
        "formFactor": form_factor,
    }
    try:
        done = subprocess.run(
            ["node", "lighthouse.mjs"],
            cwd=tools.HERE,
            input=msgspec.json.encode(plan),
            capture_output=True,
            timeout=TIMEOUT,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return Scores([0, 0, 0], failed=[f"It did not end in {TIMEOUT} seconds."])
    except subprocess.CalledProcessError as error:
        return Scores([0, 0, 0], failed=[error.stderr.decode().strip()[-300:]])
    return msgspec.json.decode(done.stdout, type=Scores)
