"""Forced colours (Windows' contrast themes): grounds are gone, and all that says something is still seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack

pytestmark = pytest.mark.browser

_HIDE = """(rule) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rule);
    document.adoptedStyleSheets = [sheet];
}"""
# Around an element, for its outline. Pixels.
_AROUND = 6


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    page = open_page()
    page.emulate_media(forced_colors="active", color_scheme="dark", reduced_motion="reduce")
    return page


def picture(element: Locator) -> bytes:
    """What is seen of an element, and around it."""
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box
    return element.page.screenshot(
        clip={
            "x": max(box["x"] - _AROUND, 0),
            "y": max(box["y"] - _AROUND, 0),
            "width": box["width"] + 2 * _AROUND,
            "height": box["height"] + 2 * _AROUND,
        }
    )


def assert_is_seen(page: Page, selector: str, part: str = "") -> None:
    """The picture of an element is another one without it, or without its pseudo-element."""
    element = page.locator(selector).first
    shown = picture(element)
    page.evaluate(_HIDE, f"{selector}{part} {{ visibility: hidden !important; }}")
    assert picture(element) != shown, f"{selector}{part}"
    page.evaluate(_HIDE, "")


def assert_focus_is_seen(element: Locator) -> None:
    before = picture(element)
    element.focus()
    # As by the keyboard, which shows the ring of a button, too.
    element.press("Shift")
    assert picture(element) != before, element


def test_ticks_states_and_the_focus_of_the_list(page: Page, fresh: Stack) -> None:
    company = fresh.company("qbo")
    fresh.tell("POST", "settings", push_delay=3600)
    page.goto(links.edit(company, "39"))
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0123")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    page.goto(links.customers(company) + "?q=Birkett&columns=name,id,changed")
    assert_is_seen(page, ".row-state .icon")
    assert_is_seen(page, ".side .brand svg")
    tick = page.locator(".customers tbody input").first
    before = picture(tick)
    tick.check()
    page.mouse.move(0, 0)
    assert picture(tick) != before
    assert_focus_is_seen(page.locator(".customers tbody .c-name a").first)
    assert_focus_is_seen(page.locator("#search input").first)
    page.get_by_role("button", name="Copy ID").first.focus()
    assert_is_seen(page, ".c-id .copy", "::before")


def test_the_view_and_the_entry_that_one_is_on(page: Page, fresh: Stack) -> None:
    path = links.customers(fresh.company("qbo"))
    page.goto(links.new_view(path + "?status=Active"))
    page.get_by_label("Name").fill("Only active")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**view=*")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    edge = "element => getComputedStyle(element).borderBlockEndColor"
    views = page.locator(".views > a:not(.icon-button)")
    expect(views).to_have_count(2)
    edges = {view.get_attribute("aria-current"): view.evaluate(edge) for view in views.all()}
    assert edges.pop(None) == ground
    assert ground not in edges.values()
    entries = page.locator(".side .nav a")
    outline = "element => getComputedStyle(element).outlineStyle"
    for entry in entries.all():
        is_current = entry.get_attribute("aria-current") is not None
        assert (entry.evaluate(outline) != "none") == is_current


def test_menus_and_changed_fields_of_the_form(page: Page, fresh: Stack) -> None:
    page.goto(links.edit(fresh.company("qbo"), "39"))
    assert_is_seen(page, ".row-tools .menu > summary", "::before")
    phone = page.get_by_label("Phone", exact=True)
    assert_focus_is_seen(phone)
    phone.fill("+44 20 7946 0123")
    assert_is_seen(page, ".field.changed", "::before")
    assert_focus_is_seen(page.get_by_role("button", name="Review"))


def test_the_mark_of_a_company_with_a_problem(page: Page, fresh: Stack) -> None:
    page.goto(links.customers(fresh.company("qbo")))
    page.locator(".attention").first.evaluate("mark => { mark.hidden = false; }")
    assert_is_seen(page, ".attention .dot")
