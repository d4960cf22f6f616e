"""No page is wider than the window, and no text leaves its cell: at any width, in any font, with any spacing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

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
        links.settings(),
        links.shortcuts(),
    ):
        page.goto(path)
        check_layout(page, path)
        page.evaluate(_WIDE_SPACING)
        check_layout(page, f"{path} with wide spacing")
