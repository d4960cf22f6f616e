"""The rows about what a change costs: calls to Codat from the request until the customer was read back."""

from __future__ import annotations

from bench.report import Row
from bench.testbed import Server, Testbed

ROWS, QUICK = 1_000, 50


def rows(testbed: Testbed, upstream: Server, *, quick: bool) -> list[Row]:
    """A change alone, and one in a batch."""
    count = QUICK if quick else ROWS
    env = testbed.settings(upstream)
    env["DATABASE_URL"] = f"sqlite:///{testbed.folder / 'changes.sqlite3'}"
    testbed.prepare(env)
    settings = {"DJANGO_SETTINGS_MODULE": "codatdash.settings", "LOG_LEVEL": "ERROR"}
    alone, in_batch = map(
        float, testbed.run(["-m", "bench.programs.count_calls", str(count)], env | settings).split()
    )
    note = "its request included, without events"
    return [
        Row("Calls to Codat: a change alone", alone, 5, unit="calls", note=note),
        Row(
            f"Calls to Codat: a change in a batch of {count:,}",
            in_batch,
            2.2,
            unit="calls",
            note=note,
        ),
    ]
