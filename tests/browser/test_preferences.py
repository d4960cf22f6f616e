"""The reader's settings and the keyboard shortcuts in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key

pytestmark = pytest.mark.browser

GROUND = "getComputedStyle(document.body).backgroundColor"
WHITE = "rgb(255, 255, 255)"


@pytest.fixture
def open_settings(open_page: OpenPage) -> Iterator[OpenPage]:
    """Open a browser; afterwards the demo user has the default settings again, for the other tests."""
    pages: list[Page] = []

    def opened(**how: Any) -> Page:
        pages.append(open_page(**how))
        return pages[-1]

    yield opened
    page = pages[0]
    page.goto(links.settings())
    page.get_by_label("Time zone").select_option("")
    page.get_by_label("Formats").select_option("")
    page.get_by_label("System").check()
    page.get_by_label("Comfortable").check()
    page.get_by_label("Shortcuts with one key").check()
    save(page)


def save(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Save settings").click()
    expect(page.locator("main .banner.good")).to_have_text(re.compile("^(Saved|Nothing)"))


def switch_off(page: Page) -> None:
    page.goto(links.settings())
    page.get_by_label("Shortcuts with one key").uncheck()
    save(page)


def row_height(page: Page) -> float:
    return float(page.evaluate("document.querySelector('tbody tr').getBoundingClientRect().height"))


@pytest.mark.parametrize("javascript", [True, False])
def test_a_theme_is_kept(open_settings: OpenPage, javascript: bool) -> None:
    page = open_settings(javascript=javascript)
    page.goto(links.settings())
    assert page.evaluate(GROUND) == WHITE
    page.get_by_label("Dark").check()
    save(page)
    page.goto(links.companies())
    assert page.evaluate(GROUND) != WHITE
    # The other way round: light, where the system is dark.
    page.emulate_media(color_scheme="dark")
    page.goto(links.settings())
    page.get_by_label("Light").check()
    save(page)
    page.goto(links.companies())
    assert page.evaluate(GROUND) == WHITE


def test_theme_and_density_are_shown_as_they_are_chosen(open_settings: OpenPage) -> None:
    page = open_settings()
    page.goto(links.settings())
    page.get_by_label("Dark").check()
    assert page.evaluate(GROUND) != WHITE
    page.get_by_label("Compact").check()
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    page.reload()
    assert page.evaluate(GROUND) == WHITE, "not saved, not kept"


def test_compact_rows_are_lower(open_settings: OpenPage, fresh: Stack) -> None:
    page = open_settings()
    page.goto(links.customers(fresh.company("qbo")))
    comfortable = row_height(page)
    page.goto(links.settings())
    page.get_by_label("Compact").check()
    save(page)
    page.goto(links.customers(fresh.company("qbo")))
    assert row_height(page) < comfortable


def test_this_browsers_time_zone_is_offered_and_previewed(open_settings: OpenPage) -> None:
    page = open_settings()
    page.context.new_cdp_session(page).send(
        "Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"}
    )
    page.goto(links.settings())
    expect(page.locator("#preview")).to_contain_text("UTC")
    button = page.get_by_role("button", name="Use this browser’s time zone (Asia/Tokyo)")
    button.click()
    expect(button).to_be_hidden()
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    expect(page.locator("#preview")).to_contain_text("JST")
    page.get_by_label("Formats").select_option(label="German (Germany)")
    expect(page.locator("#preview")).to_contain_text("1.234.567")
    save(page)
    page.goto(links.companies())
    title = page.locator("main time").first.get_attribute("title") or ""
    assert re.search(r"\d\d\.\d\d\.\d{4}, \d\d:\d\d JST = .* UTC$", title)


def test_a_draft_is_saved_at_the_readers_time(open_settings: OpenPage, fresh: Stack) -> None:
    page = open_settings()
    page.goto(links.settings())
    page.get_by_label("Time zone").select_option("Asia/Kathmandu")
    save(page)
    page.goto(links.edit(fresh.company("qbo"), "39"))
    page.get_by_label("Phone", exact=True).fill("1")
    expect(page.locator("#draft-status")).to_have_text(
        re.compile(r"Draft saved \d\d?:\d\d (GMT\+5:45|NPT)")
    )


def test_a_question_mark_lists_the_shortcuts_of_the_page(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")))
    press_key(page, "?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text(re.compile(r"/\s*Search"))
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    press_key(page, "/")
    press_key(page, "?")
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(page.locator("#q")).not_to_be_focused()
    press_key(page, "Escape")
    expect(dialog).to_have_count(0)
    press_key(page, "/")
    expect(page.locator("#q")).to_be_focused()


def test_the_form_lists_the_shortcuts_of_its_rows(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.edit(fresh.company("qbo"), "39"))
    page.locator("h1").click()
    press_key(page, "?")
    expect(page.get_by_role("dialog")).to_contain_text("Move the row up")


def test_no_key_works_while_somebody_types(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")))
    box = page.locator("#q")
    box.press_sequentially("a?/")
    expect(box).to_have_value("a?/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("select[name=status]").press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(
    "how",
    [
        {"key": "?", "isComposing": True},
        {"key": "?", "keyCode": 229},
        {"key": "?", "ctrlKey": True},
        {"key": "?", "altKey": True},
        {"key": "?", "metaKey": True},
        {"key": "/", "ctrlKey": True},
    ],
    ids=str,
)
def test_no_key_works_with_a_modifier_or_while_composing(
    open_page: OpenPage, fresh: Stack, how: dict[str, Any]
) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")))
    page.evaluate(
        "how => document.body.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, cancelable: true, ...how}))",
        how,
    )
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#q")).not_to_be_focused()


def test_keys_of_one_character_can_be_switched_off(open_settings: OpenPage, fresh: Stack) -> None:
    page = open_settings()
    switch_off(page)
    page.goto(links.customers(fresh.company("qbo")))
    press_key(page, "/")
    press_key(page, "?")
    expect(page.locator("#q")).not_to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)
    # The list is reached by the menu, and the arrow keys stay.
    page.locator("details.account summary").click()
    page.get_by_role("link", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog")).to_contain_text("Shortcuts with one key are off")
    page.goto(links.attachments(fresh.company("files"), "thirty"))
    page.locator("#attachments tbody a").first.click()
    page.locator(".file-view").wait_for()
    expect(page.get_by_role("link", name="Next", exact=True)).to_be_visible()
    title = page.locator(".file-view h2").first.inner_text()
    press_key(page, "ArrowRight")
    expect(page.locator(".file-view h2").first).not_to_have_text(title)


def test_any_element_may_name_its_key(open_page: OpenPage, fresh: Stack) -> None:
    """The first visible one is pressed, and only where it is not disabled."""
    page = open_page()
    page.goto(links.companies())
    page.evaluate(
        """() => {
            window.pressed = [];
            for (const [id, key, state] of [["a", "e", "hidden"], ["b", "e", "disabled"], ["c", "e", ""],
                                            ["d", "e", ""], ["s", "Control+s", ""]]) {
                const button = document.createElement("button");
                if (state) button[state] = true;
                button.textContent = `Button ${id}`;
                button.dataset.key = key;
                button.addEventListener("click", () => window.pressed.push(id));
                document.getElementById("main").append(button);
            }
        }"""
    )
    press_key(page, "e")
    press_key(page, "Shift+E")
    page.locator("#q").focus()
    press_key(page, "e")
    press_key(page, "Control+s")
    assert page.evaluate("window.pressed") == ["c", "s"]
    page.locator("h1").click()
    press_key(page, "?")
    expect(page.get_by_role("dialog")).to_contain_text("Button c")
    expect(page.get_by_role("dialog")).not_to_contain_text("Button a")


def test_all_shortcuts_have_a_page_without_scripts(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    page.goto(links.companies())
    page.locator("details.account summary").click()
    page.get_by_role("link", name="Keyboard shortcuts").click()
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Duplicate the row")
