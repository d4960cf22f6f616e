"""The rows about exports: how fast 50,000 customers become a file while Codat sends its pages, and the memory."""

from __future__ import annotations

import http.client
import re
import time
from statistics import median
from urllib.parse import urlencode

from bench.report import Row
from bench.testbed import Server, Testbed
from bench.upstream import EXPORTED, EXPORTED_CUSTOMERS, HUNDRED

# Of each of Codat's responses; as in the row about a slow Codat.
MILLISECONDS = 500
# Customers of one page of Codat's, as an export reads them.
PAGE_SIZE = 1_000
FORMATS = {"csv-exact": "CSV", "xlsx": "XLSX"}
MIB = 2**20
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def pages_alone(upstream: Server) -> float:
    """Seconds in which Codat sends all pages, one after the other."""
    codat = upstream.browser("")
    started = time.perf_counter()
    for page in range(1, EXPORTED_CUSTOMERS // PAGE_SIZE + 1):
        codat.page(f"/companies/{EXPORTED}/data/customers?page={page}&pageSize={PAGE_SIZE}")
    codat.close()
    return time.perf_counter() - started


def export(dashboard: Server, company: str, file_format: str) -> float:
    """Seconds from the press of the button to the last byte of the file, with all columns."""
    path = f"/companies/{company}/customers/export/?all=1"
    connection = http.client.HTTPConnection("127.0.0.1", dashboard.port, timeout=600)
    connection.request("GET", path, headers={"Cookie": dashboard.cookie})
    token = _TOKEN.search(connection.getresponse().read().decode())
    fields = {
        "submission": "",
        "columns": "all",
        "format": file_format,
        "csrfmiddlewaretoken": token[1] if token else "",
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": dashboard.cookie,
    }
    started = time.perf_counter()
    connection.request("POST", path, urlencode(fields), headers)
    answer = connection.getresponse()
    size = 0
    while piece := answer.read(MIB):
        size += len(piece)
    took = time.perf_counter() - started
    connection.close()
    if answer.status != 200 or not (answer.getheader("Content-Disposition") or ""):
        raise AssertionError(f"{path}: {answer.status}")
    return took


def rows(testbed: Testbed, upstream: Server, rounds: int) -> list[Row]:
    """Rate and memory of each format; each round has a dashboard of its own that has exported 100 customers before."""
    env = testbed.settings(upstream)
    codat = upstream.browser("")
    pages_alone(upstream)  # makes the pages
    codat.page(f"/_delay?milliseconds={MILLISECONDS}")
    try:
        alone = pages_alone(upstream)
        return [
            row
            for file_format, name in FORMATS.items()
            for row in _rows_of(testbed, env, file_format, name, alone, rounds)
        ]
    finally:
        codat.page("/_delay?milliseconds=0")


def _rows_of(
    testbed: Testbed,
    env: dict[str, str],
    file_format: str,
    name: str,
    alone: float,
    rounds: int,
) -> list[Row]:
    took, growth = [], []
    for _ in range(rounds):
        dashboard = testbed.dashboard(env)
        export(dashboard, HUNDRED, file_format)
        before = dashboard.peak()
        took.append(export(dashboard, EXPORTED, file_format))
        growth.append((dashboard.peak() - before) / MIB)
        testbed.stop(dashboard)
    seconds = median(took)
    what = f"Export of {EXPORTED_CUSTOMERS:,} customers as {name}"
    return [
        Row(
            f"{what}: rate to that of Codat’s pages alone",
            alone / seconds,
            0.8,
            dashboard=f"{EXPORTED_CUSTOMERS / seconds:,.0f}/s",
            reference=f"{EXPORTED_CUSTOMERS / alone:,.0f}/s",
            more=True,
            note=f"Codat at {MILLISECONDS} ms a page of {PAGE_SIZE:,}",
        ),
        Row(f"{what}: memory beyond that of 100", median(growth), 20, unit="MiB"),
    ]
