"""Leaving a form in a browser: what asks first, and what does not."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_page: OpenPage, fresh: Stack) -> Page:
    """The edit form of a customer with two addresses and a contact."""
    page = open_page()
    page.goto(links.edit(fresh.company("qbo"), "39"))
    return page


def test_leaving_with_unsaved_changes_asks_first(page: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.route("**/draft/**", lambda route: route.abort())
    page.get_by_label("Phone", exact=True).press_sequentially("1")
    page.on("dialog", stay)
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Companies").first.click(no_wait_after=True)
    assert asked == ["beforeunload"]
    assert page.url.endswith("/edit/")
    expect(page.locator("#draft-status")).to_contain_text("could not be saved")
    page.remove_listener("dialog", stay)
    page.on("dialog", lambda dialog: dialog.accept())


def test_a_stored_draft_lets_the_page_go_without_a_question(page: Page) -> None:
    page.get_by_label("Phone", exact=True).press_sequentially("5")
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    page.get_by_role("link", name="Companies").first.click()
    page.wait_for_url("**/companies/")
    assert asked == []


def test_cancel_asks_once_in_the_page(page: Page) -> None:
    address = page.url
    phone = page.get_by_label("Phone", exact=True)
    submission = page.locator('[name="submission"]').last.input_value()
    phone.press_sequentially("77")
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    page.get_by_role("link", name="Cancel").click()
    question = page.get_by_role("alertdialog")
    question.get_by_role("button", name="Continue editing").click()
    expect(question).to_be_hidden()
    page.get_by_role("link", name="Cancel").click()
    question.get_by_role("button", name="Discard draft").click()
    page.wait_for_url(re.compile("customers/39/"))
    expect(page).not_to_have_url(address)
    page.goto("/writes/")
    assert submission not in page.content()


def test_cancel_of_an_unchanged_form_leaves_immediately(page: Page) -> None:
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(lambda url: "/edit/" not in url)
