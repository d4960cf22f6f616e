"""The list of customers in a browser: where its rows begin, ticks, keys, pending changes, 5,000 rows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key
from tests.support.pages.clipboard import pasted

pytestmark = pytest.mark.browser

_FIRST_ROW = "document.querySelector('.customers tbody tr').getBoundingClientRect().top"
# The groups of rows when the page has been read, and how many are added at once after it.
_ADDED = """window.added = [];
    document.addEventListener("DOMContentLoaded", () => {
      window.atFirst = document.querySelectorAll("#customers tbody").length;
      new MutationObserver((records) => {
        window.added.push(records.reduce((sum, { addedNodes }) => sum + addedNodes.length, 0));
      }).observe(document.getElementById("customers"), { childList: true });
    });"""
# The timer of the next group never ends: what is there is there for another reason.
_NEVER_ADDED = """const { setTimeout } = window;
    window.setTimeout = (task, ...rest) => task.name === "addNext" ? 0 : setTimeout(task, ...rest);"""


def ticks(page: Page) -> list[str]:
    """The names of the rows that are ticked."""
    return page.locator(".customers tbody tr:has(:checked) .c-name a").all_inner_texts()


def test_the_rows_begin_at_120_pixels(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page(width=1440)
    path = links.customers(fresh.company("qbo"))
    for query in ("", "?status=Active&currency=GBP"):
        page.goto(path + query)
        assert page.evaluate(_FIRST_ROW) <= 120


def test_a_phone_shows_three_customers_on_its_first_screen(
    open_page: OpenPage, fresh: Stack
) -> None:
    for javascript in (True, False):
        page = open_page(width=390, javascript=javascript)
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(links.customers(fresh.company("qbo")) + "?status=Active")
        third = page.locator(".customers tbody tr").nth(2).bounding_box()
        assert third
        assert third["y"] + third["height"] <= 844
        menu = page.locator("#filter-menu > summary")
        expect(menu).to_contain_text("1")
        menu.click()
        expect(page.locator("#f-status")).to_have_value("Active")
        menu.click()
        page.get_by_label("Sort by").select_option("Name, Z to A")
        if not javascript:
            page.get_by_role("button", name="Sort").click()
        expect(page).to_have_url(re.compile("order_by=-customerName"))


def test_ticked_rows_survive_paging_and_are_compared(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")) + "?page_size=25")
    bar = page.locator(".selection-bar")
    expect(bar).to_be_hidden()
    boxes = page.locator('.customers tbody input[type="checkbox"]')
    boxes.first.check()
    compare = bar.get_by_role("button", name="Compare")
    expect(bar).to_contain_text("1 selected")
    expect(compare).to_be_disabled()
    first = ticks(page)
    page.locator("#page-next").click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(bar).to_contain_text("1 selected, 1 on other pages")
    boxes.first.check()
    second = ticks(page)
    compare.click()
    page.wait_for_url("**/compare/?id=*&id=*")
    heads = page.locator(".compare thead th a").all_inner_texts()
    assert sorted(heads) == sorted(first + second)
    page.get_by_role("link", name="Only differences").click()
    expect(page.locator(".compare tbody tr:not(.differs)")).to_have_count(0)
    page.go_back()
    page.go_back()
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Clear selection").click()
    expect(bar).to_be_hidden()


def test_rows_are_compared_without_scripts(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page(javascript=False)
    page.goto(links.customers(fresh.company("qbo")))
    boxes = page.locator('.customers tbody input[type="checkbox"]')
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".compare thead th a")).to_have_count(2)


def test_keys_move_over_the_rows_select_and_turn_pages(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")) + "?page_size=25")
    names = page.locator(".customers tbody .c-name a")
    press_key(page, "j")
    expect(names.nth(0)).to_be_focused()
    press_key(page, "j")
    expect(names.nth(1)).to_be_focused()
    press_key(page, "x")
    assert ticks(page) == [names.nth(1).inner_text()]
    press_key(page, "k")
    expect(names.nth(0)).to_be_focused()
    press_key(page, "]")
    expect(page).to_have_url(re.compile("page=2"))
    press_key(page, "[")
    expect(page).to_have_url(re.compile(r"^(?!.*[?&]page=2)"))
    press_key(page, "/")
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    press_key(page, "j")
    expect(page.get_by_label("Search", exact=True)).to_have_value("j")


def test_a_pending_change_stands_in_its_row_until_it_was_read_back(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    path = links.customers(fresh.company("qbo"))
    page.goto(links.edit(fresh.company("qbo"), "39"))
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0000")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    page.goto(path + "?q=Birkett")
    row = page.locator('.customers tr:has(input[value="39"])')
    expect(row.locator(".row-state")).to_be_visible()
    # The integration writes phone numbers in a form of its own.
    expect(row.locator(".row-state")).to_contain_text("Came back different", timeout=40_000)
    # The state comes first. The list that is loaded after it has the number as it came back, in one piece.
    expect(row.locator(".c-phone ins")).to_have_count(1)
    expect(row.locator(".c-phone ins")).to_be_visible()


def test_a_long_page_adds_its_rows_a_group_at_a_time(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.add_init_script(_ADDED)
    path = links.customers(fresh.company("big")) + "?page_size=5000&deleted=show"
    page.goto(path)
    expect(page.locator(".customers tbody tr")).to_have_count(5000)
    at_first, added = page.evaluate("[window.atFirst, window.added]")
    assert at_first == 3
    assert added == [1] * 247
    in_order = page.evaluate("[...document.querySelectorAll('td.c-name a')].map((link) => link.id)")
    assert in_order == [f"at-{number}" for number in range(1, 5001)]


@pytest.mark.parametrize("is_first_page", [True, False])
def test_a_long_page_has_all_rows_before_anything_is_done_on_it(
    is_first_page: bool, open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.add_init_script(_NEVER_ADDED)
    if not is_first_page:
        # From its first page on, the browser is known to have scripts.
        page.goto(links.companies())
    path = links.customers(fresh.company("big")) + "?page_size=5000&deleted=show"
    page.goto(path)
    rows = page.locator(".customers tbody tr")
    expect(rows).to_have_count(60)
    page.locator("#tick-page").click()
    expect(page.locator(".selected-count")).to_have_text("5,000 selected")
    expect(rows).to_have_count(5000)
    # One comes back to a place that may be in any row, with what is ticked.
    page.goto(links.companies())
    page.goto(path + "#at-4321")
    expect(page.locator("#at-4321")).to_be_focused()
    # The anchor is used up.
    page.goto(path + "#at-4321")
    page.reload()
    expect(page.locator("#at-4321")).to_be_focused()
    expect(page.locator(".customers tbody :checked")).to_have_count(5000)


@pytest.mark.parametrize(
    ("early", "count"), [("tbody tr:nth-child(2) input", 2), ("#tick-page", 10)]
)
def test_what_is_ticked_before_the_scripts_run_counts(
    open_page: OpenPage, fresh: Stack, early: str, count: int
) -> None:
    page = open_page()
    path = links.customers(fresh.company("qbo")) + "?page_size=10"
    page.goto(path)
    page.locator(".customers tbody input").first.check()
    expect(page.locator(".selected-count")).to_have_text("1 selected")

    def tick_first(route: Route) -> None:
        page.locator(f".customers {early}").check()
        route.continue_()

    page.route(re.compile(r"/list\b[^/]*\.js$"), tick_first)
    page.reload()
    expect(page.locator(".selected-count")).to_have_text(f"{count} selected")
    expect(page.locator(".customers tbody :checked")).to_have_count(count)
    # It is stored for the other pages, and a reload brings back what is stored alone.
    page.unroute_all()
    page.reload()
    expect(page.locator(".selected-count")).to_have_text(f"{count} selected")
    page.get_by_role("button", name="Clear").click()
    page.reload()
    expect(page.locator(".customers tbody :checked")).to_have_count(0)


def test_ticks_of_a_page_outlive_a_swap_without_storage(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('refused'); } });"
    )
    page.goto(links.customers(fresh.company("qbo")) + "?page_size=10")
    page.locator(".customers tbody input").first.check()
    with page.expect_response(page.url):
        page.evaluate(
            """() => {
              document.getElementById("selection").dataset.old = "";
              htmx.trigger(document.body, "customers-refreshed");
            }"""
        )
    expect(page.locator("[data-old]")).to_have_count(0)
    expect(page.locator(".selected-count")).to_have_text("1 selected")
    expect(page.locator(".customers tbody :checked")).to_have_count(1)


def test_rows_that_cannot_be_loaded_are_said_to_be_missing(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.goto(links.companies())
    path = links.customers(fresh.company("big")) + "?page_size=5000&deleted=show"
    page.add_init_script("window.fetch = async () => { throw new Error('unreachable'); }")
    page.goto(path)
    message = page.locator(".more-rows")
    expect(message).to_contain_text("The other customers of this page could not be loaded.")
    expect(page.locator(".customers tbody tr")).to_have_count(60)
    message.get_by_role("link", name="Load all at once").click()
    expect(page.locator(".customers tbody tr")).to_have_count(5000)
    page.locator("#tick-page").check()
    expect(page.locator(".selected-count")).to_have_text("5,000 selected")


def test_without_scripts_a_list_says_that_rows_are_missing(
    open_page: OpenPage, fresh: Stack
) -> None:
    """A browser that had scripts, and has them no more: nothing is loading."""
    page = open_page(javascript=False)
    page.context.add_cookies([{"name": "scripts", "value": "1", "url": fresh.url}])
    page.goto(links.customers(fresh.company("big")) + "?page_size=5000&deleted=show")
    message = page.locator(".more-rows")
    expect(message.locator("noscript")).to_be_visible()
    assert message.locator("noscript").inner_text() == "4,940 more customers are not shown."
    expect(message.get_by_role("status")).to_be_hidden()
    message.get_by_role("link", name="Load all at once").click()
    expect(page.locator("#at-5000")).to_be_attached()


def test_a_long_page_is_one_table_to_the_eye_without_scripts(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page(javascript=False)
    page.goto(links.customers(fresh.company("big")) + "?page_size=5000&deleted=show")
    for cell in (".c-email", ".c-changed"):
        above, below = (
            page.locator(f"tr:has(#at-{number}) {cell}").bounding_box() for number in (60, 61)
        )
        assert above
        assert below
        assert below["x"] == above["x"]
        assert below["width"] == above["width"]
    expect(page.locator("#at-5000")).to_be_attached()


def test_views_are_saved_and_opened_without_scripts(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page(javascript=False)
    path = links.customers(fresh.company("qbo"))
    page.goto(path + "?status=Active")
    page.get_by_role("link", name="Save view").click()
    page.get_by_label("Name").fill("Active ones")
    page.get_by_role("button", name="Save view").click()
    tab = page.locator("#views [aria-current]")
    expect(tab).to_have_text("Active ones")
    page.get_by_role("link", name="Status: Active").click()
    expect(page.locator(".modified")).to_contain_text("Modified:")
    page.get_by_role("link", name="Reset").click()
    expect(page.locator(".modified")).to_have_count(0)
    page.get_by_role("link", name="Edit view").click()
    page.get_by_role("button", name="Delete view").click()
    expect(page.locator("#views")).not_to_contain_text("Active ones")


def test_an_id_is_copied_from_its_column(open_page: OpenPage, fresh: Stack) -> None:
    path = links.customers(fresh.company("xero")) + "?columns=name,id"
    page = open_page()
    page.context.grant_permissions(["clipboard-write"])
    page.goto(path)
    cell = page.locator(".customers tbody .c-id").nth(1)
    whole = cell.locator("code").text_content()
    assert whole
    assert len(whole) == 36
    assert page.evaluate(
        "(id) => id.scrollWidth > id.clientWidth", cell.locator("code").element_handle()
    )
    button = cell.get_by_role("button", name="Copy ID")
    expect(button).to_have_css("opacity", "0")
    button.focus()
    expect(button).to_have_css("opacity", "1")
    button.press("Enter")
    expect(button).to_have_class(re.compile("copied"))
    assert pasted(page) == whole
    plain = open_page(javascript=False)
    plain.goto(path)
    text = plain.locator(".customers tbody .c-id").nth(1)
    assert text.inner_text() == whole
    expect(text.get_by_role("button")).to_have_count(0)
