"""The rows about a long journal: pages at 1,000,000 changes, to the same at 1,000."""

from __future__ import annotations

import re
from functools import partial
from html import unescape
from urllib.parse import urljoin

from bench.http_clients import Browser
from bench.pages import COMPANY, DETAIL, LIST
from bench.report import Row, milliseconds
from bench.testbed import Server, Testbed
from bench.timing import interleave
from bench.upstream import HUNDRED

SHORT, LONG, QUICK = 1_000, 1_000_000, 20_000
MUST = 1.3
# The last page that a number opens: `MAX_NUMBERED` of customers/writes/pages/change_pages.py.
_LAST_NUMBERED = 100
HISTORY = f"{COMPANY}writes/"
_NEXT = re.compile(r'rel="next"[^>]* href="([^"]+)"')
_PAGES = {
    "list of customers": LIST,
    "one customer": DETAIL,
    "change history": HISTORY,
    "change history of one customer": f"{HISTORY}?customer=7",
    "change history, updates only": f"{HISTORY}?kind=update",
    "my changes": "/writes/",
    "my changes, all": "/writes/?state=",
    "number of my changes": "/writes/badge/",
    "home": "/",
    "activity": "/activity/",
    "activity, refused": "/activity/?outcome=failed",
    "activity, one company": f"/activity/?company={HUNDRED}",
}
_DEEP = "change history, page 101 or the last"


def rows(testbed: Testbed, upstream: Server, rounds: int, *, quick: bool) -> list[Row]:
    """One row for each page."""
    long = QUICK if quick else LONG
    browsers = {}
    for size in (SHORT, long):
        env = testbed.settings(upstream)
        env["DATABASE_URL"] = f"sqlite:///{testbed.folder / f'journal-{size}.sqlite3'}"
        testbed.prepare(env)
        settings = {"DJANGO_SETTINGS_MODULE": "codatdash.settings"}
        testbed.run(["-m", "bench.programs.fill_journal", str(size)], env | settings)
        browsers[size] = testbed.dashboard(env).browser()
    timed = {}
    for size, browser in browsers.items():
        pages = _PAGES | {_DEEP: _beyond_numbers(browser, size)}
        for name, path in pages.items():
            timed[f"{name} {size}"] = partial(browser.seconds, path)
    interleave(timed, 3)
    took = interleave(timed, rounds)
    return [_row(name, took[f"{name} {long}"], took[f"{name} {SHORT}"], long) for name in pages]


def _row(name: str, took: float, reference: float, long: int) -> Row:
    return Row(
        f"At {long:,} changes, to {SHORT:,}: {name}",
        took / reference,
        MUST,
        None,
        milliseconds(took),
        milliseconds(reference),
    )


def _beyond_numbers(browser: Browser, size: int) -> str:
    """The address of the page after the last one that a number opens; of the last page of the short journal."""
    last = f"{HISTORY}?page={_LAST_NUMBERED}"
    if size == SHORT:
        return last
    plain = Browser(browser.port, browser.cookie, "")
    following = _NEXT.search(plain.page(last).body.decode())
    plain.close()
    if following is None:
        raise AssertionError(f"{last} has no link to the next page")
    return urljoin(HISTORY, unescape(following[1]))
