"""The list that one returns to while Codat is slow."""

from __future__ import annotations

from statistics import median

from bench.http_clients import Browser
from bench.pages import LIST
from bench.report import Row, milliseconds
from bench.testbed import Server

# Of each of Codat's responses.
MILLISECONDS = 500
# Visits until the dashboard knows that Codat is slow.
VISITS = 5


def rows(dashboard: Server, upstream: Server, rounds: int) -> list[Row]:
    """The time until all rows of the list have arrived, on a first visit and on each return."""
    codat = upstream.browser("")
    waits = dashboard.browser()
    returns = Browser(dashboard.port, f"{dashboard.cookie}; scripts=1")
    codat.page(f"/_delay?milliseconds={MILLISECONDS}")
    try:
        first = median(waits.seconds(LIST) for _ in range(VISITS))
        if b'id="seen"' not in Browser(dashboard.port, returns.cookie, "").page(LIST).body:
            raise AssertionError("the list is not shown as it was seen before")
        again = median(returns.seconds(LIST) for _ in range(rounds))
    finally:
        codat.page("/_delay?milliseconds=0")
    return [
        Row(
            f"The list one returns to, Codat at {MILLISECONDS} ms",
            again * 1000,
            100,
            80,
            milliseconds(again),
            milliseconds(first),
            unit="ms",
            note="beside the wait for Codat",
        )
    ]
