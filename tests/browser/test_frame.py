"""The frame in a browser: the menu of a narrow screen, menus that close, problems in the title, toasts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key
from tests.support.pages.accessibility import violations

pytestmark = pytest.mark.browser

_TOAST = "detail => window.dispatchEvent(new CustomEvent('toast', {detail}))"


def show(page: Page, **detail: str) -> None:
    page.evaluate(_TOAST, detail)


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_a_narrow_screen_has_a_bar_with_a_menu(open_page: OpenPage, javascript: bool) -> None:
    page = open_page(javascript=javascript, width=390)
    page.goto("/")
    bar, side = page.locator(".top-bar"), page.locator("#side")
    expect(side).to_be_hidden()
    box = bar.bounding_box()
    assert box
    assert box["height"] == 52
    button = page.get_by_role("button", name="Menu")
    button.click()
    expect(side).to_be_visible()
    if javascript:
        assert not violations(page)
    press_key(page, "Escape")
    expect(side).to_be_hidden()
    button.click()
    side.get_by_role("link", name="My changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My changes")


def test_the_menu_under_ones_name_closes(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    menu, summary = page.locator("details.account"), page.locator("details.account summary")
    ways: list[Callable[[], None]] = [
        lambda: press_key(page, "Escape"),
        lambda: page.get_by_role("heading", level=1).click(),
        lambda: page.get_by_role("searchbox").focus(),
    ]
    for close in ways:
        summary.click()
        expect(menu).to_have_attribute("open", "")
        assert not violations(page)
        close()
        expect(menu).not_to_have_attribute("open", "")
    summary.press("Enter")
    press_key(page, "Tab")
    press_key(page, "Escape")
    expect(summary).to_be_focused()


def test_the_name_of_the_product_is_whole_beside_the_sandboxs_tag(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    expect(page.locator(".side-head .tag")).to_be_visible()
    name = page.locator(".side-head .nav-text")
    assert name.evaluate("name => name.scrollWidth - name.clientWidth") == 0


@pytest.mark.parametrize("signed_in", [True, False])
def test_the_bar_of_a_narrow_screen_covers_no_heading(open_page: OpenPage, signed_in: bool) -> None:
    page = open_page(width=390, signed_in=signed_in)
    page.goto("/settings/")
    bar, heading = page.locator(".top-bar").bounding_box(), page.locator("h1").bounding_box()
    assert bar
    assert heading
    assert heading["y"] >= bar["y"] + bar["height"]


def test_one_signs_out_without_scripts(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    page.goto("/")
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/")


def test_problems_are_in_the_title_and_on_the_favicon(open_page: OpenPage) -> None:
    page = open_page()
    page.clock.install()
    page.goto("/companies/")
    favicon = page.locator("#favicon")
    plain = favicon.get_attribute("href")
    title = page.title()
    entry = page.locator("#my-writes")
    entry.evaluate("element => element.dataset.problems = '2'")
    entry.evaluate(
        "target => document.dispatchEvent(new CustomEvent('htmx:oobAfterSwap', {detail: {target}}))"
    )
    assert page.title() == f"(2) {title}"
    assert favicon.get_attribute("href") == favicon.get_attribute("data-problem") != plain
    # The next answer of the dashboard is what counts.
    page.clock.fast_forward(31_000)
    expect(page).to_have_title(title)
    expect(favicon).to_have_attribute("href", str(plain))


def test_a_toast_leaves_by_itself_and_a_problem_stays(open_page: OpenPage) -> None:
    page = open_page()
    page.clock.install()
    page.goto("/companies/")
    toasts = page.locator("#toasts")
    show(page, text="Cedar Labs: accepted", level="good")
    show(page, text="Fern: refused <b>", level="bad", url="/writes/", label="View")
    expect(toasts.get_by_role("listitem")).to_have_count(2)
    expect(page.locator("#announce")).to_have_text("Cedar Labs: accepted")
    expect(page.get_by_role("alert").filter(has_text="Fern")).to_have_text("Fern: refused <b>")
    page.clock.fast_forward(60_000)
    expect(toasts.get_by_role("listitem")).to_have_count(1)
    expect(toasts).to_contain_text("Fern: refused <b>")
    expect(toasts.get_by_role("link", name="View")).to_have_attribute("href", "/writes/")
    assert not violations(page)
    toasts.get_by_role("button", name="Dismiss").press("Enter")
    expect(toasts).to_be_hidden()
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_a_toast_leads_to_our_own_pages_alone(open_page: OpenPage, url: str) -> None:
    page = open_page()
    page.goto("/")
    show(page, text="Look", level="info", url=url)
    expect(page.locator("#toasts")).to_contain_text("Look")
    expect(page.locator("#toasts a")).to_have_count(0)


def test_a_toast_stands_over_nothing_that_is_read(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")))
    show(page, text="A sentence that is as long as the sentences of toasts are.", level="bad")
    toast, main = page.locator(".toast").bounding_box(), page.locator("main").bounding_box()
    assert toast
    assert main
    assert toast["x"] + toast["width"] <= main["x"]


@pytest.mark.parametrize("width", [390, 720, 1440, 1920, 2560])
def test_the_frame_fits_any_width_with_long_and_right_to_left_names(
    open_page: OpenPage, fresh: Stack, width: int
) -> None:
    page = open_page(width=width)
    for key in ("odd", "rtl") if "rtl" in fresh.tell("GET", "")["companies"] else ("odd",):
        page.goto(links.customers(fresh.company(key)))
    page.evaluate(
        """names => document.querySelectorAll('#side .nav [dir=auto]').forEach((name, index) => {
            name.textContent = names[index % names.length];
        })""",
        [
            "شركة النور للتجارة والمقاولات العامة المحدودة",
            "Donaudampfschifffahrtsgesellschaftskapitän" * 3,
        ],
    )
    if width < 1024:
        page.get_by_role("button", name="Menu").click()
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not page.evaluate(
        "document.getElementById('side').scrollWidth > document.getElementById('side').clientWidth"
    )


def test_nothing_that_is_read_is_smaller_than_12_pixels(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    company = fresh.company("qbo")
    for path in (
        "/companies/",
        "/writes/",
        "/settings/",
        links.customers(company),
        links.customer(company, "39"),
        links.edit(company, "39"),
        links.writes(company),
        links.attachments(fresh.company("files"), "thirty"),
    ):
        page.goto(path)
        expect(page.locator(".htmx-request")).to_have_count(0)
        small = page.evaluate(
            """[...document.querySelectorAll('body *')]
                .filter(element => !element.closest('[aria-hidden=true], script, template, svg, .vh'))
                .filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
                .filter(element => parseFloat(getComputedStyle(element).fontSize) < 12)
                .map(element => element.outerHTML.slice(0, 120))"""
        )
        assert small == [], path


def test_forced_colours_show_where_one_is(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    page.emulate_media(forced_colors="active")
    current = page.locator("#side [aria-current]").first
    assert current.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"


def test_a_customer_is_printed_as_one_sheet(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customer(fresh.company("qbo"), "39"))
    expect(page.locator(".htmx-request")).to_have_count(0)
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert len(pages) == 1
