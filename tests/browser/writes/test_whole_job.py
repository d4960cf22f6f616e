"""Sign in, find, edit, create and download in a real browser, once with and once without JavaScript."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key, sign_in

pytestmark = pytest.mark.browser


def follow_to_the_end(page: Page, *, javascript: bool) -> None:
    """Wait until the change on the page has succeeded; without JavaScript by reloading."""
    state, done = page.locator("#write-state"), re.compile("Accepted")
    if not javascript:
        end = time.monotonic() + 60
        while not done.search(state.inner_text()):
            assert time.monotonic() < end, state.inner_text()
            page.goto(page.url)
    expect(state).to_have_text(done)


def find_a_customer(page: Page) -> None:
    """Pick a company, then search and sort its customers."""
    page.get_by_label("Search", exact=True).fill("Castle")
    press_key(page, "Enter")
    page.get_by_role("main").get_by_role("link", name="Castle Street Cycles").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Castle Street Cycles")
    page.get_by_label("Search", exact=True).fill("Birkett")
    press_key(page, "Enter")
    rows = page.locator("#results tbody tr")
    expect(rows).to_have_count(2)
    assert "q=Birkett" in page.url
    page.get_by_role("columnheader").get_by_role("link", name="Name").click()
    page.wait_for_url("**order_by=**")


def edit_a_customer(page: Page, *, javascript: bool) -> None:
    """Open one, edit it, watch the write finish."""
    page.locator("#results tbody tr").get_by_role("link", name="Birkett, Ursula").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Birkett, Ursula")
    page.get_by_role("link", name="Edit all fields").click()
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0123")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    follow_to_the_end(page, javascript=javascript)
    expect(page.locator("#write-changes + *")).to_contain_text("+44 20 7946 0123")


def create_a_customer(page: Page, *, javascript: bool) -> None:
    """Create another, with a row more. It is in the list immediately."""
    page.get_by_role("link", name="Back to the results").click()
    page.get_by_role("link", name="New customer").click()
    page.get_by_label("Customer name").fill("Made by hand Ltd")
    page.get_by_role("button", name="Add address").click()
    page.get_by_label("City").fill("Leeds")
    page.get_by_role("button", name="Create customer").click()
    page.wait_for_url("**/writes/**")
    follow_to_the_end(page, javascript=javascript)
    page.get_by_role("link", name="Back to the results").click()
    assert "q=Birkett" in page.url
    page.get_by_label("Search", exact=True).fill("Made by hand")
    press_key(page, "Enter")
    expect(page.locator("#results")).to_contain_text("Made by hand Ltd")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_the_whole_job(open_page: OpenPage, fresh: Stack, javascript: bool) -> None:
    page = open_page(javascript=javascript, signed_in=False)
    sign_in(page)
    find_a_customer(page)
    edit_a_customer(page, javascript=javascript)
    create_a_customer(page, javascript=javascript)

    # Download an attachment.
    page.goto(links.customer(fresh.company("files"), "one"))
    if not javascript:
        page.get_by_role("link", name="Show attachments").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download terms.pdf").click()
    assert download.value.suggested_filename == "terms.pdf"
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


def test_a_post_that_is_refused_keeps_everything(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Castle Street Cycles").click()
    page.get_by_role("link", name="New customer").click()
    page.get_by_label("Phone", exact=True).fill("typed")
    page.get_by_role("button", name="Create customer").click()
    expect(page.locator("#form-summary")).to_contain_text("Enter the customer name.")
    expect(page.get_by_label("Phone", exact=True)).to_have_value("typed")
