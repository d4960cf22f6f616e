"""How cost grows, as pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pygal
from pygal.style import Style

from bench import downloads, wire
from bench.pages import CHANGELIST, LIST, Cast
from bench.peer import ROW_COUNTS
from bench.timing import interleave
from bench.upstream import HUNDRED, THOUSANDS

FOLDER = Path(__file__).resolve().parent
PEOPLE = (1, 2, 4, 8, 16, 32, 64)
SIZES = [downloads.KIB, downloads.MIB, 16 * downloads.MIB, 256 * downloads.MIB, downloads.GIB]

STYLE = Style(
    background="white",
    plot_background="white",
    font_family="system-ui, sans-serif",
    colors=("#0b6e4f", "#b3541e", "#3b5ba9"),
)


def _draw(
    name: str,
    title: str,
    across: str,
    up: str,
    labels: Sequence[str],
    lines: Mapping[str, Sequence[float]],
    *,
    logarithmic: bool = False,
) -> None:
    chart = pygal.Line(
        title=title,
        x_title=across,
        y_title=up,
        style=STYLE,
        width=720,
        height=400,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(lines),
        js=(),
        logarithmic=logarithmic,
        include_x_axis=True,
        show_y_guides=True,
        pretty_print=True,
    )
    chart.x_labels = labels
    if logarithmic:
        chart.y_labels = [10**power * step for power in range(4) for step in (1, 2, 5)]
    for line, values in lines.items():
        chart.add(line, values)
    # Its configuration for scripts, which we leave out.
    picture = re.sub(rb"<script.*?</script>", b"", chart.render(), flags=re.DOTALL)
    (FOLDER / name).write_bytes(picture)


def rows_on_a_page(servers: Cast, rounds: int) -> None:
    """Rows against milliseconds: the dashboard, the dashboard over the SDK, admin."""
    ours, sdk, admin = (s.browser() for s in (servers.dashboard, servers.sdk, servers.admin))
    lines: dict[str, list[float]] = {"dashboard": [], "over Codat's SDK": [], "Django admin": []}
    for count in ROW_COUNTS:
        company = HUNDRED if count <= 100 else THOUSANDS
        listed = f"/companies/{company}/customers/?page_size={count}"
        took = interleave(
            {
                "dashboard": partial(ours.seconds, listed),
                "over Codat's SDK": partial(sdk.seconds, listed),
                "Django admin": partial(admin.seconds, f"/admin/peer/customer{count}/"),
            },
            rounds,
        )
        for name, seconds in took.items():
            lines[name].append(round(seconds * 1000, 1))
    labels = [f"{count:,}" for count in ROW_COUNTS]
    _draw("rows.svg", "Rows on a page", "rows", "milliseconds", labels, lines, logarithmic=True)


def people_at_once(servers: Cast, seconds: float, rounds: int) -> None:
    """Concurrent people against pages per second, of one worker."""
    lines: dict[str, list[float]] = {"dashboard": [], "Django admin": []}
    ours, admin = servers.dashboard.browser(), servers.admin.browser()

    def rate(browser: wire.Browser, path: str, people: int) -> float:
        pages, took = wire.crowd(browser, path, people, seconds)
        return pages / took

    for people in PEOPLE:
        rates = interleave(
            {
                "dashboard": partial(rate, ours, LIST, people),
                "Django admin": partial(rate, admin, CHANGELIST, people),
            },
            rounds,
        )
        for name, found in rates.items():
            lines[name].append(round(found, 1))
    labels = [str(people) for people in PEOPLE]
    _draw(
        "people.svg",
        "List pages of 100 rows, one worker",
        "people who ask without a pause",
        "pages per second",
        labels,
        lines,
    )


def file_sizes(grown: Mapping[int, float]) -> None:
    """Size of a file against what its download adds to the worker's peak memory."""
    labels = [_size(size) for size in grown]
    lines = {
        "memory beyond that of 1 KiB": [round(grown[size] / downloads.MIB, 2) for size in grown]
    }
    _draw("memory.svg", "Memory of a download", "size of the file", "MiB", labels, lines)


def _size(size: int) -> str:
    for unit, name in ((downloads.GIB, "GiB"), (downloads.MIB, "MiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size // downloads.KIB} KiB"
