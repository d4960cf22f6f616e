"""The rows of the table, their verdicts, and the table as text and as Markdown."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HEADS = ("what", "dashboard", "reference", "value", "must", "wanted", "verdict")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `value` is compared with the bounds `must` and `wanted`, which are None where there are none.

    `unit` follows the value ("" for a ratio). `more`: a larger value is better. `value` is None where it could not be
    measured here; `note` says why. `failed`: the bound is not met, whatever the value.
    """

    name: str
    value: float | None
    must: float | None = None
    wanted: float | None = None
    dashboard: str = ""
    reference: str = ""
    unit: str = ""
    more: bool = False
    note: str = ""
    failed: bool = False

    def _meets(self, bound: float | None) -> bool:
        if bound is None or self.value is None:
            return False
        return self.value >= bound if self.more else self.value <= bound

    @property
    def verdict(self) -> str:
        """`wanted`, `must`, `SHORT`, `measured` (no bound), or `not here` (no value)."""
        if self.value is None:
            return "not here"
        if self.must is None:
            return "measured"
        if self.failed or not self._meets(self.must):
            return "SHORT"
        return "wanted" if self.wanted is None or self._meets(self.wanted) else "must"

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of `HEADS`."""
        name = f"{self.name} ({self.note})" if self.note else self.name
        return (
            name,
            self.dashboard,
            self.reference,
            _format(self.value, self.unit),
            _format(self.must, self.unit),
            _format(self.wanted, self.unit),
            self.verdict,
        )


def _format(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{' ' + unit if unit else ''}"


def milliseconds(seconds: float) -> str:
    """`12.3 ms`."""
    return f"{_format(seconds * 1000, '')} ms"


def kilobytes(size: float) -> str:
    """`11.4 kB`, a kB being 1,000 bytes."""
    return f"{size / 1000:,.1f} kB"


def machine() -> str:
    """The machine and the versions, in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        found = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = found[0].partition(":")[2].strip() if found else model
    version = ".".join(str(part) for part in sys.version_info[:3])
    return f"{os.cpu_count()} cores, {model}; {platform.system()} {platform.release()}; Python {version}"


def as_text(rows: Sequence[Row]) -> str:
    """The table for a terminal."""
    cells = [HEADS, *(row.cells() for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADS))]
    lines = []
    for row in cells:
        first = row[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append("  ".join([first, *rest, row[-1]]))
    return "\n".join(lines)


def as_markdown(rows: Sequence[Row], trust: str, settings: str) -> str:
    """The table for `latest.md`."""
    when = datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC")
    lines = [
        "# What `make bench` measured",
        "",
        f"{when}; {machine()}. {settings}",
        "",
        trust,
        "",
        "A value without a unit is the dashboard's divided by the reference's. *must* and *wanted* are the bounds.",
        "",
        "| " + " | ".join(HEADS) + " |",
        "| --- |" + " ---: |" * (len(HEADS) - 2) + " --- |",
    ]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    lines += [
        "",
        "![Rows on a page against milliseconds](rows.svg)",
        "![Concurrent people against pages per second](people.svg)",
        "![Size of a file against memory](memory.svg)",
        "",
    ]
    return "\n".join(lines)
