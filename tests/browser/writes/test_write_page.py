"""What the page of a write gains where scripts run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

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


def test_an_action_is_answered_in_its_place_while_the_page_renews_itself(
    open_page: OpenPage, fresh: Stack
) -> None:
    fresh.tell("POST", "settings", push_delay=3600)
    page = open_page()
    page.goto(links.customers(fresh.company("xero")))
    page.locator("#results tbody a[id^=at-]").first.click()
    page.get_by_role("link", name="Edit all fields").click()
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0444")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")

    def renew_first(post: Route) -> None:
        answer = post.fetch()
        fresh.tell("POST", "settle")
        # Two polls: the first may have been under way before.
        for _ in range(2):
            with page.expect_response(page.url):
                pass
        post.fulfill(response=answer)

    page.route("**/undo/**", renew_first)
    page.locator("#write").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Undo sent.")
    expect(page.locator("#write dl")).to_contain_text("Undone by")
    expect(page.locator(".outcome")).to_contain_text(ENDED)


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
