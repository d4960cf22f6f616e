"""What scripts add to the pages of imports: drop, paste, what is typed during a renewal; and their layout, with axe."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack
from tests.browser.test_layout import _STICKING_OUT, check_layout
from tests.support.pages.accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PATIENCE = 60_000
# Two rows are wrong in one way, one may be a customer of the sandbox.
CELLS = "\n".join(
    "\t".join(row)
    for row in (
        ("Firm", "E-mail", "Status", "Notes"),
        ("Alder & Finch", "office@alder.example", "Active", "x"),
        ("Birch & Daughters", "office@birch.example", "Activ", "x"),
        ("Cedar & Sons", "office@cedar.example", "Activ", "x"),
    )
)
_DROP = """([text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.tsv", { type: "text/tab-separated-values" }));
    for (const type of ["dragover", "drop"])
        document.body.dispatchEvent(
            new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
}"""
_PASTE = """([text]) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    document.querySelector("h1").dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData: data }));
}"""


def columns(page: Page, stack: Stack) -> None:
    """Paste cells, and wait until they are read."""
    page.goto(links.new_import(stack.company("qbo")))
    page.get_by_label("Cells from a spreadsheet").fill(CELLS)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#check-rows")).to_be_visible(timeout=PATIENCE)


def problems(page: Page, stack: Stack) -> None:
    """Have them checked."""
    columns(page, stack)
    page.locator("#check-rows").click()
    expect(page.locator("#send")).to_be_visible(timeout=PATIENCE)


def test_a_file_is_dropped_anywhere_on_the_page(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.new_import(fresh.company("qbo")))
    page.evaluate(_DROP, [CELLS])
    page.wait_for_url("**/imports/*-*/")
    expect(page.locator("#import-lead")).to_contain_text("dropped.tsv")


def test_cells_are_pasted_anywhere_on_the_page(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.new_import(fresh.company("qbo")))
    page.evaluate(_PASTE, [CELLS])
    expect(page.get_by_label("Cells from a spreadsheet")).to_have_value(CELLS)


def test_a_file_that_is_too_large_is_not_sent(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.new_import(fresh.company("qbo")))
    page.locator("#form").evaluate("form => { form.dataset.maxSize = 10; }")
    file = FilePayload(name="a.csv", mimeType="text/csv", buffer=CELLS.encode())
    page.locator("#file").set_input_files(file)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_role("button", name="Upload").click()
    assert (
        page.locator("#file")
        .evaluate("field => field.validationMessage")
        .startswith("The file is too large")
    )
    assert "POST" not in sent


def test_what_is_typed_survives_what_renews_itself(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    problems(page, fresh)
    group = page.locator(".problem-group").first
    group.locator("select[id^='cell-4.']").select_option("Archived")
    page.get_by_label("Word that clears a value").evaluate("field => { field.value = 'nil'; }")
    # The row above is left out; the page is renewed.
    page.locator("#leave-3").click()
    expect(page.locator("#tab-left_out")).to_contain_text("1", timeout=PATIENCE)
    expect(page.locator("#clear-word")).to_have_value("nil")
    expect(page.locator("select[id^='cell-4.']")).to_have_value("Archived")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_no_page_of_imports_sticks_out_or_has_a_violation(
    open_page: OpenPage, fresh: Stack, width: int, scheme: str
) -> None:
    page = open_page(width=width, color_scheme=scheme)
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        check_layout(page, name)
        assert page.evaluate(_STICKING_OUT) == [], name
        if lines := violations(page):
            found[name] = lines

    page.goto(links.new_import(fresh.company("qbo")))
    look("upload")
    columns(page, fresh)
    page.locator("#file-settings > summary").click()
    look("columns")
    page.locator("#column-0").select_option("")
    page.locator("#column-1").select_option("")
    page.locator("#column-2").select_option("")
    page.locator("#check-rows").click()
    expect(page.locator("#columns-summary")).to_be_visible()
    look("columns, errors")
    problems(page, fresh)
    look("problems")
    page.locator("#tab-new").click()
    page.wait_for_url(re.compile("show=new"))
    look("new rows")
    page.goto(links.imports())
    look("list")
    assert not found, found
