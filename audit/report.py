"""The table of pages and checkers, for a terminal and as Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from audit.lighthouse import Scores

HEADS = ("page", "axe", "html-validate", "vnu", "desktop", "mobile")
# The place of a finding: the same finding many times is one line.
_LINE = re.compile(r", line \d+")
# Milliseconds that 5,000 rows on one page may block a desktop.
MAX_BLOCKING = 300


@dataclass
class Row:
    """One page: its findings by the checker's name (None where it was not checked), and Lighthouse's scores."""

    name: str
    findings: dict[str, list[str]] = field(default_factory=dict)
    scores: dict[str, Scores] = field(default_factory=dict)
    max_blocking: float | None = None

    @property
    def cells(self) -> list[str]:
        """The row as text, in the order of `HEADS`."""
        found = [
            str(len(self.findings[name])) if name in self.findings else "" for name in HEADS[1:4]
        ]
        scores = [self.scores[name].shown if name in self.scores else "" for name in HEADS[4:]]
        return [self.name, *found, *scores]

    @property
    def problems(self) -> list[str]:
        """A line for each finding, and for each bound that is not met."""
        lines = [line for found in self.findings.values() for line in found]
        for form_factor, scores in self.scores.items():
            if not scores.meets(form_factor):
                failed = "; ".join(scores.failed)
                lines.append(f"Lighthouse, {form_factor}: {scores.shown}. {failed}")
        blocking = self.blocking
        if self.max_blocking is not None and blocking is not None and blocking > self.max_blocking:
            lines.append(f"It blocks for {blocking:.0f} ms instead of {self.max_blocking:.0f} ms.")
        return lines

    @property
    def blocking(self) -> float | None:
        """The total blocking time on a desktop, in milliseconds."""
        return self.scores["desktop"].blocking if "desktop" in self.scores else None


def as_text(rows: Sequence[Row]) -> str:
    """The table for a terminal, and below it the problems."""
    cells = [list(HEADS), *(row.cells for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADS))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in cells
    ]
    return "\n".join([*lines, *blocking_lines(rows), *problem_lines(rows)])


def as_markdown(rows: Sequence[Row], when: str, skipped: Sequence[str]) -> str:
    """The table for `latest.md`."""
    lines = [
        "# What `make audit` found",
        "",
        when,
        "",
        "Findings of axe (light at 1,440 px, dark at 390 px), html-validate and vnu (as served, and after scripts),",
        "and Lighthouse's scores for performance / accessibility / best practices: the best of up to three runs.",
        "Its accessibility, and axe, would take minutes for 5,000 rows: they examine 100 of them.",
        "A fragment and a state that scripts make have no address, so Lighthouse does not examine them.",
        "",
        *(f"- Skipped: {sentence}" for sentence in skipped),
        *([""] if skipped else []),
        "| " + " | ".join(HEADS) + " |",
        "| --- |" + " ---: |" * (len(HEADS) - 1),
        *("| " + " | ".join(row.cells) + " |" for row in rows),
        *blocking_lines(rows),
        *problem_lines(rows),
        "",
    ]
    return "\n".join(lines)


def blocking_lines(rows: Sequence[Row]) -> list[str]:
    """The total blocking time where it has a bound."""
    return [
        f"\nTotal blocking time of “{row.name}”: {row.blocking:.0f} ms (at most {row.max_blocking:.0f} ms)."
        for row in rows
        if row.max_blocking is not None and row.blocking is not None
    ]


def problem_lines(rows: Sequence[Row]) -> list[str]:
    """The problems of each page, as a list; none where there are none."""
    counts = Counter(f"{row.name}: {_LINE.sub('', line)}" for row in rows for line in row.problems)
    lines = [f"- {line}" + (f" ({n} times)" if n > 1 else "") for line, n in counts.items()]
    return ["", f"{counts.total()} problems:", "", *lines] if lines else []
