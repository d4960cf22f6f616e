"""From one customer of a list to the next, and back to the list, counted in clicks and keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key

pytestmark = pytest.mark.browser

# Counts what a person does, over all pages of a tab.
COUNT = """
for (const name of ["keydown", "click"]) {
  addEventListener(name, (event) => {
    if (event.isTrusted) sessionStorage.setItem(name, 1 + Number(sessionStorage.getItem(name)));
  }, true);
}
"""


def counted(page: Page) -> tuple[int, int]:
    """The clicks and keys since the last call."""
    clicks, keys = page.evaluate(
        """() => ["click", "keydown"].map((name) => {
             const number = Number(sessionStorage.getItem(name));
             sessionStorage.removeItem(name);
             return number;
           })"""
    )
    return clicks, keys


def rows(page: Page) -> Locator:
    return page.locator("#results tbody a[id^=at-]")


def open_list(page: Page, stack: Stack, query: str = "") -> list[str]:
    """Open a list; the names of its customers."""
    page.goto(links.customers(stack.company("qbo")) + query)
    return rows(page).all_inner_texts()


def test_the_next_record_of_the_same_search_is_one_key(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    names = open_list(page, fresh, "?q=a&order_by=-customerName&page_size=4")
    assert len(names) == 4
    rows(page).nth(1).click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(names[1])
    expect(page.locator("#place")).to_have_text(re.compile(r"^2 of \d+$"))
    page.add_init_script(COUNT)
    page.reload()
    counted(page)

    press_key(page, "j")
    expect(heading).to_have_text(names[2])
    assert counted(page) == (0, 1)
    expect(page.locator("#place")).to_have_text(re.compile(r"^3 of "))

    press_key(page, "k")
    expect(heading).to_have_text(names[1])
    # Over the end of the page, and back.
    for place in (3, 4, 5):
        press_key(page, "j")
        expect(page.locator("#place")).to_have_text(re.compile(f"^{place} of "))
    expect(heading).not_to_have_text(re.compile("|".join(map(re.escape, names))))
    page.get_by_role("link", name=re.compile("^Back to .* results for “a”$")).click()
    expect(page).to_have_url(re.compile(r"\?q=a&order_by=-customerName&page=2&page_size=4$"))
    expect(rows(page).first).to_be_focused()


def test_the_next_correction_after_a_save_is_one_click(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    names = open_list(page, fresh, "?status=Active")
    rows(page).first.click()
    page.get_by_role("link", name="Edit all fields").click()
    page.get_by_label("Phone", exact=True).fill("+44 1632 960954")
    page.add_init_script(COUNT)
    page.evaluate(COUNT)
    counted(page)

    page.get_by_role("button", name="Save and next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Edit {names[1]}")
    # The key is one that no person presses: Playwright fills fields by it.
    assert counted(page) == (1, 0)
    line = page.locator("#saved")
    expect(line).to_contain_text(names[0])
    expect(line).to_contain_text(re.compile("Sent|Accepted"))

    page.get_by_label("Phone", exact=True).fill("+44 1632 960955")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    counted(page)
    page.get_by_role("link", name="Next customer").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[2])
    assert counted(page) == (1, 0)
    page.get_by_role("link", name=re.compile("^Back to .* active customers of ")).click()
    expect(page).to_have_url(re.compile(r"\?status=Active$"))
    expect(rows(page).nth(2)).to_be_focused()


def test_back_on_the_list_scroll_and_focus_are_where_they_were(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    open_list(page, fresh)
    row = rows(page).nth(30)
    row.evaluate("row => row.scrollIntoView({block: 'end'})")
    top = page.evaluate("scrollY")
    assert top > 200
    name = row.inner_text()
    for go_back in (
        lambda: page.get_by_role("link", name=re.compile("^Back to ")).click(),
        page.go_back,
    ):
        row.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        go_back()
        expect(row).to_be_focused()
        page.wait_for_function("top => Math.abs(scrollY - top) < 2", arg=top)
        assert "#" not in page.url


def test_the_row_of_another_customer_is_brought_into_view(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    open_list(page, fresh)
    address = rows(page).nth(33).get_attribute("href")
    assert address
    expect(rows(page).nth(33)).not_to_be_in_viewport()
    rows(page).first.click()
    page.wait_for_url("**/?list=**")
    page.goto(address)
    page.get_by_role("link", name=re.compile("^Back to ")).click()
    expect(rows(page).nth(33)).to_be_focused()
    expect(rows(page).nth(33)).to_be_in_viewport()


def test_without_scripts_the_same_links_lead_on_and_back(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page(javascript=False)
    names = open_list(page, fresh, "?deleted=show&page_size=25")
    rows(page).nth(20).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[20])
    page.get_by_role("link", name="Next customer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[21])
    page.get_by_role("link", name="Edit all fields").click()
    page.get_by_label("Phone", exact=True).fill("+44 1632 960954")
    page.get_by_role("button", name="Save and next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Edit {names[22]}")
    expect(page.locator("#saved")).to_contain_text(names[21])
    page.get_by_role("link", name=re.compile("^Back to ")).click()
    expect(page).to_have_url(re.compile(r"\?deleted=show&page_size=25#at-23$"))
    expect(rows(page).nth(22)).to_be_in_viewport()
    expect(rows(page).nth(22)).to_be_focused()


def test_a_new_customer_leads_back_to_the_search_as_it_is_now(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    open_list(page, fresh)
    page.get_by_label("Search", exact=True).fill("Birkett")
    expect(page).to_have_url(re.compile(r"\?q=Birkett$"))
    page.get_by_role("link", name="New customer").click()
    page.get_by_role("link", name=re.compile("^Back to 2 results for “Birkett”$")).click()
    expect(rows(page)).to_have_count(2)


def test_a_change_leads_back_to_its_row_in_the_history(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    open_list(page, fresh)
    rows(page).first.click()
    page.get_by_role("link", name="Edit all fields").click()
    page.get_by_label("Phone", exact=True).fill("+44 1632 960954")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    page.goto(links.writes(fresh.company("qbo")) + "?kind=update")
    row = page.locator("a[id^=change-]").first
    row.click()
    page.get_by_role("link", name="Back to the change history").click()
    expect(page).to_have_url(re.compile(r"\?kind=update$"))
    expect(row).to_be_focused()


def test_the_form_shows_its_place_and_a_key_saves_and_leads_on(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    names = open_list(page, fresh, "?q=a&page_size=4")
    rows(page).first.click()
    page.get_by_role("link", name="Edit all fields").click()
    heading, place = page.get_by_role("heading", level=1), page.locator("#place")
    expect(place).to_have_text(re.compile("^1 of "))
    page.get_by_role("link", name="Next customer").click()
    expect(heading).to_have_text(f"Edit {names[1]}")
    expect(place).to_have_text(re.compile("^2 of "))
    phone = page.get_by_label("Phone", exact=True)
    phone.fill("+44 20 7946 0000")
    press_key(page, "Control+Shift+Enter")
    expect(heading).to_have_text(f"Edit {names[2]}")
    expect(page.locator("#saved")).to_contain_text(names[1])
    # No single letter leaves the form.
    heading.click()
    press_key(page, "j")
    press_key(page, "?")
    listed = page.get_by_role("dialog")
    expect(listed).to_contain_text("Save and next")
    expect(listed).not_to_contain_text("Next customer")
    expect(heading).to_have_text(f"Edit {names[2]}")
