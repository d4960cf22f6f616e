"""The home page in a browser: it renews itself, keeps the focus, works by keyboard, narrow and without scripts."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Stack, press_key
from tests.support.pages.accessibility import violations
from tests.support.patience import wait_for

pytestmark = pytest.mark.browser

OLD = "more than 30 days ago"


def home(page: Page, stack: Stack) -> None:
    """The page once the worker has read the companies."""
    page.goto("/")
    wait_for(lambda: is_ready(page), 60)


def is_ready(page: Page) -> bool:
    """Whether the worker runs and has read the companies; loads the page anew where not."""
    old, no_worker = (page.locator(".problem", has_text=text) for text in (OLD, "No worker"))
    if old.count() and not no_worker.count():
        return True
    page.reload()
    return False


def forget(stack: Stack) -> None:
    """Nobody has said anything of a problem."""
    with closing(sqlite3.connect(stack.database, timeout=20)) as database, database:
        for table in ("problemnote", "problemsnooze"):
            database.execute(f"DELETE FROM customers_{table}")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_a_problem_is_taken_snoozed_and_muted(
    open_page: OpenPage, fresh: Stack, javascript: bool
) -> None:
    forget(fresh)
    page = open_page(javascript=javascript)
    home(page, fresh)
    row = page.locator(".problem", has_text=OLD)
    number = int(page.locator("#home-entry .badge").inner_text())
    row.get_by_role("button", name="Take it").click()
    expect(row.get_by_role("button", name="Give back")).to_be_visible()
    if javascript:
        expect(row.get_by_role("button", name="Give back")).to_be_focused()
    row.locator("summary").click()
    row.get_by_role("button", name="For an hour").click()
    expect(row).to_have_count(0)
    expect(page.locator("#home-entry .badge")).to_have_text(str(number - 1))
    if javascript:
        expect(page.locator("#list-mine")).to_be_focused()
    page.locator("#list-snoozed").click()
    row.get_by_role("link", name=re.compile(OLD)).click()
    page.get_by_label("Reason").fill("A demo company.")
    page.get_by_role("button", name="Mute", exact=True).click()
    expect(page.locator("main")).to_contain_text("Muted by demo")
    page.get_by_role("button", name="Unmute").click()
    forget(fresh)


def test_it_renews_itself_with_what_is_typed_and_open(open_page: OpenPage, fresh: Stack) -> None:
    forget(fresh)
    page = open_page()
    page.clock.install()
    home(page, fresh)
    page.locator("#q").fill("Hartley")
    expect(page.locator(".home-table tbody tr")).to_have_count(1)
    page.locator(".problem", has_text=OLD).locator("summary").click()
    with closing(sqlite3.connect(fresh.database, timeout=20)) as database, database:
        database.execute(
            "UPDATE customers_companystate SET findings = 3 WHERE name = 'Meridian Wholesale'"
        )
    page.clock.fast_forward(31_000)
    expect(page.locator(".problem", has_text="found 3 problems")).to_be_visible()
    expect(page.locator(".problem", has_text=OLD).locator("details[open]")).to_be_visible()
    expect(page.locator(".home-table tbody tr")).to_have_count(1)
    assert page.url.endswith("/?q=Hartley")
    with closing(sqlite3.connect(fresh.database, timeout=20)) as database, database:
        database.execute("UPDATE customers_companystate SET findings = 0")
    page.clock.fast_forward(31_000)
    expect(page.locator(".problem", has_text="found 3 problems")).to_have_count(0)


def test_with_the_keyboard_alone(open_page: OpenPage, fresh: Stack) -> None:
    forget(fresh)
    page = open_page()
    home(page, fresh)
    row = page.locator(".problem", has_text=OLD)
    row.locator("summary").focus()
    press_key(page, "Enter")
    press_key(page, "Tab")
    press_key(page, "Enter")
    expect(row).to_have_count(0)
    press_key(page, "/")
    expect(page.locator("#q")).to_be_focused()
    forget(fresh)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390), ("light", 1024)])
def test_any_list_is_accessible_and_fits(
    open_page: OpenPage, fresh: Stack, scheme: str, width: int
) -> None:
    forget(fresh)
    page = open_page(color_scheme=scheme, width=width)
    home(page, fresh)
    for path in ("/", "/?show=team", "/problems/copies-old/", "/activity/"):
        page.goto(path)
        assert not violations(page), path
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), path
    page.goto("/")
    page.locator(".problem-later summary").first.click()
    assert not violations(page)
