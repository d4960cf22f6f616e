"""Charts of how the cost grows with rows, people and file sizes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pygal
from pygal.style import Style

from bench import downloads, http_clients
from bench.admin_site import ROW_COUNTS
from bench.pages import CHANGELIST, LIST, Servers
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
    x_title: str,
    y_title: str,
    labels: Sequence[str],
    lines: Mapping[str, Sequence[float]],
    *,
    logarithmic: bool = False,
) -> None:
    chart = pygal.Line(
        title=title,
        x_title=x_title,
        y_title=y_title,
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
    # Without pygal's configuration for scripts.
    picture = re.sub(rb"<script.*?</script>", b"", chart.render(), flags=re.DOTALL)
    (FOLDER / name).write_bytes(picture)


def rows_on_a_page(servers: Servers, rounds: int) -> None:
    """Rows against milliseconds: the dashboard, the dashboard over the SDK, admin."""
    dashboard, sdk, admin = (s.browser() for s in (servers.dashboard, servers.sdk, servers.admin))
    lines: dict[str, list[float]] = {"dashboard": [], "over Codat's SDK": [], "Django admin": []}
    for count in ROW_COUNTS:
        company = HUNDRED if count <= 100 else THOUSANDS
        path = f"/companies/{company}/customers/?page_size={count}"
        took = interleave(
            {
                "dashboard": partial(dashboard.seconds, path),
                "over Codat's SDK": partial(sdk.seconds, path),
                "Django admin": partial(admin.seconds, f"/admin/admin_site/customer{count}/"),
            },
            rounds,
        )
        for name, seconds in took.items():
            lines[name].append(round(seconds * 1000, 1))
    labels = [f"{count:,}" for count in ROW_COUNTS]
    _draw("rows.svg", "Rows on a page", "rows", "milliseconds", labels, lines, logarithmic=True)


def concurrent_people(servers: Servers, seconds: float, rounds: int) -> None:
    """Concurrent people against pages per second, of one worker."""
    lines: dict[str, list[float]] = {"dashboard": [], "Django admin": []}
    dashboard, admin = servers.dashboard.browser(), servers.admin.browser()

    def rate(browser: http_clients.Browser, path: str, people: int) -> float:
        pages, took = http_clients.load(browser, path, people, seconds)
        return pages / took

    for people in PEOPLE:
        rates = interleave(
            {
                "dashboard": partial(rate, dashboard, LIST, people),
                "Django admin": partial(rate, admin, CHANGELIST, people),
            },
            rounds,
        )
        for name, pages_per_second in rates.items():
            lines[name].append(round(pages_per_second, 1))
    labels = [str(people) for people in PEOPLE]
    _draw(
        "people.svg",
        "List pages of 100 rows, one worker",
        "people who request without a pause",
        "pages per second",
        labels,
        lines,
    )


def file_sizes(growth: Mapping[int, float]) -> None:
    """Size of a file against the growth of the worker's peak memory by its download."""
    labels = [_size(size) for size in growth]
    lines = {
        "memory beyond that of 1 KiB": [round(growth[size] / downloads.MIB, 2) for size in growth]
    }
    _draw("memory.svg", "Memory of a download", "size of the file", "MiB", labels, lines)


def _size(size: int) -> str:
    for unit, name in ((downloads.GIB, "GiB"), (downloads.MIB, "MiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size // downloads.KIB} KiB"
