"""The audit in a browser: filters without a reload, a customer that is forgotten, narrow, and without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, wait_for_scripts
from tests.support.pages.accessibility import violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 1440])
def test_who_has_looked_at_a_customer(open_page: OpenPage, fresh: Stack, width: int) -> None:
    page = open_page(width=width)
    page.goto(links.customer(fresh.company("qbo"), "39"))
    page.locator("#customer-more summary").click()
    page.get_by_role("link", name="Who has looked at this customer").click()
    expect(page.get_by_role("heading", name="Audit", exact=True)).to_be_visible()
    # Other tests may have opened its form since, within the minute of one entry.
    details = page.locator("#audit tbody tr").filter(has_text="details").first
    expect(details).to_be_visible()
    if width == 390:
        # A value that an entry lacks has no line of its own.
        assert page.locator("#audit td:empty:visible").count() == 0
    wait_for_scripts(page)
    page.get_by_label("Kind").select_option("denied")
    expect(page.locator("#audit")).to_contain_text("No entries match")
    assert "kind=denied" in page.url
    page.go_back()
    expect(details).to_be_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert violations(page) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_a_customer_is_forgotten(open_page: OpenPage, fresh: Stack, javascript: bool) -> None:
    page = open_page(javascript=javascript, width=390)
    company = fresh.company("qbo")
    page.goto(links.customer(company, "38"))
    page.goto(links.held(company, "38"))
    page.get_by_role("link", name="Forget this customer…").click()
    expect(page.get_by_role("heading", name="Forget this customer?")).to_be_visible()
    page.get_by_role("button", name="Forget this customer").click()
    page.wait_for_url(re.compile("done=forgotten"))
    expect(page.get_by_role("status").filter(has_text="was forgotten")).to_be_visible()
    page.goto("/audit/?kind=forgotten")
    expect(page.locator("#audit tbody tr").first).to_contain_text("Customer forgotten")
