"""An export in a browser: what is ticked, how far it is, a file that breaks off, and all of it without scripts."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, Route, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, wait_for_scripts

pytestmark = pytest.mark.browser

BOXES = ".customers tbody input[name=id]"


def customers_in(download: Download) -> list[list[str]]:
    """The rows of the customers in an archive, with their headings."""
    with zipfile.ZipFile(Path(download.path())) as archive:
        text = archive.read("Customers.csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def press(page: Page) -> Download:
    wait_for_scripts(page)
    with page.expect_download() as started:
        page.locator("#start-export").click()
    return started.value


def test_ticked_rows_of_two_pages(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")) + "?page_size=10")
    page.locator(BOXES).nth(1).check()
    page.locator(BOXES).nth(4).check()
    page.locator("#page-next").click()
    expect(page).to_have_url(re.compile("page=2"))
    page.locator(BOXES).nth(0).check()
    page.locator(".selection-bar").get_by_role("button", name="Export 3").click()
    expect(page.locator("h1")).to_have_text("Export 3 customers")
    page.get_by_label("CSV, exact").check()
    rows = customers_in(press(page))
    assert len(rows) == 4
    expect(page.locator("#exported h2")).to_have_text("Exported 3 customers")
    expect(page.locator("#announce")).to_have_text("Exported 3 customers")
    # The page is still there, for another one with other choices.
    page.get_by_label("JSON lines").check()
    expect(page.get_by_text("Numbered columns")).to_be_hidden()
    assert press(page).suggested_filename.endswith(".zip")


def test_all_that_match(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")) + "?page_size=10&status=Active")
    total = re.findall(r"\d+", page.locator("#count").inner_text())[0]
    page.locator("#tick-page").check()
    page.get_by_role("button", name=f"Select all {total}").click()
    page.locator(".selection-bar").get_by_role("link", name=f"Export {total}").click()
    expect(page.locator("h1")).to_have_text(f"Export {total} customers")
    expect(page.locator(".lead")).to_contain_text("Status: Active")


def test_the_page_says_how_far_it_is(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    fresh.tell("POST", "faults", match="page=[3-5]&", kind="delay", count=9, seconds=2.5)
    page.goto(links.export(fresh.company("big"), is_all=True))
    page.get_by_label("CSV for Excel").check()
    download = press(page)
    expect(page.locator("#exported")).to_contain_text(
        re.compile(r"[123],000 of 4,\d+ customers written")
    )
    expect(page.locator("#exported progress")).to_be_visible()
    expect(page.locator("#start-export")).to_be_disabled()
    expect(page.locator("#exported h2")).to_have_text(
        re.compile(r"Exported 4,\d+ customers"), timeout=30_000
    )
    expect(page.locator("#start-export")).to_be_enabled()
    assert download.failure() is None
    assert len(customers_in(download)) > 4000
    # Nothing says that the page waits for Codat any more.
    expect(page.locator("#waiting")).to_be_hidden()


def test_a_request_that_fails_does_not_end_the_following(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.export(fresh.company("qbo"), is_all=True))
    progress = re.compile(r"/exports/")
    failed: list[str] = []

    def fail_twice(route: Route) -> None:
        if len(failed) == 2:
            route.continue_()
            return
        failed.append(route.request.url)
        route.abort()

    page.route(progress, fail_twice)
    assert press(page).failure() is None
    expect(page.locator("#exported h2")).to_have_text(re.compile(r"Exported \d+ customers"))
    assert len(failed) == 2
    expect(page.locator("#start-export")).to_be_enabled()


def test_a_file_that_breaks_off(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    fresh.tell("POST", "faults", match="page=3&", kind="status", status=500, count=9)
    page.goto(links.export(fresh.company("big"), is_all=True))
    page.get_by_label("CSV for Excel").check()
    download = press(page)
    assert download.failure()
    expect(page.locator("#exported h2")).to_have_text("The export was interrupted")
    expect(page.locator("#exported")).to_contain_text("Do not use the file")
    expect(page.locator("#start-export")).to_be_enabled()


def test_a_workbook_that_cannot_be_made(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    fresh.tell("POST", "faults", match="page=3&", kind="status", status=500, count=9)
    page.goto(links.export(fresh.company("big"), is_all=True))
    page.locator("#start-export").click()
    expect(page.locator("#form-summary")).to_contain_text("Nothing was exported.")
    fresh.tell("DELETE", "faults")
    assert press(page).suggested_filename.endswith(".xlsx")


@pytest.mark.parametrize("width", [390, 1280])
def test_without_scripts(open_page: OpenPage, fresh: Stack, width: int) -> None:
    page = open_page(javascript=False, width=width)
    page.goto(links.customers(fresh.company("qbo")))
    page.locator(BOXES).nth(0).check()
    page.locator(BOXES).nth(2).check()
    page.get_by_role("button", name="Export ticked").click()
    expect(page.locator("h1")).to_have_text("Export 2 customers")
    phone = page.get_by_label("Phone", exact=True)
    expect(phone).to_be_hidden()
    page.get_by_role("radio", name="My own").check()
    expect(phone).to_be_visible()
    ticked = page.locator(".own-columns input:checked")
    while ticked.count():
        ticked.first.uncheck()
    phone.check()
    page.get_by_label("CSV, exact").check()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    rows = customers_in(press(page))
    assert rows[0] == ["Customer ID", "Phone"]
    assert len(rows) == 3
    page.goto(links.exports())
    expect(page.locator("#exports")).to_contain_text("2 of 2")
    page.get_by_role("link", name="2 selected").click()
    expect(page.locator("#exported h2")).to_have_text("Exported 2 customers")
