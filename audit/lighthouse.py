"""Lighthouse, on the desktop and as a phone."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from audit import tools
from audit.pages import Page
from audit.stack import Request, Stack

# 5,000 rows take minutes: it examines each of their elements.
TIMEOUT = 900
# Performance depends on what else the machine does: the best of so many runs counts.
RUNS = 3
# The least scores of performance, accessibility and best practices.
BOUNDS: Mapping[str, tuple[int, int, int]] = {
    "desktop": (100, 100, 100),
    "mobile": (98, 100, 100),
}


@dataclass
class Scores:
    """One page on one form factor. `blocking` is the total blocking time in milliseconds."""

    scores: list[int]
    blocking: float = 0.0
    failed: list[str] = field(default_factory=list)

    def meets(self, form_factor: str) -> bool:
        """Whether each score reaches its bound."""
        return all(map(int.__ge__, self.scores, BOUNDS[form_factor]))


def examine(stack: Stack, page: Page, request: Request, runs: int = RUNS) -> dict[str, Scores]:
    """The scores by form factor. Those below their bounds are measured again."""
    best: dict[str, Scores] = {}
    for _ in range(runs):
        wanted = [name for name in BOUNDS if name not in best or not best[name].meets(name)]
        if not wanted:
            break
        for name, scores in _run(stack, page, request, wanted).items():
            if name not in best or scores.scores >= best[name].scores:
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
