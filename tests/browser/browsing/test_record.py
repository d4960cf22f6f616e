"""The page of a customer in a browser: a field edited in its place, its state, undo, keys, a narrow screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key
from tests.support.pages.accessibility import violations

pytestmark = pytest.mark.browser
CODE = "addresses.b0.postalCode"


def cell(page: Page, path: str) -> Locator:
    """The place of a field."""
    return page.locator(f'[id="field-{path}"]')


def change_entry(page: Page) -> Locator:
    """The newest change of the timeline. The sync that confirms a change is newer than it."""
    return page.locator("#timeline .entry").filter(has_not_text="Synced from").first


def open_customer(page: Page, stack: Stack, key: str = "xero") -> str:
    """The page of the first customer of a company that has a postal code; its address."""
    page.goto(links.customers(stack.company(key)))
    for link in page.locator("#results tbody a").all()[:20]:
        page.goto(str(link.get_attribute("href")))
        if cell(page, CODE).count():
            return page.url
        page.go_back()
    raise AssertionError("no customer has a postal code")


def send_phone(page: Page) -> Locator:
    """Send another phone number in its place; its cell."""
    phone = cell(page, "phone")
    phone.hover()
    phone.get_by_role("link", name="Edit").click()
    phone.get_by_role("textbox").fill("+44 1632 960954")
    press_key(page, "Enter")
    return phone


def open_until(page: Page, address: str, text: str) -> None:
    """Open a page until its timeline has a text: what is sent while a page is left arrives a little later."""
    for _ in range(20):
        page.goto(address)
        if text in (page.locator("#timeline").text_content() or ""):
            return
        page.wait_for_load_state("networkidle")
    raise AssertionError(f"the timeline does not say {text!r}")


def counted_clicks(page: Page) -> Callable[[], int]:
    """Counts what a person presses with the pointer."""
    page.evaluate(
        "() => { document.body.dataset.clicks = 0;"
        " addEventListener('click', (e) => { if (e.detail) document.body.dataset.clicks++; }, true); }"
    )
    return lambda: int(str(page.locator("body").get_attribute("data-clicks")))


def test_a_postal_code_is_corrected_and_confirmed_with_two_clicks(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    address = open_customer(page, fresh)
    clicks = counted_clicks(page)
    code = cell(page, CODE)
    code.hover()
    code.get_by_role("link", name="Edit").click()
    expect(code.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("ZZ99 4AB")  # What was there is selected.
    code.get_by_role("button", name="Save").click()
    expect(code).to_contain_text("ZZ99 4AB")
    expect(code.get_by_role("button", name="Undo")).to_be_visible()
    expect(code).to_contain_text("Confirmed")
    expect(page.locator("#timeline")).to_contain_text("Address 1, Postal code")
    expect(change_entry(page)).to_contain_text("Confirmed")
    assert page.url == address
    assert clicks() == 2


def test_a_change_is_undone_with_one_click(open_page: OpenPage, fresh: Stack) -> None:
    # QuickBooks refuses an undo between the end of the change and the sync that reads it: so both run at once.
    fresh.tell("POST", "settings", push_delay=3600)
    page = open_page()
    open_customer(page, fresh)
    phone = cell(page, "phone")
    before = phone.locator(".cell-value").inner_text()
    send_phone(page)
    clicks = counted_clicks(page)
    phone.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Undo sent.")
    fresh.tell("POST", "settle")
    expect(change_entry(page)).to_contain_text("You undid Phone")
    assert clicks() == 1
    expect(phone.locator(".cell-value")).to_have_text(before)
    expect(phone).to_contain_text("Confirmed")


def send_pending_phone(page: Page, stack: Stack) -> Locator:
    """A change of the phone number that stays pending; its cell."""
    stack.tell("POST", "settings", push_delay=3600)
    open_customer(page, stack)
    phone = send_phone(page)
    expect(phone.get_by_role("button", name="Undo")).to_be_visible()
    return phone


def test_an_undo_is_answered_in_its_place_while_the_change_is_confirmed(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    phone = send_pending_phone(page, fresh)

    def confirm_first(post: Route) -> None:
        response = post.fetch()
        fresh.tell("POST", "settle")
        expect(change_entry(page)).to_contain_text("Confirmed")
        post.fulfill(response=response)

    page.route("**/undo/**", confirm_first)
    phone.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Undo sent.")
    fresh.tell("POST", "settle")
    expect(change_entry(page)).to_contain_text("You undid Phone")
    expect(phone).to_contain_text("Confirmed")


def test_a_poll_that_a_newer_page_overtakes_is_left(open_page: OpenPage, fresh: Stack) -> None:
    # The test fails where the late response is looked at: a part of it has no place, and htmx logs an error.
    page = open_page()
    phone = send_pending_phone(page, fresh)

    def renew_first(poll: Route) -> None:
        page.evaluate(
            """() => {
              document.getElementById("pending-changes").dataset.old = "";
              htmx.trigger(document.body, "customers-refreshed");
            }"""
        )
        expect(page.locator("[data-old]")).to_have_count(0)
        poll.continue_()

    with page.expect_event("requestfinished", lambda request: "/pending/" in request.url):
        page.route("**/pending/**", renew_first, times=1)
    fresh.tell("POST", "settle")
    expect(phone).to_contain_text("Confirmed")


def test_undo_leaves_the_field_after_its_seconds_and_stays_in_the_timeline(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.clock.install()
    open_customer(page, fresh)
    phone = send_phone(page)
    expect(phone.get_by_role("button", name="Undo")).to_be_visible()
    page.mouse.move(0, 0)
    page.clock.fast_forward(11_000)
    expect(phone.get_by_role("button", name="Undo")).to_have_count(0)
    expect(change_entry(page).get_by_role("button", name="Undo")).to_be_visible()


def test_the_keyboard_alone_is_enough(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    open_customer(page, fresh)
    # `e` opens the first field, Escape leaves it; the focus is on its pencil.
    press_key(page, "e")
    expect(page.locator(".field-edit")).to_be_visible()
    page.keyboard.type("x")
    press_key(page, "Escape")
    expect(page.locator(".field-edit")).to_have_count(0)
    expect(cell(page, "customerName").locator(".pencil")).to_be_focused()
    # The next one by Tab.
    phone = cell(page, "phone")
    for _ in range(30):
        press_key(page, "Tab")
        if phone.locator(".pencil").evaluate("element => element === document.activeElement"):
            break
    expect(phone.locator(".pencil")).to_be_focused()
    press_key(page, "e")
    expect(phone.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("+44 1632 960956")
    press_key(page, "Enter")
    expect(phone).to_contain_text("+44 1632 960956")
    expect(phone.locator(".pencil")).to_be_focused()


def test_what_is_typed_before_the_input_arrives_is_typed_into_it(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.goto(links.customers(fresh.company("qbo")) + "?q=a")
    page.locator("#results tbody a").first.click()
    expect(page.get_by_role("link", name="Next customer")).to_be_visible()
    address = page.url
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/field/**", hold)
    name = cell(page, "customerName")
    name.locator(".pencil").focus()
    with page.expect_request("**/field/**"):
        press_key(page, "e")
    page.keyboard.type("jkx? No")
    press_key(page, "Backspace")
    press_key(page, "Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(held) == 1
    held[0].continue_()
    box = name.get_by_role("textbox")
    expect(box).to_have_value("jkx? N")
    page.keyboard.type("ew")
    expect(box).to_have_value("jkx? New")
    assert page.url == address
    press_key(page, "Escape")
    # Nothing is kept for later where no input came.
    page.unroute("**/field/**")
    page.route("**/field/**", lambda route: route.abort())
    name.locator(".pencil").press("Enter")
    expect(page.locator("#connection-lost")).to_be_visible()
    press_key(page, "j")
    expect(page).not_to_have_url(address)


def test_a_list_of_options_is_sent_by_enter_too(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    open_customer(page, fresh, "qbo")
    status = cell(page, "status")
    status.hover()
    status.get_by_role("link", name="Edit").click()
    options = status.get_by_role("combobox")
    current, values = options.input_value(), options.locator("option").all()
    other = next(
        value for option in values if (value := option.get_attribute("value")) not in ("", current)
    )
    options.select_option(other)
    options.press("Enter")
    expect(status.locator("ins, .new")).not_to_have_count(0)
    expect(status.locator(".state-mark")).to_be_visible()


def test_an_error_stands_at_the_field_and_nothing_typed_is_lost(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    open_customer(page, fresh)
    name = cell(page, "customerName")
    name.hover()
    name.get_by_role("link", name="Edit").click()
    name.get_by_role("textbox").fill("")
    press_key(page, "Enter")
    expect(name.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    expect(name.get_by_role("textbox")).to_be_focused()
    press_key(page, "Escape")

    fresh.tell("POST", "faults", match="/data/customers", kind="status", status=503, count=9)
    phone = cell(page, "phone")
    phone.hover()
    phone.get_by_role("link", name="Edit").click()
    expect(phone).to_contain_text("Codat returned an error")
    fresh.tell("DELETE", "faults")
    phone.get_by_role("button", name="Try again").click()
    phone.get_by_role("textbox").fill("+44 1632 960957")
    fresh.tell("POST", "faults", match="/data/customers", kind="status", status=503, count=9)
    press_key(page, "Enter")
    expect(phone).to_contain_text("Nothing was sent.")
    expect(phone.get_by_role("textbox")).to_have_value("+44 1632 960957")
    fresh.tell("DELETE", "faults")
    phone.get_by_role("button", name="Save again").click()
    expect(phone).to_contain_text("+44 1632 960957")
    expect(phone.locator(".state-mark")).to_be_visible()


def test_an_open_field_stays_while_the_page_loads_its_record_again(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    open_customer(page, fresh)
    phone, code = cell(page, "phone"), cell(page, CODE)
    code.hover()
    code.get_by_role("link", name="Edit").click()
    code.get_by_role("textbox").fill("ZZ99 4AC")
    press_key(page, "Enter")
    expect(code.locator(".state-mark")).to_be_visible()
    phone.hover()
    phone.get_by_role("link", name="Edit").click()
    phone.get_by_role("textbox").fill("typed")
    # The change is confirmed meanwhile: the timeline says so, and the field stays open.
    expect(change_entry(page)).to_contain_text("Confirmed")
    expect(phone.get_by_role("textbox")).to_have_value("typed")
    press_key(page, "Escape")
    expect(code).to_contain_text("Confirmed")


def test_what_was_typed_is_a_draft_when_the_page_is_left(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    address = open_customer(page, fresh)
    phone = cell(page, "phone")
    phone.hover()
    phone.get_by_role("link", name="Edit").click()
    phone.get_by_role("textbox").fill("+44 1632 960958")
    page.goto("/companies/")
    open_until(page, address, "Your draft, not sent.")
    page.locator("#timeline").get_by_role("link", name="Open").click()
    expect(page.get_by_label("Phone", exact=True)).to_have_value("+44 1632 960958")


def test_without_scripts_a_pencil_opens_the_form_at_its_field_and_undo_is_a_button(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page(javascript=False)
    open_customer(page, fresh)
    cell(page, CODE).hover()
    cell(page, CODE).get_by_role("link", name="Edit").click()
    field = page.locator(f'[id="f-{CODE}"]')
    expect(field).to_be_focused()
    field.fill("ZZ99 4AD")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/writes/**")
    expect(page.locator("#write-facts + dl")).to_contain_text("Undoes")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_and_an_open_field_have_no_violation(
    open_page: OpenPage, fresh: Stack, scheme: str
) -> None:
    page = open_page(width=390, color_scheme=scheme)
    open_customer(page, fresh)
    phone = cell(page, "phone")
    phone.get_by_role("link", name="Edit").click()
    expect(phone.get_by_role("textbox")).to_be_focused()
    check(page)
    phone.get_by_role("textbox").fill("+44 1632 960959")
    press_key(page, "Enter")
    expect(phone.locator(".state-mark")).to_be_visible()
    expect(change_entry(page)).to_contain_text("Phone")
    check(page)


def check(page: Page) -> None:
    """axe finds nothing, and the page does not scroll sideways."""
    assert not violations(page)
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def test_a_customer_is_printed_without_its_buttons_and_its_timeline(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    open_customer(page, fresh)
    page.emulate_media(media="print")
    expect(cell(page, "phone")).to_be_visible()
    for hidden in (".pencil", ".copy", "#timeline", ".page-head .actions", ".record-add"):
        for place in page.locator(hidden).all():
            expect(place).to_be_hidden()
    pages = page.pdf(format="A4").count(b"/Type /Page\n")
    assert pages <= 1
