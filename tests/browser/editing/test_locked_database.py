"""The dashboard's own database locked by another process, in a browser: nothing that was typed is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack

pytestmark = pytest.mark.browser

PHONE = "+44 20 7946 0777"
# Milliseconds: longer than a request waits for the lock.
WAIT = 60_000


@contextmanager
def locked(stack: Stack) -> Iterator[None]:
    """Hold the lock that every write needs."""
    with closing(sqlite3.connect(stack.database, timeout=20, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            database.execute("ROLLBACK")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_a_save_is_kept_and_can_be_sent_later(
    open_page: OpenPage, fresh: Stack, javascript: bool
) -> None:
    page = open_page(javascript=javascript)
    page.set_default_timeout(WAIT)
    page.goto(links.edit(fresh.company("qbo"), "39"))
    page.get_by_label("Phone", exact=True).fill(PHONE)
    with locked(fresh):
        page.locator("#save").click(no_wait_after=True)
        expect(page.locator("#form")).to_contain_text("Nothing was sent.", timeout=WAIT)
        expect(page.locator("#form")).to_contain_text("What you typed is kept on this page.")
    page.get_by_role("button", name="Back to the form").click()
    expect(page.get_by_label("Phone", exact=True)).to_have_value(PHONE)
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    expect(page.locator("#write-changes + *")).to_contain_text(PHONE)
