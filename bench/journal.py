"""The rows about a long journal: pages at 1,000,000 changes, to the same at 1,000."""

from __future__ import annotations

import re
from functools import partial
from html import unescape

from bench.http_clients import Browser
from bench.pages import COMPANY, EIGHTY_INPUTS, LIST
from bench.report import Row, milliseconds
from bench.testbed import Server, Testbed
from bench.timing import interleave

SHORT, LONG = 1_000, 1_000_000
MUST = 1.3
# The last page that a number opens: `MAX_NUMBERED` of customers/writes/change_pages.py.
_LAST_NUMBERED = 100
HISTORY = f"{COMPANY}writes/"
_NEXT = re.compile(r'rel="next" href="([^"]+)"')
_PAGES = {
    "list of customers": LIST,
    "one customer": f"{COMPANY}customers/{EIGHTY_INPUTS}/",
    "change history": HISTORY,
    "change history of one customer": f"{HISTORY}?customer=7",
    "change history, updates only": f"{HISTORY}?kind=update",
    "my changes": "/writes/",
    "my changes, all": "/writes/?state=",
    "number of my changes": "/writes/badge/",
}
_DEEP = "change history, page 101 or the last"


def rows(testbed: Testbed, upstream: Server, rounds: int, *, long: int = LONG) -> list[Row]:
    """One row for each page."""
    browsers = {}
    for size in (SHORT, long):
        env = testbed.settings(upstream)
        env["DATABASE_URL"] = f"sqlite:///{testbed.folder / f'journal-{size}.sqlite3'}"
        testbed.prepare(env)
        settings = {"DJANGO_SETTINGS_MODULE": "codatdash.settings"}
        testbed.run(["-m", "bench.fill_journal", str(size)], env | settings)
        browsers[size] = testbed.dashboard(env).browser()
    timed = {
        (name, size): partial(browser.seconds, path)
        for name, path in _PAGES.items()
        for size, browser in browsers.items()
    }
    for size, browser in browsers.items():
        timed[_DEEP, size] = partial(browser.seconds, _beyond_numbers(browser))
    interleave(timed, 3)
    took = interleave(timed, rounds)
    return [
        Row(
            f"At {long:,} changes, to {SHORT:,}: {name}",
            took[name, long] / took[name, SHORT],
            MUST,
            None,
            milliseconds(took[name, long]),
            milliseconds(took[name, SHORT]),
        )
        for name in (*_PAGES, _DEEP)
    ]


def _beyond_numbers(browser: Browser) -> str:
    """The address of the page after the last one that a number opens; of the last page where there are fewer."""
    last = f"{HISTORY}?page={_LAST_NUMBERED}"
    plain = Browser(browser.port, browser.cookie, "")
    following = _NEXT.search(plain.page(last).body.decode())
    plain.close()
    return HISTORY + unescape(following[1]) if following else last
