"""The rows about pages: the list, the form, what travels, how many calls, and the large cases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser

import msgspec

from bench import wire
from bench.processes import Server, Stage
from bench.report import Row, kilobytes, milliseconds
from bench.timing import interleave
from bench.upstream import ADDRESSES, COMPANIES, EIGHTY, HUNDRED, MODEL_NODES, NODES, THOUSANDS

COMPANY = f"/companies/{HUNDRED}/"
LIST = f"{COMPANY}customers/?page_size=100"
DETAIL = f"{COMPANY}customers/{EIGHTY}/"
FORM = f"{DETAIL}edit/"
CHANGELIST = "/admin/peer/customer100/"
CHANGE_FORM = "/admin/peer/sheet/1/change/"
API_LIST = f"/companies/{HUNDRED}/data/customers?page=1&pageSize=100"
API_CUSTOMER = f"/companies/{HUNDRED}/data/customers/{EIGHTY}"
_OURS = re.compile(rb'<(?:input type="text"|select|textarea)[^>]* name="f\.')
_ADMINS = re.compile(rb'<(?:input|select|textarea)[^>]* name="value\d')
_ROWS = re.compile(rb"<tr[ >]")
_ADMINS_ROWS = re.compile(rb'<input type="checkbox" name="_selected_action"')
# What a page may take that has fifty times the usual on it: a person waits that long without a thought.
USABLE = 1.0


@dataclass
class Cast:
    """The servers that pages are measured on."""

    upstream: Server
    dashboard: Server
    sdk: Server
    admin: Server


def cast(stage: Stage) -> Cast:
    """Start them."""
    upstream = stage.upstream()
    env = stage.settings(upstream)
    stage.prepare(env)
    return Cast(
        upstream,
        stage.dashboard(env),
        stage.dashboard(env, "bench.sdk_wsgi"),
        stage.admin(upstream),
    )


def rows(servers: Cast, rounds: int) -> list[Row]:
    """The rows that compare pages."""
    ours, sdk, admin = (s.browser() for s in (servers.dashboard, servers.sdk, servers.admin))
    codat = servers.upstream.browser("")
    checked = [
        _has(ours, LIST, _ROWS, 101),
        _has(sdk, LIST, _ROWS, 101),
        _has(admin, CHANGELIST, _ADMINS_ROWS, 100),
        _has(ours, FORM, _OURS, 80),
        _has(admin, CHANGE_FORM, _ADMINS, 80),
    ]
    legs = {
        "list": partial(ours.seconds, LIST),
        "changelist": partial(admin.seconds, CHANGELIST),
        "sdk": partial(sdk.seconds, LIST),
        "api list": partial(codat.seconds, API_LIST),
        "form": partial(ours.seconds, FORM),
        "change form": partial(admin.seconds, CHANGE_FORM),
        "api customer": partial(codat.seconds, API_CUSTOMER),
    }
    interleave(legs, 3)  # Templates, models and companies are cached from the first page on.
    took = interleave(legs, rounds)
    added, form = took["list"] - took["api list"], took["form"] - took["api customer"]
    page, theirs = checked[0], checked[2]
    return [
        Row(
            "List page of 100 rows minus upstream time, to admin's changelist",
            added / took["changelist"],
            0.22,
            0.12,
            milliseconds(added),
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
        Row(
            "List page compressed, to admin's",
            len(page.body) / len(theirs.body),
            1.0,
            0.82,
            kilobytes(len(page.body)),
            kilobytes(len(theirs.body)),
        ),
        Row("List page compressed", len(page.body) / 1000, 14, 11.5, unit="kB", note="gzip"),
        _first_visit(servers.dashboard),
    ]


def _has(browser: wire.Browser, path: str, pattern: re.Pattern[bytes], count: int) -> wire.Reply:
    """The compressed page, once it is known that it is the page that is meant."""
    plain = wire.Browser(browser.port, browser.cookie, "")
    found = len(pattern.findall(plain.page(path).body))
    plain.close()
    if found != count:
        raise AssertionError(f"{path} has {found} of {pattern.pattern!r}, not {count}")
    return browser.page(path)


class _Parts(HTMLParser):
    """The addresses that a browser loads for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img") and given.get("src"):
            self.found.append(given["src"] or "")
        if tag == "link" and given.get("rel") in ("stylesheet", "icon"):
            self.found.append(given.get("href") or "")


def _first_visit(dashboard: Server) -> Row:
    browser, parts = dashboard.browser(), _Parts()
    parts.feed(dashboard.browser("").page(LIST).body.decode())
    sizes = [len(browser.page(path).body) for path in (LIST, *parts.found)]
    name = "Everything a first visit to the list loads, compressed"
    return Row(name, sum(sizes) / 1000, 60, 45, unit="kB", note=f"{len(sizes)} files")


def throughput(servers: Cast, rounds: int, seconds: float) -> Row:
    """Pages per second of CPU time, under four people who never pause."""

    def leg(server: Server, path: str) -> float:
        before = server.cpu()
        pages, _ = wire.crowd(server.browser(), path, 4, seconds)
        return pages / (server.cpu() - before)

    took = interleave(
        {
            "ours": partial(leg, servers.dashboard, LIST),
            "admin": partial(leg, servers.admin, CHANGELIST),
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


def calls(servers: Cast) -> list[Row]:
    """Calls to Codat of each page, with what is cached for minutes in the cache."""
    browser, codat = servers.dashboard.browser(), servers.upstream.browser("")
    found = []
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
        made = len(msgspec.json.decode(codat.page("/_calls").body))
        found.append(Row(f"Calls to Codat: {name}", made, 1, unit="calls" if made != 1 else "call"))
    return found


def large(servers: Cast, rounds: int) -> list[Row]:
    """Pages with fifty times the usual on them."""
    nodes = f"/companies/{NODES}/customers/"
    cases = {
        "5,000 rows on one page": f"/companies/{THOUSANDS}/customers/?page_size=5000",
        "A customer with 500 addresses": f"{COMPANY}customers/{ADDRESSES}/",
        "The form of a customer with 500 addresses": f"{COMPANY}customers/{ADDRESSES}/edit/",
        f"A company list of {COMPANIES:,}, 100 on a page": "/companies/?page_size=100",
        f"A company list of {COMPANIES:,}, 2,000 on a page": "/companies/?page_size=2000",
        f"The form of a model of {MODEL_NODES:,} nodes": f"{nodes}{EIGHTY}/edit/",
    }
    browser = servers.dashboard.browser()
    sizes = {name: len(browser.page(path).body) for name, path in cases.items()}
    legs = {name: partial(browser.seconds, path) for name, path in cases.items()}
    return [
        Row(name, took * 1000, USABLE * 1000, ours=kilobytes(sizes[name]), unit="ms")
        for name, took in interleave(legs, rounds).items()
    ]
