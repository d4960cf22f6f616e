"""No page is wider than the window, and no text leaves its cell: at any width, in any font, with any spacing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack

pytestmark = pytest.mark.browser

# Cells whose text runs into the next one, and headings of which a part is hidden.
_OVERFLOWING_CELLS = """[...document.querySelectorAll("th, td")]
    .filter(cell => cell.matches("th") || getComputedStyle(cell).overflowX === "visible")
    .filter(cell => cell.scrollWidth > cell.clientWidth)
    .map(cell => cell.textContent.trim())"""
# What people set who read wide text more easily (WCAG 1.4.12); wider than any usual font.
_WIDE_SPACING = """document.body.style.letterSpacing = "0.12em";
    document.body.style.wordSpacing = "0.16em";"""


def check_layout(page: Page, path: str) -> None:
    """Nothing overflows on the page as it is."""
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), path
    assert page.evaluate(_OVERFLOWING_CELLS) == [], path


@pytest.mark.parametrize("chromium", ["DejaVu Sans", "Noto Sans"], indirect=True)
@pytest.mark.parametrize("width", [360, 970, 1100, 1440])
def test_no_text_overflows(open_page: OpenPage, fresh: Stack, width: int) -> None:
    page = open_page(width=width)
    for path in (
        "/companies/",
        links.customers(fresh.company("odd")) + "?deleted=show",
        links.customers(fresh.company("qbo")) + "?order_by=defaultCurrency",
        links.customer(fresh.company("odd"), "full"),
        links.attachments(fresh.company("files"), "thirty"),
        links.edit(fresh.company("odd"), "full"),
        links.new(fresh.company("intacct")),
        links.writes(fresh.company("qbo")),
        links.new_batch(fresh.company("intacct"), is_all=True),
        links.settings(),
        links.shortcuts(),
        links.workers(),
        links.audit(),
        links.held(fresh.company("qbo"), "39"),
    ):
        page.goto(path)
        check_layout(page, path)
        page.evaluate(_WIDE_SPACING)
        check_layout(page, f"{path} with wide spacing")


@pytest.mark.parametrize("chromium", ["DejaVu Sans", "Noto Sans"], indirect=True)
def test_the_pencil_of_a_long_line_of_an_address_is_within_the_page(
    open_page: OpenPage, fresh: Stack
) -> None:
    # At some of the widths a line ends where the page does, in any font.
    page = open_page()
    for path in (
        links.customer(fresh.company("qbo"), "39"),
        links.customer(fresh.company("odd"), "full"),
    ):
        page.goto(path)
        for width in range(340, 480, 4):
            page.set_viewport_size({"width": width, "height": 900})
            check_layout(page, f"{path} at {width}")


# What ends beyond the window, but for tables that scroll by themselves and what is hidden on purpose.
_STICKING_OUT = """[...document.querySelectorAll("body *")]
    .filter(element => element.checkVisibility({visibilityProperty: true}))
    .filter(element => !element.closest(".table-scroll, .vh, .side"))
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
    .map(element => element.outerHTML.slice(0, 100))"""
# Values of a table's row as a block that have left their place beside the label.
_LEFT_THEIR_PLACE = """[...document.querySelectorAll(".cards td[data-label] > *")]
    .filter(part => part.getBoundingClientRect().left < part.parentElement.getBoundingClientRect().left + 7 * 16)
    .map(part => part.parentElement.textContent)"""
# Buttons and links without a text: what they show is smaller than what can be hit.
_SMALL_ICONS = """[...document.querySelectorAll("button, a[href], summary, [role=button]")]
    .filter(target => target.checkVisibility() && target.querySelector("svg, img") || target.matches(".icon-button"))
    .filter(target => !target.innerText.trim() && !target.closest(".vh") && target.getClientRects().length)
    .map(target => [target.getBoundingClientRect(), target.ariaLabel || target.outerHTML.slice(0, 100)])
    .filter(([box]) => box.width < 24 || box.height < 24)
    .map(([box, name]) => `${name}: ${box.width} x ${box.height}`)"""


def main_pages(page: Page, stack: Stack) -> list[str]:
    """The addresses of the pages that people use most; one is that of a change with old and new values."""
    company = stack.company("qbo")
    page.goto(links.edit(company, "39"))
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0123")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    return [
        page.url,
        "/companies/",
        links.customers(company),
        links.customers(company) + "?columns=all",
        links.customer(company, "39"),
        links.customer(stack.company("odd"), "full"),
        links.edit(company, "39"),
        links.attachments(stack.company("files"), "thirty"),
        links.writes(company),
        links.settings(),
    ]


def test_at_200_percent_nothing_sticks_out(open_page: OpenPage, fresh: Stack) -> None:
    """A window of 1,440 by 900 at 200 % has room for 720 by 450."""
    page = open_page(width=720)
    page.set_viewport_size({"width": 720, "height": 450})
    for path in main_pages(page, fresh):
        page.goto(path)
        expect(page.locator(".htmx-request")).to_have_count(0)
        check_layout(page, path)
        assert page.evaluate(_STICKING_OUT) == [], path
        assert page.evaluate(_LEFT_THEIR_PLACE) == [], path


# Words of buttons and headings, which are no data, that go on in the next line. A word with hyphens may.
_BROKEN_WORDS = """[...document.querySelectorAll("button, .button, summary, .chip, .tag, th")].flatMap(element => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), broken = [];
    while (texts.nextNode())
        for (const word of texts.currentNode.data.matchAll(/[^\\s-]+/g)) {
            const range = document.createRange();
            range.setStart(texts.currentNode, word.index);
            range.setEnd(texts.currentNode, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) broken.push(word[0]);
        }
    return broken;
})"""


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("width", [390, 768, 970])
def test_no_word_of_a_button_or_heading_is_broken(
    open_page: OpenPage, fresh: Stack, width: int, *, javascript: bool
) -> None:
    page = open_page(width=width, javascript=javascript)
    company = fresh.company("qbo")
    for path in (
        "/companies/",
        links.customers(company),
        links.customer(company, "39"),
        links.edit(company, "39"),
        links.writes(company),
        links.settings(),
    ):
        page.goto(path)
        assert page.evaluate(_BROKEN_WORDS) == [], path


@pytest.mark.parametrize("width", [390, 1440])
def test_every_button_and_link_of_an_icon_can_be_hit(
    open_page: OpenPage, fresh: Stack, width: int
) -> None:
    page = open_page(width=width)
    for path in main_pages(page, fresh):
        page.goto(path)
        expect(page.locator(".htmx-request")).to_have_count(0)
        assert page.evaluate(_SMALL_ICONS) == [], path
