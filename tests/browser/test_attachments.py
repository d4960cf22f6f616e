"""Attachments in the browser: previews, previous and next by keyboard, and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key
from tests.support.pages.accessibility import violations

pytestmark = pytest.mark.browser


def test_previous_and_next_with_the_arrow_keys(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.attachments(fresh.company("files"), "thirty") + "?order_by=-name&kind=pdf")
    page.get_by_role("link", name="Invoice 0027.pdf", exact=True).click()
    heading = page.locator("#attachments h2")
    expect(heading).to_have_text("Invoice 0027.pdf")
    expect(page).to_have_title("Invoice 0027.pdf · Attachments · Orchard Paper Archive · Customers")
    press_key(page, "ArrowRight")
    expect(heading).to_have_text("Invoice 0024.pdf")
    expect(page).to_have_url(re.compile(r"/0024/\?kind=pdf&order_by=-name$"))
    expect(page.locator("#announce")).to_have_text("Invoice 0024.pdf, 3 of 10")
    press_key(page, "ArrowLeft")
    press_key(page, "Control+ArrowLeft")
    expect(heading).to_have_text("Invoice 0027.pdf")
    # The activated link keeps the focus where the next page has it too.
    page.locator("#file-next").press("Enter")
    expect(heading).to_have_text("Invoice 0024.pdf")
    expect(page.locator("#file-next")).to_be_focused()
    page.go_back()
    expect(heading).to_have_text("Invoice 0027.pdf")


def test_arrow_key_directly_after_a_swap(open_page: OpenPage, fresh: Stack) -> None:
    """HTMX processes new content without delay; until then its links would load a whole page."""
    page = open_page()
    page.goto(links.attachments(fresh.company("files"), "thirty") + "?order_by=-name&kind=pdf")
    page.evaluate(
        """document.addEventListener("htmx:afterSwap", () => setTimeout(() =>
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }))
        ), { once: true })"""
    )
    page.get_by_role("link", name="Invoice 0027.pdf", exact=True).click()
    expect(page.locator("#attachments h2")).to_have_text("Invoice 0024.pdf")
    expect(page.locator("#announce")).to_have_text("Invoice 0024.pdf, 3 of 10")


def test_arrow_key_in_a_scrollable_region(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    path = links.attachment(fresh.company("files"), "kinds", "text")
    page.goto(path)
    page.locator("pre.shown").focus()
    press_key(page, "ArrowRight")
    page.wait_for_timeout(300)
    assert page.url.endswith(path)


def test_pdf_is_drawn_on_demand_and_runs_no_script(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    prompts: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        prompts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.goto(links.attachment(fresh.company("files"), "scripts", "pdf"))
    expect(page.locator("canvas, iframe")).to_have_count(0)
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_role("img", name="Page 1 of 2")).to_be_visible()
    expect(page.locator(".pdf-page[data-drawn]").first).to_contain_text("Statement Page 1")
    dark = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value, index) => index % 4 < 3 && value < 100);
    }"""
    assert page.locator("canvas").first.evaluate(dark)
    expect(page.get_by_role("region", name="statement.pdf")).to_be_focused()
    page.get_by_role("region", name="statement.pdf").press("End")
    expect(page.get_by_role("img", name="Page 2 of 2")).to_be_visible()
    assert len(page.frames) == 1
    assert not prompts


def test_pdf_that_cannot_be_drawn(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.attachment(fresh.company("files"), "kinds", "pdf"))
    fresh.tell("POST", "faults", match="/download", kind="status", status=503, count=-1)
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_text("The preview failed.")).to_be_visible()
    fresh.tell("DELETE", "faults")
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_role("img", name="Page 1 of 3")).to_be_visible()


def test_active_content_is_not_previewed(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.attachment(fresh.company("files"), "lies", "svg-is-png"))
    expect(page.get_by_text("File type mismatch.")).to_be_visible()
    expect(page.locator("iframe, .shown img")).to_have_count(0)


def test_without_javascript(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page(javascript=False)
    page.goto(links.attachments(fresh.company("files"), "thirty"))
    page.get_by_label("File type").select_option("image")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("10 of 30 attachments")).to_be_visible()
    page.get_by_role("link", name="Size").click()
    page.get_by_role("link", name="receipt-0001.png", exact=True).click()
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".shown img")).to_be_visible()
    assert "kind=image" in page.url
    with page.expect_download() as saved:
        page.locator("#file-download").click()
    assert saved.value.suggested_filename.startswith("receipt-")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_accessibility_and_layout(
    open_page: OpenPage, fresh: Stack, scheme: str, width: int
) -> None:
    page = open_page(color_scheme=scheme, width=width)
    company = fresh.company("files")
    problems: dict[str, list[str]] = {}
    for path in (
        links.attachments(company, "kinds") + "?thumbnails=show&q=o",
        links.attachments(company, "kinds") + "?q=nothing-like-it",
        links.attachment(company, "kinds", "pdf"),
        links.attachment(company, "kinds", "png"),
        links.attachment(company, "kinds", "text"),
        links.attachment(company, "lies", "png-is-html"),
        links.preview(company, "kinds", "svg"),
    ):
        page.goto(path)
        if found := violations(page):
            problems[path] = found
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            problems.setdefault(path, []).append("the page scrolls sideways")
    assert not problems
