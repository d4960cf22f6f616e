"""The counters of the form, the count of one's own changes, and the focus after a swap."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack

pytestmark = pytest.mark.browser


def test_a_counter_shows_the_length_and_does_not_stop_typing(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.goto(links.new(fresh.company("sage")))
    code = page.locator('[name="f.id"]')
    counter = code.locator("xpath=following-sibling::*[contains(@class, 'counter')]")
    expect(counter).to_have_count(0)
    code.press_sequentially("ABC")
    expect(counter).to_have_text("3 of 8")
    code.press_sequentially("DEFGHIJ")
    expect(counter).to_have_text("10 of 8: too long")
    expect(counter).to_have_class(re.compile("over"))
    expect(code).to_have_value("ABCDEFGHIJ")
    # It is shown again after a swap.
    page.get_by_role("button", name="Add address").click()
    expect(
        page.locator('[name="f.addresses.n1.line1"], [name="f.addresses.n2.line1"]').first
    ).to_be_visible()
    expect(counter).to_have_text("10 of 8: too long")


def test_the_count_of_my_changes_updates(open_page: OpenPage, fresh: Stack) -> None:
    fresh.tell("POST", "settings", push_delay=3600)
    page = open_page()
    page.clock.install()
    page.goto(links.customers(fresh.company("qbo")))
    count = page.locator("#my-writes")
    expect(count).not_to_contain_text("in progress")

    other = page.context.new_page()
    other.goto(links.edit(fresh.company("qbo"), "39"))
    other.get_by_label("Phone", exact=True).fill("+44 20 7946 0777")
    other.locator("#save").click()
    other.wait_for_url("**/writes/**")

    page.clock.fast_forward(31_000)
    expect(count).to_contain_text("1 in progress")
    name = count.locator(".nav-text")
    assert name.evaluate("name => name.scrollWidth - name.clientWidth") == 0
    fresh.tell("POST", "settle")
    other.goto(other.url + "?check=1")
    page.clock.fast_forward(31_000)
    expect(count).not_to_contain_text("in progress")
    expect(page.get_by_role("region", name="Notifications")).to_contain_text(
        "Birkett, Ursula: accepted"
    )


def test_the_mark_of_a_company_renews_itself_with_the_count(
    open_page: OpenPage, fresh: Stack
) -> None:
    fresh.tell("POST", "settings", push_delay=3600)
    page = open_page()
    page.clock.install()
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url))
    page.goto(links.customers(fresh.company("qbo")))
    entry = page.locator(f'#side [href="{links.customers(fresh.company("qbo"))}"]')
    mark = entry.locator(".attention")
    expect(mark).to_be_hidden()

    other = page.context.new_page()
    other.goto(links.edit(fresh.company("qbo"), "39"))
    other.get_by_label("Phone", exact=True).fill("+44 20 7946 0777")
    other.locator("#save").click()
    other.wait_for_url("**/writes/**")
    change = other.url
    other.goto("/settings/")
    with closing(sqlite3.connect(fresh.database, timeout=20)) as database, database:
        database.execute("UPDATE customers_write SET state = 'failed', seen_at = NULL")

    polls.clear()
    page.clock.fast_forward(31_000)
    expect(mark).to_be_visible()
    expect(entry).to_contain_text("a change needs your attention")
    assert ["/writes/badge/" in url for url in polls if "/static/" not in url] == [True]
    other.goto(change)
    page.clock.fast_forward(31_000)
    expect(mark).to_be_hidden()


def test_the_focus_stays_beside_a_pressed_button(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")))
    page.get_by_role("button", name="Sync now").press("Enter")
    expect(page.locator("#freshness")).to_contain_text("Last synced just now")
    assert page.evaluate("document.activeElement.closest('#freshness') !== null")
