"""axe-core finds no violation on any page, in both colour schemes, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key
from tests.support.pages.accessibility import violations

pytestmark = pytest.mark.browser

Visit = Callable[[Page, Stack], None]


def at(path: Callable[[Stack], str]) -> Visit:
    """The page at an address."""
    return lambda page, stack: _go(page, path(stack))


def _go(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator(".htmx-request")).to_have_count(0)


def _invalid(page: Page, stack: Stack) -> None:
    _go(page, links.new(stack.company("qbo")))
    page.get_by_role("button", name="Add address").click()
    page.get_by_role("button", name="Create customer").click()
    page.locator("#form-summary").wait_for()


def _new_batch(page: Page, stack: Stack) -> None:
    _go(page, links.new_batch(stack.company("qbo"), is_all=True))
    page.get_by_label("Field", exact=True).select_option("addresses.country")
    page.get_by_label("In which rows").select_option("addresses.type")
    page.get_by_role("button", name="Check").click()
    page.locator("#form-summary").wait_for()


def _own_columns(page: Page, stack: Stack) -> None:
    _go(page, links.export(stack.company("qbo"), is_all=True))
    page.get_by_role("radio", name="My own").check()


def _exported(page: Page, stack: Stack) -> None:
    _go(page, links.export(stack.company("qbo"), is_all=True))
    with page.expect_download():
        page.locator("#start-export").click()
    page.locator("#exported[data-ended]").wait_for()


def _one_export(page: Page, stack: Stack) -> None:
    _go(page, links.exports())
    page.locator("#exports tbody a").first.click()
    page.locator("#exported").wait_for()


def _review(page: Page, stack: Stack) -> None:
    _go(page, links.edit(stack.company("qbo"), "39"))
    page.get_by_label("Phone", exact=True).fill("1")
    page.get_by_role("button", name="Review", exact=True).click()
    page.locator("#form-changes").wait_for()


def _written(page: Page, stack: Stack) -> None:
    _go(page, links.edit(stack.company("qbo"), "39"))
    page.get_by_label("Phone", exact=True).fill("2")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    page.get_by_role("heading", name=re.compile("Accepted")).wait_for()


def _revert(page: Page, stack: Stack) -> None:
    _go(page, links.writes(stack.company("qbo")) + "?state=success")
    page.locator("#writes tbody a").first.click()
    page.get_by_role("button", name="Undo").wait_for()
    write_id = re.findall(r"/writes/([0-9a-f-]+)/", page.url)[0]
    _go(page, f"{links.edit(stack.company('qbo'), '39')}?revert={write_id}")
    page.locator("#save").wait_for()


def _conflict(page: Page, stack: Stack) -> None:
    _go(page, links.edit(stack.company("sage"), "C00002"))
    page.get_by_label("Phone", exact=True).fill("3")
    # The sandbox changes the phone number of the customer that was opened last.
    requests.post(f"{stack.sandbox}/_sandbox/try/conflict", timeout=10).raise_for_status()
    page.locator("#save").click()
    page.locator("#form-conflicts").wait_for()


def _same_name(page: Page, stack: Stack) -> None:
    _go(page, links.new(stack.company("odd")))
    page.locator('[name="f.customerName"]').fill("Twin Peaks Coffee")
    page.locator("#save").click()
    page.locator("#form-same-name").wait_for()


def _field(path: str) -> Visit:
    def visit(page: Page, stack: Stack) -> None:
        _go(page, links.customer(stack.company("qbo"), "39"))
        page.locator(f"#field-{path} .pencil").click()
        page.locator(f"#field-{path} .field-edit").wait_for()

    return visit


def _shortcuts(page: Page, stack: Stack) -> None:
    _go(page, links.customers(stack.company("qbo")))
    press_key(page, "?")
    page.get_by_role("dialog").wait_for()


def _fault(kind: str, **how: object) -> Visit:
    def visit(page: Page, stack: Stack) -> None:
        stack.tell("POST", "faults", match="/data/customers", kind=kind, count=9, **how)
        _go(page, links.customers(stack.company("qbo")))
        stack.tell("DELETE", "faults")

    return visit


LISTS: dict[str, Visit] = {
    "home": at(lambda stack: "/"),
    "home, team": at(lambda stack: "/?show=team"),
    "home, nothing muted": at(lambda stack: "/?show=muted"),
    "home, no company found": at(lambda stack: "/?q=nothing-like-this"),
    "problem": at(lambda stack: "/problems/copies-old/"),
    "activity": at(lambda stack: "/activity/"),
    "activity, nothing found": at(lambda stack: "/activity/?outcome=left&person=nobody"),
    "companies": at(lambda stack: "/companies/"),
    "companies, nothing found": at(lambda stack: "/companies/?q=nothing-like-this"),
    "list": at(lambda stack: links.customers(stack.company("qbo"))),
    "list, large": at(lambda stack: links.customers(stack.company("big"))),
    "list, odd": at(lambda stack: links.customers(stack.company("odd")) + "?deleted=show"),
    "list, nothing found": at(lambda stack: links.customers(stack.company("qbo")) + "?q=zzz"),
    "list, cannot be searched": at(
        lambda stack: links.customers(stack.company("qbo")) + "?q=a%26%26b"
    ),
    "list, never synced": at(lambda stack: links.customers(stack.company("never_synced"))),
    "list, syncing": at(lambda stack: links.customers(stack.company("syncing"))),
    "list, no accounting": at(lambda stack: links.customers(stack.company("no_accounting"))),
    "list, deauthorized": at(lambda stack: links.customers(stack.company("deauthorized"))),
    "list, all columns": at(
        lambda stack: links.customers(stack.company("odd")) + "?columns=all&status=Active"
    ),
    "compare": at(lambda stack: links.compare(stack.company("qbo")) + "?id=39&id=38&id=nobody"),
}
BATCHES_AND_EXPORTS: dict[str, Visit] = {
    "new batch": _new_batch,
    "new batch, nothing selected": at(lambda stack: links.new_batch(stack.company("qbo"))),
    "export": at(lambda stack: links.export(stack.company("qbo"), is_all=True)),
    "export, own columns": _own_columns,
    "export, done": _exported,
    "export, nothing matches": at(
        lambda stack: links.export(stack.company("qbo"), listed="?q=zzz", is_all=True)
    ),
    "export, never synced": at(lambda stack: links.export(stack.company("never_synced"))),
    "exports": at(lambda stack: links.exports()),
    "one export": _one_export,
}
CUSTOMERS: dict[str, Visit] = {
    "view": at(lambda stack: links.new_view(links.customers(stack.company("qbo")) + "?q=a")),
    "detail": at(lambda stack: links.customer(stack.company("qbo"), "39")),
    "timeline": at(lambda stack: links.timeline(stack.company("qbo"), "39")),
    "detail, everything": at(lambda stack: links.customer(stack.company("odd"), "full")),
    "detail, deleted": at(lambda stack: links.customer(stack.company("odd"), "deleted")),
    "detail, read-only": at(lambda stack: links.customer(stack.company("read_only"), "1")),
    "detail, name edited": _field("customerName"),
    "detail, phone edited": _field("phone"),
    "attachment": at(lambda stack: links.attachment(stack.company("files"), "kinds", "pdf")),
    "attachments": at(lambda stack: links.attachments(stack.company("files"), "thirty")),
    "attachments, odd names": at(lambda stack: links.attachments(stack.company("files"), "names")),
}
CHANGES: dict[str, Visit] = {
    "new": at(lambda stack: links.new(stack.company("xero"))),
    "new, deep": at(lambda stack: links.new(stack.company("intacct"))),
    "new, not linked": at(lambda stack: links.new(stack.company("deauthorized"))),
    "edit": at(lambda stack: links.edit(stack.company("qbo"), "39")),
    "invalid": _invalid,
    "conflict": _conflict,
    "same name": _same_name,
    "review": _review,
    "written": _written,
    "revert": _revert,
    "history": at(lambda stack: links.writes(stack.company("qbo"))),
    "Codat's history": at(lambda stack: links.codat_writes(stack.company("qbo"))),
    "my writes": at(lambda stack: links.my_writes()),
}
OTHERS: dict[str, Visit] = {
    "password": at(lambda stack: "/accounts/password/"),
    "data quality": at(lambda stack: links.quality()),
    "settings": at(lambda stack: links.settings()),
    "notifications": at(lambda stack: links.notifications()),
    "what you are told": at(lambda stack: links.notification_settings()),
    "settings, invalid": at(lambda stack: links.settings() + "?time_zone=nowhere"),
    "shortcuts": at(lambda stack: links.shortcuts()),
    "workers": at(lambda stack: links.workers()),
    "audit": at(lambda stack: links.audit()),
    "held": at(lambda stack: links.held(stack.company("qbo"), "39")),
    "held, asked": at(lambda stack: links.held(stack.company("qbo"), "39") + "?forget=1"),
    "shortcuts of a page": _shortcuts,
    "missing": at(lambda stack: "/nowhere/"),
    "Codat down": _fault("status", status=503),
    "Codat wrong": _fault("html"),
    "rate limited": _fault("status", status=429),
    "key wrong": _fault("status", status=401),
}


# In parts: all pages in one test took as long as a test that hangs, on a busy machine.
@pytest.mark.parametrize(
    "pages",
    [LISTS, BATCHES_AND_EXPORTS, CUSTOMERS, CHANGES, OTHERS],
    ids=["lists", "batches and exports", "customers", "changes", "others"],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_violation(
    open_page: OpenPage, fresh: Stack, scheme: str, pages: dict[str, Visit]
) -> None:
    page = open_page(color_scheme=scheme, width=1440 if scheme == "light" else 390)
    found: dict[str, list[str]] = {}
    for name, visit in pages.items():
        visit(page, fresh)
        if lines := violations(page):
            found[name] = lines
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.setdefault(name, []).append("the page scrolls sideways")
    assert not found, "\n".join(
        f"{name}: {line}" for name, lines in found.items() for line in lines
    )


def test_the_sign_in_page_has_no_violation(open_page: OpenPage) -> None:
    page = open_page(signed_in=False)
    _go(page, "/accounts/login/")
    assert not violations(page)
