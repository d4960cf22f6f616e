"""What the page of a write gains where scripts run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack
from tests.support.pages.clipboard import pasted

pytestmark = pytest.mark.browser
ENDED = re.compile("Accepted · (confirmed|came back different)")


def test_the_support_bundle_is_copied_and_that_is_announced(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.context.grant_permissions(["clipboard-write"])
    page.goto(links.edit(fresh.company("qbo"), "38"))
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0111")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    page.get_by_text("For Codat’s support").click()
    # The page renews itself until then, and what was unfolded stays so.
    expect(page.locator(".outcome")).to_contain_text(ENDED)
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#announce")).to_have_text("Copied")
    copied = pasted(page)
    assert fresh.company("qbo") in copied
    assert "0111" not in copied


def test_a_confirmed_change_that_is_undone_offers_no_undo(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.goto(links.edit(fresh.company("qbo"), "36"))
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0333")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    expect(page.locator(".outcome")).to_contain_text(ENDED)
    facts = page.locator("#write")
    facts.get_by_role("button", name="Undo").click()
    expect(facts.locator("dl")).to_contain_text("Undone by")
    expect(facts.get_by_role("button", name="Undo")).to_have_count(0)
    page.locator("#toasts").get_by_role("link", name="View change").click()
    expect(page.locator("#write dl")).to_contain_text("Undoes")


def test_without_scripts_there_is_no_button_that_does_nothing(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page(javascript=False)
    page.goto(links.edit(fresh.company("qbo"), "37"))
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0222")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    page.get_by_text("For Codat’s support").click()
    expect(page.locator("#bundle")).to_be_visible()
    expect(page.locator("[data-copy]")).to_be_hidden()
