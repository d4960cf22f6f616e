"""The search over all companies in a browser: the box of every page by its keys, and the page of results."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from customers.models import IndexedCompany
from customers.web import links
from sandbox import Sandbox
from tests.browser.conftest import editor_page, press_key
from tests.support.pages.accessibility import violations
from tests.support.searching import searched_companies

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240), pytest.mark.usefixtures("has_index")]

SUGGESTIONS = "**/search/suggestions/**"


@pytest.fixture
def companies(sandbox: Sandbox, live: str, editor: User) -> dict[str, IndexedCompany]:
    return searched_companies(sandbox)


@pytest.fixture
def context(
    chromium: Browser,
    live: str,
    companies: dict[str, IndexedCompany],
    request: pytest.FixtureRequest,
) -> Iterator[BrowserContext]:
    options = getattr(request, "param", {"viewport": {"width": 1440, "height": 900}})
    opened = chromium.new_context(base_url=live, **options)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return editor_page(context)


def box(page: Page) -> Page:
    """The page with its search box open."""
    press_key(page, "Control+k")
    expect(page.locator("#palette-q")).to_be_focused()
    expect(page.locator("#palette-list")).to_be_visible()
    return page


def typed(page: Page, text: str) -> None:
    page.locator("#palette-q").fill(text)
    expect(page.locator("#palette-count")).to_have_text(re.compile(r"\d results?"))


def test_keys_open_choose_edit_and_close(page: Page, companies: dict[str, IndexedCompany]) -> None:
    company_id = companies["harbour"].company_id
    page.locator("#q").focus()
    box(page)
    typed(page, "beacon p")
    chosen = page.locator("#palette [aria-selected=true]")
    expect(chosen).to_contain_text("Beacon Printers")
    expect(page.locator("#palette-q")).to_have_attribute(
        "aria-activedescendant", str(chosen.get_attribute("id"))
    )
    expect(page.locator("#palette-q")).to_have_attribute("aria-expanded", "true")
    press_key(page, "ArrowDown")
    expect(chosen).to_contain_text("All customers that match")
    press_key(page, "ArrowUp")
    press_key(page, "ArrowUp")
    expect(chosen).to_contain_text("New customer in")
    press_key(page, "Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#q")).to_be_focused()

    box(page)
    typed(page, "beacon p")
    press_key(page, "Enter")
    page.wait_for_url(f"**{links.customer(company_id, '39')}?found=*")
    page.get_by_role("link", name="Back to search for “beacon p”").click()
    page.wait_for_url("**/search/?q=beacon*")
    box(page)
    typed(page, "beacon printers")
    press_key(page, "Shift+Enter")
    page.wait_for_url(f"**{links.edit(company_id, '39')}?found=*")


def test_it_opens_while_somebody_types_and_with_letters_switched_off(page: Page) -> None:
    page.evaluate("document.documentElement.dataset.shortcuts = 'off'")
    page.locator("#q").fill("typed")
    box(page)
    press_key(page, "Escape")
    expect(page.locator("#q")).to_have_value("typed")


def test_enter_waits_for_the_answer_to_what_was_typed(
    page: Page, companies: dict[str, IndexedCompany]
) -> None:
    box(page)
    typed(page, "cedar")
    page.locator("#palette-q").fill("beacon street")
    press_key(page, "Enter")
    page.wait_for_url(f"**{links.customer(companies['old'].company_id, 'C00001')}?found=*")


def test_the_answer_to_the_latest_text_wins(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "q=cedar" in route.request.url:
            held.append(route)
        else:
            route.continue_()

    box(page)
    page.route(SUGGESTIONS, hold)
    with page.expect_request(re.compile("q=cedar")):
        page.locator("#palette-q").fill("cedar")
    typed(page, "beacon p")
    for route in held:
        route.abort()
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Beacon Printers")


def test_a_search_that_fails_is_said(page: Page) -> None:
    box(page)
    page.route(SUGGESTIONS, lambda route: route.abort())
    page.locator("#palette-q").fill("beacon")
    expect(page.locator("#palette-count")).to_have_text("The search is not available now")


def test_ticks_of_one_company_make_its_batch(
    page: Page, companies: dict[str, IndexedCompany]
) -> None:
    page.goto("/search/?q=beacon")
    form = page.get_by_role("form", name="Harbour Lights Ltd")
    expect(form.get_by_role("button", name="Edit ticked")).to_be_disabled()
    page.get_by_label("Select Beacon Printers").check()
    page.get_by_label("Select Beacon Street Café").check()
    expect(page.get_by_role("link", name="2 ticked: edit or export")).to_be_visible()
    form.get_by_role("button", name="Edit 1 ticked").click()
    page.wait_for_url(f"**{links.new_batch(companies['harbour'].company_id)}**")
    expect(page.get_by_role("main")).to_contain_text("1 customer")


def test_a_double_click_asks_for_one_file(page: Page) -> None:
    page.goto("/search/?q=beacon")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    button = page.get_by_role("button", name="as one file")
    with page.expect_download() as started:
        button.dblclick()
    assert started.value.suggested_filename.startswith("customers-found-")
    assert started.value.failure() is None
    posts = [each for each in asked if each.startswith("POST")]
    assert len(posts) == 1
    # The page says of a page that is left that it waits, and of a file nothing.
    expect(page.locator("#waiting")).to_be_hidden()


@pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
        {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    ],
    indirect=True,
    ids=["wide", "narrow"],
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page: Page) -> None:
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        if lines := violations(page):
            found[name] = lines
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.setdefault(name, []).append("the page scrolls sideways")

    for url in ("/search/", "/search/?q=beacon", "/search/?q=nothing-like-it&status=Active"):
        page.goto(url)
        look(url)
    box(page)
    look("box, empty")
    for text in ("beacon", "nothing-like-it"):
        typed(page, text)
        look(f"box, {text}")
    assert not found, found


@pytest.mark.parametrize(
    "context",
    [{"java_script_enabled": False, "viewport": {"width": 390, "height": 844}}],
    indirect=True,
    ids=["plain"],
)
def test_without_scripts_a_link_leads_to_the_page(page: Page) -> None:
    page.get_by_role("link", name="Search all companies").click()
    page.wait_for_url("**/search/")
    page.get_by_label("Search", exact=True).fill("beacon")
    page.get_by_role("checkbox", name="No tax number").check()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/search/?q=beacon**lacks=tax_number**")
    expect(page.get_by_role("link", name="Beacon Printers")).to_be_visible()
    expect(page.get_by_role("link", name="Beacon Street Café")).to_have_count(0)
    page.get_by_label("Select Beacon Printers").check()
    page.get_by_role("button", name="Export ticked").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Export")
