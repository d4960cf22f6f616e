"""The form in a browser: rows, focus, keyboard, drafts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from customers.web import links
from tests.browser.conftest import HOME, OpenPage, Stack, press_key

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_page: OpenPage, fresh: Stack) -> Page:
    """The edit form of a customer with two addresses and a contact."""
    page = open_page()
    page.goto(links.edit(fresh.company("qbo"), "39"))
    return page


def open_row(page: Page, path: str) -> None:
    """Open a row that is closed."""
    page.locator(f'[id="f-{path}"] > summary').click()


def test_a_new_row_is_open_and_its_first_field_has_the_focus(page: Page) -> None:
    page.get_by_role("button", name="Add address").press("Enter")
    expect(page.locator('[name="f.addresses.n1.type"]')).to_be_focused()
    line = page.locator('[name="f.addresses.n1.line1"]')
    press_key(page, "Tab")
    expect(line).to_be_focused()
    page.keyboard.type("1 New Street")
    expect(line).to_have_value("1 New Street")


def test_undo_takes_the_focus_after_remove_and_restores_the_row(page: Page) -> None:
    city = page.locator('[name="f.addresses.b1.city"]')
    open_row(page, "addresses.b1")
    city.fill("Typed before")
    page.get_by_label("Actions for address 2").press("Enter")
    page.get_by_role("button", name="Remove address 2").press("Enter")
    undo = page.locator('button[value="undo:addresses:b1"]')
    expect(undo).to_be_focused()
    expect(city).to_be_hidden()
    undo.press("Enter")
    expect(city).to_have_value("Typed before")


def test_rows_move_by_keyboard_with_focus_and_values(page: Page) -> None:
    first = page.locator('[name="f.addresses.b0.line1"]')
    for path in ("addresses.b0", "addresses.b1"):
        open_row(page, path)
    first.fill("I was first")
    first.press("Alt+ArrowDown")
    expect(page.locator('[name="r.addresses"]')).to_have_value("b1,b0")
    expect(first).to_be_focused()
    expect(first).to_have_value("I was first")
    boxes = [
        page.locator(f'[name="f.addresses.{key}.line1"]').bounding_box() for key in ("b1", "b0")
    ]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] < boxes[1]["y"]


def test_the_error_summary_takes_the_focus_and_opens_closed_rows(page: Page) -> None:
    page.get_by_label("Customer name").fill("")
    number = page.locator('[name="f.contacts.b0.phone.b0.number"]')
    open_row(page, "contacts.b0")
    number.fill("")
    open_row(page, "contacts.b0")
    expect(number).to_be_hidden()
    page.locator("#save").click()
    summary = page.locator("#form-summary")
    expect(summary).to_be_focused()
    expect(number).to_be_visible()
    summary.get_by_role("link", name=re.compile("number")).click()
    expect(number).to_be_focused()
    expect(number).to_have_attribute("aria-invalid", "true")


def test_enter_saves_and_does_not_add_a_row(page: Page) -> None:
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0999")
    page.get_by_label("Phone", exact=True).press("Enter")
    page.wait_for_url("**/writes/**")


def test_a_double_click_writes_once(page: Page, fresh: Stack) -> None:
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0998")
    page.locator("#save").dblclick()
    page.wait_for_url("**/writes/**")
    sent = [call for call in fresh.tell("GET", "calls") if call["method"] == "PUT"]
    assert len(sent) == 1


def test_a_draft_is_saved_while_typing_and_offered_on_return(page: Page) -> None:
    page.get_by_label("Phone", exact=True).press_sequentially("555 draft")
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    address = page.url
    page.goto("/companies/")
    page.goto(address)
    page.get_by_role("link", name="Continue").first.click()
    expect(page.get_by_label("Phone", exact=True)).to_have_value(re.compile("555 draft"))


def test_of_two_concurrent_drafts_the_newer_one_is_stored(page: Page) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    phone, status = page.get_by_label("Phone", exact=True), page.locator("#draft-status")
    page.route("**/draft/**", hold_the_first)
    phone.fill("555 first")
    for _ in range(200):
        if not held:
            page.wait_for_timeout(50)
    assert held
    phone.fill("555 second")
    expect(status).to_contain_text("Draft saved")
    with page.expect_response("**/draft/**") as late:
        held[0].continue_()
    assert late.value.status == 409
    expect(status).to_contain_text("Draft saved")

    address = page.url
    page.goto("/companies/")
    page.goto(address)
    page.get_by_role("link", name="Continue").first.click()
    expect(page.get_by_label("Phone", exact=True)).to_have_value("555 second")


def test_a_draft_that_could_not_be_saved_is_tried_again(page: Page) -> None:
    page.route("**/draft/**", lambda route: route.abort(), times=1)
    page.get_by_label("Phone", exact=True).fill("555 again")
    status = page.locator("#draft-status")
    expect(status).to_contain_text("could not be saved")
    expect(status).to_contain_text("Draft saved")


def test_a_long_choice_is_searched_with_the_keyboard(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.new(fresh.company("zoho")))
    page.get_by_role("button", name="Add address").click()
    box = page.get_by_role("combobox", name=re.compile("Country")).first
    expect(box).to_have_attribute("aria-autocomplete", "list")
    box.focus()
    page.keyboard.type("icela")
    press_key(page, "ArrowDown")
    press_key(page, "Enter")
    chosen = page.locator('select[name="f.addresses.n1.country"]')
    assert chosen.evaluate("select => select.selectedOptions[0].text") == "Iceland"
    expect(box).to_have_value("Iceland")


def test_signing_in_again_elsewhere_does_not_lose_the_form(page: Page, fresh: Stack) -> None:
    page.get_by_label("Phone", exact=True).fill("+44 kept")
    session = [cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid"]
    assert session
    page.context.clear_cookies(name="sessionid")
    page.locator("#save").click()
    expect(page.locator("#form").get_by_text("You have been signed out")).to_be_visible()
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Sign in").click()
    other = popup.value
    other.get_by_label("User name").fill("demo")
    other.get_by_label("Password").fill("demo")
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(HOME)
    # The page's token is older than the new session; one press is enough nevertheless.
    page.get_by_role("button", name="Save again").click()
    page.wait_for_url("**/writes/**")
    (sent,) = [call for call in fresh.tell("GET", "calls") if call["method"] == "PUT"]
    assert "+44 kept" in sent["body"]


def test_a_poll_of_a_page_that_was_signed_out_leaves_the_form(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.clock.install()
    page.goto(links.edit(fresh.company("qbo"), "39"))
    other = page.context.new_page()
    other.goto("/companies/")
    other.locator("details.account > summary").click()
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/accounts/login/**")
    phone = page.get_by_label("Phone", exact=True)
    phone.fill("+44 stays")
    address = page.url
    with page.expect_response(re.compile("/writes/badge/")) as poll:
        page.clock.fast_forward(31_000)
    assert poll.value.status == 204
    banner = page.locator("#signed-out")
    expect(banner).to_be_visible()
    expect(phone).to_have_value("+44 stays")
    assert page.url == address

    with page.expect_popup() as popup:
        banner.get_by_role("link", name="Sign in").click()
    popup.value.get_by_label("User name").fill("demo")
    popup.value.get_by_label("Password").fill("demo")
    popup.value.get_by_role("button", name="Sign in").click()
    popup.value.wait_for_url(HOME)
    with page.expect_response(re.compile("/writes/badge/")):
        page.clock.fast_forward(31_000)
    expect(banner).to_be_hidden()
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")


def test_a_form_accepts_no_input_while_it_is_saved(page: Page, fresh: Stack) -> None:
    fresh.tell("POST", "faults", match="PUT .*/push/customers", kind="delay", seconds=60, count=1)
    address = links.edit(fresh.company("qbo"), "25")  # No other test leaves drafts here.
    page.goto(address)
    phone, email = page.get_by_label("Phone", exact=True), page.get_by_label("Email address")
    phone.fill("+44 20 7946 0998")
    before = email.input_value()
    page.locator("#save").click()
    expect(page.locator("#save")).to_have_text("Saving…")
    expect(page.locator("#draft-status")).to_have_text("Saving…")
    assert page.locator("#save").evaluate("b => getComputedStyle(b).backgroundColor") == (
        "rgba(0, 0, 0, 0)"
    )
    # Text typed now would be in no post and lost with the answer, so it does not appear.
    email.click(force=True)
    page.keyboard.type("lost@lost.example")
    assert email.input_value() == before
    fresh.tell("DELETE", "faults")
    page.wait_for_url("**/writes/**")
    page.goto(address)
    expect(page.get_by_text("Your drafts of this form")).to_have_count(0)


# Says when the page has dealt with the response to a draft.
_DRAFT_ANSWERED = """
const send = window.fetch;
window.fetch = async (...call) => {
  const response = await send(...call);
  setTimeout(() => { window.isDraftAnswered = true; });
  return response;
};
"""


def test_a_draft_that_is_stored_during_a_save_is_not_reported(page: Page, fresh: Stack) -> None:
    fresh.tell("POST", "faults", match="PUT .*/push/customers", kind="delay", seconds=60, count=1)
    page.add_init_script(_DRAFT_ANSWERED)
    page.goto(links.edit(fresh.company("qbo"), "25"))
    status = page.locator("#draft-status")

    def save_first(draft: Route) -> None:
        page.locator("#save").click()
        expect(status).to_have_text("Saving…")
        draft.continue_()

    page.route("**/draft/**", save_first)
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0997")
    page.wait_for_function("() => window.isDraftAnswered")
    expect(status).to_have_text("Saving…")
    fresh.tell("DELETE", "faults")
    page.wait_for_url("**/writes/**")


def test_a_save_without_a_response_can_be_pressed_again(page: Page) -> None:
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0998")
    page.route("**/edit/**", lambda route: route.abort())
    page.locator("#save").click()
    expect(page.locator("#connection-lost")).to_be_visible()
    expect(page.locator("#save")).to_have_text("Save 1 change")
    expect(page.locator("#save")).to_be_enabled()
    page.unroute("**/edit/**")
    page.get_by_label("Phone", exact=True).press_sequentially("7")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")


def test_a_draft_without_a_session_offers_to_sign_in(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("Phone", exact=True).press_sequentially("555")
    expect(page.locator("#draft-status")).to_contain_text("You have been signed out")
    with page.expect_popup() as popup:
        page.locator("#draft-status").get_by_role("link", name="Sign in").click()
    other = popup.value
    other.get_by_label("User name").fill("demo")
    other.get_by_label("Password").fill("demo")
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(HOME)
    page.get_by_label("Phone", exact=True).press_sequentially("6")
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")


@pytest.mark.parametrize("body", ["<html><h1>502 Bad Gateway</h1></html>", ""])
def test_an_error_page_of_a_proxy_does_not_replace_the_form(page: Page, body: str) -> None:
    page.route(
        "**/edit/?**",
        lambda route: route.fulfill(status=502, content_type="text/html", body=body),
    )
    page.get_by_label("Phone", exact=True).fill("+44 1632 960 555")
    page.locator("#save").click()
    expect(page.locator("#connection-lost")).to_be_visible()
    expect(page.locator("#save")).to_have_text("Save 1 change")
    expect(page.get_by_label("Phone", exact=True)).to_have_value("+44 1632 960 555")
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")


def test_a_row_button_that_fails_does_not_stop_the_draft(page: Page) -> None:
    page.route("**/edit/?**", lambda route: route.abort())
    page.get_by_label("Phone", exact=True).fill("+44 1632 960 556")
    page.get_by_role("button", name="Add address").click()
    expect(page.locator("#draft-status")).to_contain_text("Draft saved")
    page.get_by_label("Phone", exact=True).fill("still typed into")


def test_of_two_csrf_cookies_the_one_that_django_reads_is_sent(page: Page, fresh: Stack) -> None:
    page.evaluate(f"document.cookie = 'csrftoken={'x' * 32}; path=/companies'")
    assert page.evaluate("document.cookie.split('csrftoken=').length") == 3
    page.get_by_label("Phone", exact=True).fill("+44 1632 960 557")
    page.locator("#save").click()
    page.wait_for_url("**/writes/**")


TWO_OF_ONE_NAME = """() => {
  const field = document.createElement("div");
  field.innerHTML = `<label for="t">Tax</label><select id="t" data-combobox><option value="">-</option>
    <option value="OLD">Standard 20%</option><option value="NEW" selected>Standard 20%</option>
    <option value="ZERO">Zero</option></select>`;
  document.querySelector("#form-fields").prepend(field);
  document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: field } }));
}"""


def test_a_long_choice_keeps_the_option_that_was_picked(page: Page) -> None:
    page.evaluate(TWO_OF_ONE_NAME)
    box, select = page.get_by_role("combobox", name="Tax"), page.locator("#t")
    box.focus()
    press_key(page, "Tab")
    expect(select).to_have_value("NEW")
    # By mouse each of the two can be selected.
    for index, value in ((1, "OLD"), (2, "NEW")):
        box.click()
        page.locator("#list-t li").nth(index).click()
        expect(select).to_have_value(value)
        press_key(page, "Tab")
        expect(select).to_have_value(value)
    # A text of two options selects neither, a text of one selects that one, and an unknown text none.
    for text, value in (("standard 20%", "NEW"), ("zero", "ZERO"), ("nothing", "ZERO")):
        box.fill(text)
        press_key(page, "Tab")
        expect(select).to_have_value(value)
    expect(box).to_have_value("Zero")


def test_an_enter_that_ends_a_composition_selects_nothing(page: Page) -> None:
    page.evaluate(TWO_OF_ONE_NAME)
    box = page.get_by_role("combobox", name="Tax")
    box.fill("zer")
    box.evaluate(
        """box => box.dispatchEvent(
          new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    expect(page.locator("#t")).to_have_value("NEW")
    expect(page.locator("#list-t")).to_be_visible()
    box.press("Enter")
    expect(page.locator("#t")).to_have_value("ZERO")


def test_a_text_of_one_line_gets_a_line_break(page: Page) -> None:
    line = page.locator('[name="f.addresses.b0.line1"]')
    open_row(page, "addresses.b0")
    line.fill("House")
    line.press("Shift+Enter")
    page.keyboard.type("Street 1")
    expect(line).to_have_value("House\nStreet 1")
    expect(line).to_be_focused()
    page.locator('button[value="add:addresses"]').click()
    expect(page.locator('[name="f.addresses.n1.type"]')).to_be_focused()
    expect(line).to_have_value("House\nStreet 1")
