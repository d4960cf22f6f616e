"""Notes and the owner in a real browser: with and without scripts, on a telephone, and for axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack
from tests.support.pages.accessibility import violations

pytestmark = pytest.mark.browser


def add(page: Page, text: str) -> None:
    page.get_by_label("New note").fill(text)
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".note-text").first).to_have_text(text)


def test_a_note_is_added_changed_and_deleted_beside_the_customer(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.goto(links.customer(fresh.company("qbo"), "39"))
    address = page.url
    add(page, "Calls on Mondays, ask @demo")
    expect(page.locator("#announce")).to_have_text("Note added.")
    expect(page.locator(".note-text strong")).to_have_text("@demo")
    page.get_by_role("link", name="Edit the note of").click()
    text = page.get_by_label("Text", exact=True)
    expect(text).to_be_focused()
    text.fill("")
    page.locator(".note-list").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Enter the note.")).to_be_visible()
    text.fill("Calls on Tuesdays")
    page.locator(".note-list").get_by_role("button", name="Save").click()
    expect(page.locator(".note-text")).to_have_text("Calls on Tuesdays")
    page.get_by_role("button", name="Delete the note of").click()
    expect(page.get_by_text("Deleted by the author")).to_be_visible()
    page.get_by_role("link", name="Change owner").click()
    page.get_by_label("Owner", exact=True).select_option("demo")
    page.locator(".note-form", has=page.locator("select")).get_by_role(
        "button", name="Save"
    ).click()
    expect(page.locator(".note-owner strong")).to_have_text("demo")
    assert page.url == address


def test_without_scripts_the_page_of_the_notes_does_the_same(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page(javascript=False)
    page.goto(links.customers(fresh.company("qbo")))
    page.locator("main details.menu summary").first.click()
    page.get_by_role("link", name="Notes and owner").click()
    add(page, "Closed in August")
    expect(page.get_by_role("status").filter(has_text="Note added.")).to_be_visible()
    page.get_by_role("link", name="Edit the note of").first.click()
    page.get_by_label("Text", exact=True).fill("Closed in July")
    page.locator(".note-list").get_by_role("button", name="Save").click()
    expect(page.locator(".note-text").first).to_have_text("Closed in July")


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    open_page: OpenPage, fresh: Stack, width: int, scheme: str
) -> None:
    page = open_page(width=width, color_scheme=scheme)
    page.goto(links.notes(fresh.company("qbo"), "customer", "39"))
    add(page, "A long word " + "x" * 300 + " and @demo")
    page.get_by_role("link", name="Change owner").click()
    page.get_by_label("Owner", exact=True).wait_for()
    page.get_by_role("link", name="Edit the note of").first.click()
    page.get_by_label("Text", exact=True).wait_for()
    assert violations(page) == []
    page.goto(links.customer(fresh.company("qbo"), "39"))
    page.locator("#notes").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
