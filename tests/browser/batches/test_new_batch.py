"""A bulk edit in a browser: rows ticked over pages of the list, one number from the tick to the batch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key

pytestmark = pytest.mark.browser

BOXES = '.customers tbody input[name="id"]'


def ready(page: Page) -> None:
    """The form has been renewed."""
    expect(page.locator("#form[aria-busy]")).to_have_count(0)


def choose(page: Page, label: str, value: str, inputs: str) -> None:
    """Choose in a list of the form; the inputs that follow from it appear."""
    select = page.get_by_label(label, exact=True)
    select.focus()
    select.select_option(value)
    page.locator(inputs).wait_for()
    ready(page)


def make(page: Page, number: int) -> None:
    """Set a country on the page of a new batch; the page of the batch has the same number."""
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Edit {number} customers")
    page.get_by_label("New value").fill("United Kingdom")
    page.get_by_label("Note").fill("Year-end clean-up")
    page.get_by_role("button", name=f"Check {number} customers").click()
    page.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}/$"))
    expect(page.locator("#main")).to_contain_text("Set Country (Addresses) to United Kingdom")
    expect(page.locator("#count-all")).to_contain_text(str(number))


def test_rows_of_two_pages_become_a_batch(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")) + "?page_size=10")
    bar, boxes = page.locator(".selection-bar"), page.locator(BOXES)
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(bar).to_contain_text("4 selected")
    boxes.nth(2).click()
    boxes.nth(1).click(modifiers=["Shift"])
    expect(page.locator(f"{BOXES}:checked")).to_have_count(2)
    page.locator("#page-next").click()
    expect(page).to_have_url(re.compile("page=2"))
    boxes.nth(3).click()
    boxes.nth(0).click(modifiers=["Shift"])
    expect(bar).to_contain_text("6 selected, 2 on other pages")
    names = page.locator(".customers tbody tr:has(:checked) .c-name a").all_inner_texts()

    page.get_by_role("button", name="Edit 6").click()
    page.wait_for_url("**/batches/new/**")
    for name in names:
        expect(page.locator("#selected")).to_contain_text(name)
    choose(page, "Field", "addresses.country", "#f-1\\.text")
    make(page, 6)

    # The ticks have become the batch.
    page.goto(links.customers(fresh.company("qbo")) + "?page_size=10")
    expect(page.locator(f"{BOXES}:checked")).to_have_count(0)
    expect(bar).to_be_hidden()


def test_leaving_what_was_typed_asks_first(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.goto(links.new_batch(fresh.company("qbo"), is_all=True))
    page.on("dialog", stay)
    choose(page, "Field", "phone", "#f-1\\.text")
    page.get_by_label("New value").press_sequentially("1")
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Companies").first.click(no_wait_after=True)
    assert asked == ["beforeunload"]
    assert "/batches/new/" in page.url
    # Making the batch does not.
    page.get_by_role("button", name="Check").click()
    page.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}/$"))
    assert asked == ["beforeunload"]


def test_all_that_match_is_a_step_of_its_own(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")) + "?page_size=10&status=Active")
    bar = page.locator(".selection-bar")
    total = int(re.findall(r"\d+", page.locator("#count").inner_text())[0])
    every = bar.get_by_role("button", name=f"Select all {total}")
    page.locator(BOXES).first.check()
    expect(every).to_be_hidden()
    page.locator("#tick-page").check()
    expect(bar.get_by_role("button", name="Edit 10")).to_be_enabled()
    every.click()
    expect(bar).to_contain_text(f"All {total} selected")
    expect(bar.get_by_role("button", name="Compare")).to_be_disabled()
    page.locator("#page-next").click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(page.locator(f"{BOXES}:not(:checked)")).to_have_count(0)
    expect(bar).to_contain_text(f"All {total} selected")

    # A row less: only the others of this page are left.
    page.locator(BOXES).first.uncheck()
    expect(bar).to_contain_text("9 selected")
    page.locator("#tick-page").check()
    every.click()
    press_key(page, "e")
    page.wait_for_url("**/batches/new/**")
    choose(page, "Field", "addresses.country", "#f-1\\.text")
    make(page, total)


def test_another_list_keeps_the_ticks_and_not_all(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    path = links.customers(fresh.company("qbo"))
    page.goto(path + "?page_size=10")
    page.locator("#tick-page").check()
    page.get_by_role("button", name="Select all").click()
    bar = page.locator(".selection-bar")
    expect(bar).to_contain_text("All")
    page.goto(path + "?page_size=10&status=Archived")
    expect(bar).to_contain_text("10 selected")
    expect(page.get_by_role("button", name="Edit 10")).to_be_visible()
    page.goto(links.customers(fresh.company("xero")))
    expect(bar).to_be_hidden()


def test_rows_of_one_page_without_scripts(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page(javascript=False)
    page.goto(links.customers(fresh.company("qbo")))
    page.locator(BOXES).nth(0).check()
    page.locator(BOXES).nth(2).check()
    page.get_by_role("button", name="Edit ticked").click()
    page.get_by_label("Field", exact=True).select_option("addresses.country")
    page.get_by_role("button", name="Show its inputs").click()
    make(page, 2)


def test_all_that_match_without_scripts(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page(javascript=False)
    page.goto(links.customers(fresh.company("qbo")) + "?q=Birkett")
    total = page.locator(BOXES).count()
    page.get_by_role("link", name=f"Edit all {total} that match").click()
    expect(page.locator("#selected")).to_contain_text("search “Birkett”")
    page.get_by_label("Field", exact=True).select_option("phone")
    page.get_by_role("button", name="Add another field").click()
    expect(page.get_by_label("New value")).to_be_visible()
    expect(page.get_by_label("Field", exact=True)).to_have_count(2)


def test_inputs_follow_the_field_and_keep_the_focus(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page(width=390)
    page.goto(links.new_batch(fresh.company("netsuite"), is_all=True))
    choose(page, "Field", "addresses.country", "#f-1\\.text")
    expect(page.locator("#f-1\\.key")).to_be_focused()
    choose(page, "Action", "replace", "#f-1\\.find")
    page.get_by_label("Where it is").fill("UK")
    choose(page, "In which rows", "addresses.type", "#f-1\\.where_text")
    expect(page.get_by_label("Where it is")).to_have_value("UK")
    page.get_by_role("button", name="Add another field").click()
    expect(page.locator("#f-2\\.key")).to_be_focused()
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#form-summary")).to_be_focused()
    page.get_by_role("link", name="Enter the new value").click()
    expect(page.locator(":focus")).to_have_attribute("id", re.compile(r"f-1\.text$"))
    page.get_by_role("button", name="Remove number 1").click()
    expect(page.locator(".instruction")).to_have_count(1)
    ready(page)
