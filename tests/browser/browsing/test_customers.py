"""The list in a browser: search while typing, the address, print."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack

pytestmark = pytest.mark.browser


def test_results_update_while_typing_and_the_address_restores_them(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")))
    rows = page.locator("#results tbody tr")
    expect(rows).not_to_have_count(2)
    fresh.tell("DELETE", "calls")
    page.get_by_label("Search", exact=True).press_sequentially("Birkett", delay=40)
    expect(rows).to_have_count(2)
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?q=Birkett$"))
    # One pause in typing, one search.
    searches = [call for call in fresh.tell("GET", "calls") if "data/customers" in call["path"]]
    assert len(searches) == 1

    page.locator("#filter-menu > summary").click()
    page.locator("#f-status").select_option("Active")
    page.get_by_role("button", name="Apply").first.click()
    expect(page).to_have_url(re.compile("status=Active"))
    page.get_by_role("columnheader").get_by_role("link", name="Email").click()
    expect(page).to_have_url(re.compile("order_by=emailAddress"))
    address, shown = page.url, rows.all_inner_texts()
    expect(page.get_by_role("link", name="Status: Active")).to_be_visible()
    rows.first.get_by_role("link").first.click()
    page.wait_for_url("**/customers/*/?list=**")
    page.go_back()
    expect(page.get_by_label("Search", exact=True)).to_have_value("Birkett")
    assert (page.url, rows.all_inner_texts()) == (address, shown)
    page.reload()
    assert rows.all_inner_texts() == shown
    other_browser = open_page(javascript=False)
    other_browser.goto(address)
    assert other_browser.locator("#results tbody tr").all_inner_texts() == shown
    expect(other_browser.locator("#f-status")).to_have_value("Active")


def test_a_late_response_to_an_earlier_search_is_not_shown(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")))
    fresh.tell("POST", "faults", match="/data/customers", kind="delay", seconds=60, count=1)
    box = page.get_by_label("Search", exact=True)
    with page.expect_request(re.compile(r"q=Yarrow")) as early:
        box.fill("Yarrow")
    with page.expect_event("requestfailed", lambda request: request == early.value):
        box.fill("Birkett")
    expect(page.locator("#results tbody tr")).to_have_count(2)
    expect(page.locator("#results")).to_contain_text("Birkett")
    expect(page.locator("#results")).not_to_contain_text("Yarrow")
    expect(page.locator("#connection-lost")).to_be_hidden()


def test_print_shows_data_without_controls(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page(color_scheme="dark")
    for path, shown in (
        (links.customers(fresh.company("qbo")), "table.customers"),
        (links.customer(fresh.company("odd"), "full"), "#customer .section"),
    ):
        page.goto(path)
        expect(page.locator(".side")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator(shown).first).to_be_visible()
        for control in (".side", ".top-bar", ".actions", "form.filters", ".toasts"):
            for place in page.locator(control).all():
                expect(place).to_be_hidden()
        # Black on white in both colour schemes.
        colours = page.locator("body").evaluate(
            "body => [getComputedStyle(body).color, getComputedStyle(body).backgroundColor]"
        )
        assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        page.emulate_media(media="screen")


def test_a_printed_list_says_what_it_was_searched_for(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("sage")))
    page.emulate_media(media="print")
    expect(page.locator("#count")).to_be_visible()
    expect(page.locator("#search")).to_be_hidden()
    page.goto(links.customers(fresh.company("sage")) + "?q=co&status=Active")
    expect(page.locator("#q")).to_be_visible()
    expect(page.locator(".chip")).to_have_text(re.compile("Status: Active"))
    expect(page.locator("#search kbd")).to_be_hidden()


def test_a_printed_list_breaks_no_date_and_no_phone_number(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page(width=703)  # A4 with the usual margins
    page.goto(links.customers(fresh.company("sage")))
    page.emulate_media(media="print")
    broken = page.locator("#results td").evaluate_all(
        """cells => cells.filter(cell => cell.matches(".c-phone, .c-changed"))
            .filter(cell => {
                const text = document.createRange();
                text.selectNodeContents(cell);
                return new Set([...text.getClientRects()].map(box => Math.round(box.top))).size > 1;
            })
            .map(cell => cell.textContent)"""
    )
    assert broken == []
