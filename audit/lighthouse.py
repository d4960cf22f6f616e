"""Lighthouse, on the desktop and as a phone."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from audit import tools
from audit.pages import LARGE, Page
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
    """The scores by form factor. Those below their bounds are measured again."""
    best: dict[str, Scores] = {}
    for _ in range(runs):
        wanted = [name for name in BOUNDS if name not in best or not best[name].meets(name)]
        if not wanted:
            break
        for name, scores in _run(stack, page, request, wanted).items():
            if name not in best or scores.better_than(best[name]):
                best[name] = scores
    return best


def _run(
    stack: Stack, page: Page, request: Request, form_factors: Sequence[str]
) -> dict[str, Scores]:
    plan = {
        "url": f"{stack.url}{request.path}",
        "fields": request.fields,
        "cookies": stack.visitor(page.person).cookies,
        "status": page.status,
        "categories": [name for name in CATEGORIES if page.name != LARGE or name != ACCESSIBILITY],
        "chromium": tools.chromium(),
        "flags": tools.CHROMIUM,
        "formFactors": form_factors,
    }
    problem = f"It did not end in {TIMEOUT} seconds."
    with stack.fault(page.fault), suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            ["node", "lighthouse.mjs"],
            cwd=tools.HERE,
            input=msgspec.json.encode(plan),
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
        problem = done.stderr.decode().strip()[-300:] if done.returncode else ""
    if problem:
        return {name: Scores([0, 0, 0], failed=[problem]) for name in form_factors}
    return msgspec.json.decode(done.stdout, type=dict[str, Scores])
