"""A slow Codat: what the page says while it waits, and pages that were seen before."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from playwright.sync_api import Locator, Page, Route, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key, wait_for_scripts
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.browser

# Companies that no other browser test opens: of these the dashboard remembers that Codat is slow.
SLOW, DESKTOP = "exact", "qbd"
# Calls of the list, and all of a company.
LIST = r"data/customers\?"
KEY = {"Authorization": "Basic c2FuZGJveC1rZXk="}


@pytest.fixture
def slow(fresh: Stack) -> Iterator[Stack]:
    """The stack; whatever is held is let go at the end."""
    yield fresh
    fresh.tell("DELETE", "faults")


def hold(stack: Stack, match: str, count: int = -1) -> None:
    """Codat does not answer these calls until `release`."""
    stack.tell("POST", "faults", match=match, kind="delay", seconds=60, count=count)


def release(stack: Stack) -> None:
    stack.tell("DELETE", "faults")


def wait_for_call(stack: Stack, match: str) -> None:
    """Wait until Codat was asked."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        calls = stack.tell("GET", "calls")
        lines = [line for call in calls for line in (call["path"], f"{call['path']}?")]
        if any(re.search(match, line) for line in lines):
            return
        time.sleep(0.05)
    pytest.fail(f"Codat was not asked for {match}")


@contextmanager
def released_once_asked(stack: Stack, match: str) -> Iterator[None]:
    """Let Codat answer once it has been asked."""
    stack.tell("DELETE", "calls")

    def wait() -> None:
        wait_for_call(stack, match)
        release(stack)

    thread = threading.Thread(target=wait)
    thread.start()
    yield
    thread.join()


def rows(page: Page) -> Locator:
    return page.locator("#results tbody a[id^=at-]")


def see_slowly(page: Page, stack: Stack, path: str) -> None:
    """Open a page whose calls are slow: the dashboard knows then that Codat is slow here."""
    stack.tell("POST", "faults", match=stack.company(SLOW), kind="delay", seconds=0.4, count=-1)
    page.goto(path)
    # The reload of a browser, which asks Codat.
    page.reload()
    release(stack)


def change_at_codat(stack: Stack, customer: str, **changed: str) -> None:
    """Change a customer in the accounting software, and in Codat's copy."""
    stack.tell("POST", "change", company=SLOW, customer=customer, fields=changed)
    company = stack.company(SLOW)
    url = f"{stack.sandbox}/companies/{company}/data/queue/customers"
    requests.post(url, headers=KEY, timeout=10).raise_for_status()
    stack.tell("POST", "settle")


def stop_the_clock(page: Page) -> None:
    """From here on, time passes in the page by `run_for` alone."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def search(page: Page, text: str) -> None:
    """Type a search, and let the pause after typing pass."""
    page.get_by_role("searchbox", name="Search").fill(text)
    with page.expect_request(f"**/customers/?*q={text}*"):
        page.clock.run_for(300)


def open_held(page: Page, stack: Stack, path: str, call: str, count: int = -1) -> None:
    """Open a page that was seen before, while Codat holds its answer."""
    stack.tell("DELETE", "calls")
    hold(stack, call, count)
    page.goto(path)
    wait_for_call(stack, call)


def customer_of(row: Locator) -> str:
    """The ID of a row's customer."""
    match = re.search(r"/customers/([^/]+)/", row.get_attribute("href") or "")
    assert match
    return match[1]


def test_a_search_says_that_codat_is_asked_and_why_it_takes_long(
    open_page: OpenPage, slow: Stack
) -> None:
    page = open_page()
    page.goto(links.customers(slow.company(DESKTOP)))
    stop_the_clock(page)
    bar, line = page.locator("#waiting-bar"), page.locator("#waiting p")
    top = page.locator("#results table").bounding_box()
    hold(slow, LIST)
    search(page, "am")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    page.clock.run_for(999)
    expect(bar).to_be_hidden()
    expect(line).to_be_hidden()

    page.clock.run_for(1)
    expect(bar).to_be_visible()
    expect(line).to_have_text("Asking Codat…")
    expect(page.locator("#announce")).to_have_text("Asking Codat…")
    assert page.locator("#results table").bounding_box() == top
    page.clock.run_for(4000)
    sentence = "Codat is slow to send its copy from QuickBooks Desktop."
    expect(line).to_have_text(sentence)
    expect(page.locator("#announce")).to_have_text(sentence)

    release(slow)
    expect(bar).to_be_hidden()
    expect(line).to_be_hidden()
    assert re.search(r"[?&]q=am\b", page.url)


# Sends each text of the line to `heard`: while another page is loading, Playwright cannot look at this one. Time passes
# ten times as fast.
LISTEN = """() => {
  const line = document.querySelector("#waiting p");
  const bar = document.getElementById("waiting-bar");
  const wait = setTimeout;
  window.setTimeout = (then, milliseconds) => wait(then, milliseconds / 10);
  new MutationObserver(() => heard(bar.hidden ? "" : line.textContent)).observe(line, { childList: true });
}"""


def test_another_page_says_so_too_until_it_comes(open_page: OpenPage, slow: Stack) -> None:
    page = open_page()
    heard: list[str] = []

    def hear(text: str) -> None:
        heard.append(text)
        if text.endswith("."):
            release(slow)

    page.expose_function("heard", hear)
    page.goto(links.customers(slow.company(DESKTOP)))
    rows(page).first.click()
    link = page.get_by_role("link", name="Edit all fields")
    link.wait_for()
    wait_for_scripts(page)
    page.evaluate(LISTEN)
    hold(slow, slow.company(DESKTOP))
    link.click()
    page.wait_for_url("**/edit/**")
    waiting = "Asking Codat…"
    sentence = "QuickBooks Desktop can take a while to answer Codat. It answers only while its connector is online."
    assert heard == [waiting, sentence]
    expect(page.locator("#waiting-bar")).to_be_hidden()


def test_a_failure_takes_the_bar_away(open_page: OpenPage, slow: Stack) -> None:
    page = open_page()
    page.goto(links.customers(slow.company(DESKTOP)))
    stop_the_clock(page)
    held: list[Route] = []
    page.route("**/customers/?*q=am*", lambda route: held.append(route))  # noqa: PLW0108  Playwright wants a function
    search(page, "am")
    page.clock.run_for(1000)
    expect(page.locator("#waiting-bar")).to_be_visible()
    held[0].abort()
    expect(page.locator("#connection-lost")).to_be_visible()
    expect(page.locator("#waiting-bar")).to_be_hidden()
    expect(page.locator("#waiting p")).to_be_hidden()


def test_the_list_one_returns_to_is_readable_at_once_and_does_not_move(
    open_page: OpenPage, slow: Stack
) -> None:
    page = open_page()
    path = links.customers(slow.company(SLOW)) + "?order_by=customerName"
    see_slowly(page, slow, path)
    row = rows(page).nth(30)
    address = row.get_attribute("href")
    last = customer_of(rows(page).last)
    name = row.inner_text()
    row.evaluate("row => row.scrollIntoView({block: 'center'})")
    row.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)

    hold(slow, LIST)
    slow.tell("DELETE", "calls")
    page.get_by_role("link", name=re.compile("^Back to ")).click()
    expect(row).to_be_focused()
    expect(row).to_have_text(name)
    expect(page.locator("#waiting p")).to_have_text(
        re.compile(r"^From .+ ago\. Asking Codat…$|^From just now\. Asking Codat…$")
    )
    wait_for_call(slow, LIST)
    top = row.bounding_box()
    assert top

    # The last customer becomes the first: all others move down by a row.
    change_at_codat(slow, last, customerName="AAA Renamed")
    release(slow)
    expect(page.locator("#waiting p")).to_have_text("Updated just now.")
    expect(page.locator("#announce")).to_have_text("Updated just now.")
    expect(rows(page).first).to_have_text("AAA Renamed")
    moved = rows(page).nth(31)
    expect(moved).to_have_text(name)
    expect(moved).to_be_focused()
    after = moved.bounding_box()
    assert after
    assert abs(after["y"] - top["y"]) < 2
    assert address
    expect(page.locator("#seen")).to_have_count(0)


def test_where_nothing_has_changed_nothing_is_replaced(open_page: OpenPage, slow: Stack) -> None:
    page = open_page()
    path = links.customers(slow.company(SLOW)) + "?page_size=25"
    see_slowly(page, slow, path)
    hold(slow, LIST)
    page.goto(path)
    rows(page).first.evaluate("row => { row.dataset.same = 'yes'; }")
    expect(page.locator("#waiting p")).to_contain_text("Asking Codat…")
    release(slow)
    expect(page.locator("#waiting p")).to_be_hidden()
    expect(rows(page).first).to_have_attribute("data-same", "yes")


def test_an_update_waits_for_a_reader_who_is_busy(open_page: OpenPage, slow: Stack) -> None:
    page = open_page()
    page.goto(links.customers(slow.company(SLOW)))
    customer = customer_of(rows(page).first)
    path = links.customer(slow.company(SLOW), customer)
    see_slowly(page, slow, path)
    heading = page.get_by_role("heading", level=1)
    # Not of its attachments.
    call = f"/data/customers/{customer}$"

    # Text is selected: the update is offered.
    open_held(page, slow, path, call)
    old = heading.inner_text()
    heading.evaluate("heading => getSelection().selectAllChildren(heading)")
    change_at_codat(slow, customer, customerName="New Name Ltd")
    release(slow)
    expect(page.locator("#waiting p")).to_contain_text("Codat has newer data.")
    expect(heading).to_have_text(old)
    page.get_by_role("button", name="Show the update").click()
    expect(heading).to_have_text("New Name Ltd")
    expect(page.locator("#waiting p")).to_have_text("Updated just now.")

    # A field is open: the update comes once it is closed. The field has what Codat has now.
    see_slowly(page, slow, path)
    open_held(page, slow, path, call, count=1)
    change_at_codat(slow, customer, customerName="Newer Name Ltd")
    page.locator("#customer .page-head .pencil").click()
    field = page.locator(".field-edit input[type=text]")
    expect(field).to_have_value("Newer Name Ltd")
    release(slow)
    expect(page.locator("#waiting p")).to_contain_text("when you have finished this field")
    expect(page.get_by_role("button", name="Show the update")).to_be_hidden()
    expect(field).to_be_focused()
    press_key(page, "Escape")
    expect(heading).to_have_text("Newer Name Ltd")
    expect(page.locator("#waiting p")).to_be_hidden()


def test_an_outage_says_why_in_place_of_the_question(open_page: OpenPage, slow: Stack) -> None:
    page = open_page()
    path = links.customers(slow.company(SLOW)) + "?page_size=50"
    see_slowly(page, slow, path)
    slow.tell("POST", "faults", match=LIST, kind="status", status=500, count=-1)
    page.goto(path)
    expect(page.locator("#results").get_by_text("Codat returned an error.")).to_be_visible()
    expect(page.locator("#waiting p")).to_be_hidden()
    expect(rows(page).first).to_be_visible()
    release(slow)
    page.get_by_role("link", name="Try again now").click()
    expect(page.locator("#results").get_by_text("Codat returned an error.")).to_have_count(0)


def test_without_scripts_a_page_waits_for_codat(open_page: OpenPage, slow: Stack) -> None:
    page = open_page(javascript=False)
    path = links.customers(slow.company(SLOW)) + "?page_size=10"
    see_slowly(page, slow, path)
    customer = customer_of(rows(page).first)
    change_at_codat(slow, customer, customerName="AAA Fresh")
    hold(slow, LIST)
    with released_once_asked(slow, LIST):
        page.goto(path)
    expect(page.get_by_role("link", name="AAA Fresh")).to_be_visible()
    expect(page.locator("#waiting p")).to_be_hidden()
