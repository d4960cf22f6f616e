"""The sandbox's page *Try it* and the dashboard beside it, as in the first hour."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False])
def test_a_conflict_from_the_first_page_to_the_question(
    open_page: OpenPage, fresh: Stack, javascript: bool
) -> None:
    page = open_page(javascript=javascript)
    page.goto(links.edit(fresh.company("qbo"), "39"))
    page.locator('[name="f.phone"]').fill("+44 20 7946 0001")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sandbox").click(modifiers=["ControlOrMeta"])
    beside = opened.value
    expect(beside.get_by_role("heading", name="Try it")).to_be_visible()
    press(beside, "Change the phone number now")
    save(page)
    expect(page.get_by_text("changed by both").first).to_be_visible()


def test_a_refusal_appears_at_its_field(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.edit(fresh.company("qbo"), "39"))
    beside = page.context.new_page()
    beside.goto(fresh.sandbox)
    press(beside, "Refuse it")
    page.locator('[name="f.phone"]').fill("+44 20 7946 0001")
    save(page)
    expect(page.get_by_text("does not accept this name").first).to_be_visible()


def test_the_page_works_on_a_phone_without_scrolling_sideways(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page(width=390, javascript=False, signed_in=False)
    page.goto(fresh.sandbox)
    assert page.locator("main").evaluate("main => main.scrollWidth <= innerWidth")


def press(beside: Page, label: str) -> None:
    """Press a button of the page; it comes back and says what was done."""
    beside.get_by_role("button", name=label, exact=True).click()
    expect(beside.get_by_role("status")).to_be_visible()


def save(page: Page) -> None:
    """Save the form as Enter does."""
    page.locator('[name="f.phone"]').press("Enter")
