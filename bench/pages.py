"""The rows about pages: the list, the form, bytes sent, calls to Codat, and large pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser

import msgspec

from bench import http_clients
from bench.report import Row, kilobytes, milliseconds
from bench.testbed import Server, Testbed
from bench.timing import interleave
from bench.upstream import (
    COMPANIES,
    EIGHTY_INPUTS,
    HUNDRED,
    MANY_ADDRESSES,
    MODEL_NODES,
    NODES,
    THOUSANDS,
)

COMPANY = f"/companies/{HUNDRED}/"
LIST = f"{COMPANY}customers/?page_size=100"
DETAIL = f"{COMPANY}customers/{EIGHTY_INPUTS}/"
FORM = f"{DETAIL}edit/"
CHANGELIST = "/admin/admin_site/customer100/"
CHANGE_FORM = "/admin/admin_site/largerecord/1/change/"
API_LIST = f"/companies/{HUNDRED}/data/customers?page=1&pageSize=100"
API_CUSTOMER = f"/companies/{HUNDRED}/data/customers/{EIGHTY_INPUTS}"
_INPUTS = re.compile(rb'<(?:input type="text"|select|textarea)[^>]* name="f\.')
_ADMIN_INPUTS = re.compile(rb'<(?:input|select|textarea)[^>]* name="value\d')
_ROWS = re.compile(rb"<tr[ >]")
_ADMIN_ROWS = re.compile(rb'<input type="checkbox" name="_selected_action"')
_HEADING = re.compile(rb"<th .*?</th>", re.DOTALL)
_TAG = re.compile(rb"<[^>]*>")
# Seconds that a page with fifty times the usual content may take.
MAX_SECONDS = 1.0


@dataclass
class Servers:
    """The servers that pages are measured on."""

    upstream: Server
    dashboard: Server
    sdk: Server
    admin: Server


def start_servers(testbed: Testbed) -> Servers:
    """Start them."""
    upstream = testbed.upstream()
    env = testbed.settings(upstream)
    testbed.prepare(env)
    return Servers(
        upstream,
        testbed.dashboard(env),
        testbed.dashboard(env, "bench.programs.sdk_wsgi"),
        testbed.admin(upstream),
    )


def rows(servers: Servers, rounds: int) -> list[Row]:
    """The rows that compare pages."""
    ours, sdk, admin = (s.browser() for s in (servers.dashboard, servers.sdk, servers.admin))
    codat = servers.upstream.browser("")
    _check_columns({ours: LIST, sdk: LIST, admin: CHANGELIST})
    checked = [
        _checked_page(ours, LIST, _ROWS, 101),
        _checked_page(sdk, LIST, _ROWS, 101),
        _checked_page(admin, CHANGELIST, _ADMIN_ROWS, 100),
        _checked_page(ours, FORM, _INPUTS, 80),
        _checked_page(admin, CHANGE_FORM, _ADMIN_INPUTS, 80),
    ]
    timed = {
        "list": partial(ours.seconds, LIST),
        "changelist": partial(admin.seconds, CHANGELIST),
        "sdk": partial(sdk.seconds, LIST),
        "api list": partial(codat.seconds, API_LIST),
        "form": partial(ours.seconds, FORM),
        "change form": partial(admin.seconds, CHANGE_FORM),
        "api customer": partial(codat.seconds, API_CUSTOMER),
    }
    interleave(timed, 3)  # Templates, models and companies are cached from the first page on.
    took = interleave(timed, rounds)
    page, admin_page = checked[0], checked[2]
    return [
        *_time_rows(took),
        Row(
            "List page compressed, to admin's",
            len(page.body) / len(admin_page.body),
            1.0,
            0.82,
            kilobytes(len(page.body)),
            kilobytes(len(admin_page.body)),
        ),
        Row("List page compressed", len(page.body) / 1000, 14, 11.5, unit="kB", note="gzip"),
        _first_visit(servers.dashboard),
    ]


def _time_rows(took: dict[str, float]) -> list[Row]:
    page, form = took["list"] - took["api list"], took["form"] - took["api customer"]
    return [
        Row(
            "List page of 100 rows minus upstream time, to admin's changelist",
            page / took["changelist"],
            0.22,
            0.12,
            milliseconds(page),
            milliseconds(took["changelist"]),
        ),
        Row(
            "The same page, to the one over Codat's SDK",
            took["list"] / took["sdk"],
            0.45,
            0.25,
            milliseconds(took["list"]),
            milliseconds(took["sdk"]),
        ),
        Row(
            "Edit form of 80 inputs minus upstream time, to admin's change form",
            form / took["change form"],
            0.30,
            0.08,
            milliseconds(form),
            milliseconds(took["change form"]),
        ),
    ]


def _checked_page(
    browser: http_clients.Browser, path: str, pattern: re.Pattern[bytes], count: int
) -> http_clients.Response:
    """The compressed page. Raises AssertionError where it does not have `count` matches."""
    plain = http_clients.Browser(browser.port, browser.cookie, "")
    matches = len(pattern.findall(plain.page(path).body))
    plain.close()
    if matches != count:
        raise AssertionError(f"{path} has {matches} of {pattern.pattern!r}, not {count}")
    return browser.page(path)


def _check_columns(lists: Mapping[http_clients.Browser, str]) -> None:
    """Raise AssertionError where the lists that are compared have different headings, and so other contents."""
    found = set()
    for browser, path in lists.items():
        plain = http_clients.Browser(browser.port, browser.cookie, "")
        # The last table is the list; the admin's side bar has others.
        heads = plain.page(path).body.rpartition(b"<thead")[2].partition(b"</thead>")[0]
        plain.close()
        texts = (_TAG.sub(b"", heading).strip() for heading in _HEADING.findall(heads))
        found.add(tuple(filter(None, texts)))
    if len(found) != 1:
        raise AssertionError(f"the lists have different columns: {found}")


class _Resources(HTMLParser):
    """The URLs that a browser loads for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in ("script", "img") and attributes.get("src"):
            self.urls.append(attributes["src"] or "")
        if tag == "link" and attributes.get("rel") in ("stylesheet", "icon"):
            self.urls.append(attributes.get("href") or "")
        if tag == "use":
            file = (attributes.get("href") or "").partition("#")[0]
            self.urls += [file] if file not in self.urls else []


def _first_visit(dashboard: Server) -> Row:
    browser, resources = dashboard.browser(), _Resources()
    resources.feed(dashboard.browser("").page(LIST).body.decode())
    sizes = [len(browser.page(path).body) for path in (LIST, *resources.urls)]
    name = "Everything a first visit to the list loads, compressed"
    return Row(name, sum(sizes) / 1000, 60, 45, unit="kB", note=f"{len(sizes)} files")


def throughput(servers: Servers, rounds: int, seconds: float) -> Row:
    """Pages per second of CPU time, with four people who request without a pause."""

    def measure(server: Server, path: str) -> float:
        before = server.cpu()
        pages, _ = http_clients.load(server.browser(), path, 4, seconds)
        return pages / (server.cpu() - before)

    took = interleave(
        {
            "ours": partial(measure, servers.dashboard, LIST),
            "admin": partial(measure, servers.admin, CHANGELIST),
        },
        rounds,
    )
    return Row(
        "List pages per second and core, to admin's changelist",
        took["ours"] / took["admin"],
        3,
        8,
        f"{took['ours']:.0f}/s",
        f"{took['admin']:.0f}/s",
        more=True,
    )


def calls(servers: Servers) -> list[Row]:
    """Calls to Codat of each page, with a warm cache."""
    browser, codat = servers.dashboard.browser(), servers.upstream.browser("")
    rows = []
    for name, path in {
        "list": LIST,
        "detail": DETAIL,
        "the detail's attachments": f"{DETAIL}attachments/",
        "form with a warm model": FORM,
        "companies": "/companies/",
    }.items():
        browser.page(path)
        codat.page("/_calls")
        browser.page(path)
        count = len(msgspec.json.decode(codat.page("/_calls").body))
        rows.append(
            Row(f"Calls to Codat: {name}", count, 1, unit="calls" if count != 1 else "call")
        )
    return rows


def large(servers: Servers, rounds: int) -> list[Row]:
    """Pages with fifty times the usual content."""
    nodes = f"/companies/{NODES}/customers/"
    cases = {
        "5,000 rows on one page": f"/companies/{THOUSANDS}/customers/?page_size=5000",
        "A customer with 500 addresses": f"{COMPANY}customers/{MANY_ADDRESSES}/",
        "The form of a customer with 500 addresses": f"{COMPANY}customers/{MANY_ADDRESSES}/edit/",
        f"A company list of {COMPANIES:,}, 100 on a page": "/companies/?page_size=100",
        f"A company list of {COMPANIES:,}, 2,000 on a page": "/companies/?page_size=2000",
        f"The form of a model of {MODEL_NODES:,} nodes": f"{nodes}{EIGHTY_INPUTS}/edit/",
    }
    browser = servers.dashboard.browser()
    sizes = {name: len(browser.page(path).body) for name, path in cases.items()}
    timed = {name: partial(browser.seconds, path) for name, path in cases.items()}
    return [
        Row(name, took * 1000, MAX_SECONDS * 1000, dashboard=kilobytes(sizes[name]), unit="ms")
        for name, took in interleave(timed, rounds).items()
    ]
