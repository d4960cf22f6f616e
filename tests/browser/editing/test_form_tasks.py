"""The form as people work with it: the clicks that a task takes, keys, marks of changes, the save bar."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, press_key

pytestmark = pytest.mark.browser

# Clicks of a mouse: a button that is pressed by a key is clicked too, but at no place.
_COUNT_CLICKS = """document.addEventListener("click", (event) => {
  if (event.detail > 0) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
}, true);"""


@pytest.fixture
def page(open_page: OpenPage, fresh: Stack) -> Page:
    """The edit form of a customer with two addresses and a contact."""
    page = open_page()
    page.goto(links.edit(fresh.company("qbo"), "39"))
    return page


def add_contact(page: Page, number: int, name: str, email: str) -> None:
    """Add a contact with a phone number: two clicks, the rest is typed."""
    page.get_by_role("button", name="Add contact").click()
    expect(page.locator(f'[name="f.contacts.n{number}.name"]')).to_be_focused()
    page.keyboard.type(name)
    press_key(page, "Tab")
    page.keyboard.type(email)
    row = page.locator(f'[id="f-contacts.n{number}"]')
    row.get_by_role("button", name="Add phone number").click()
    expect(page.locator(f'[name="f.contacts.n{number}.phone.n1.number"]')).to_be_focused()
    page.keyboard.type("+44 1632 960120")
    press_key(page, "Tab")
    page.keyboard.type("M")


def test_a_customer_with_three_contacts_of_which_one_is_refused_takes_twelve_clicks(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.add_init_script(_COUNT_CLICKS)
    page.goto(links.customers(fresh.company("zoho")))
    page.get_by_role("link", name="New customer").click()
    expect(page.locator('[name="f.customerName"]')).to_be_focused()
    page.keyboard.type("Harbour Lights Ltd")
    add_contact(page, 1, "Ana Silva", "ana at harbour")
    add_contact(page, 2, "Ben Okoro", "ben@harbour.example")
    add_contact(page, 3, "Chloé Dubois", "chloe@harbour.example")
    page.locator("#save").click()
    page.get_by_role("link", name="Fix and send again").click()

    email = page.locator('[name="f.contacts.n1.email"]')
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
    press_key(page, "Control+a")
    page.keyboard.type("ana@harbour.example")
    page.locator("#save").click()
    page.get_by_role("heading", name=re.compile("Accepted")).wait_for()

    assert int(page.evaluate("sessionStorage.clicks")) <= 12


def test_keys_add_rows_while_one_types(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.new(fresh.company("netsuite")))
    page.keyboard.type("By keys Ltd")
    page.get_by_role("button", name="Add contact").press("Enter")
    for number in (1, 2):
        expect(page.locator(f'[name="f.contacts.n{number}.name"]')).to_be_focused()
        page.keyboard.type(f"Person {number}")
        press_key(page, "Control+Enter")
    expect(page.locator('[name="f.contacts.n3.name"]')).to_be_focused()
    page.keyboard.type("Person 3")
    page.locator('[id="f-contacts.n3"]').get_by_role("button", name="Add phone").press("Enter")
    expect(page.locator('[name="f.contacts.n3.phone.n1.number"]')).to_be_focused()
    page.keyboard.type("+44 1")
    press_key(page, "Tab")
    kind = page.locator('[name="f.contacts.n3.phone.n1.type"]')
    kind.fill("Mobile")
    # The Enter that ends a composition (IME) belongs to it.
    kind.evaluate(
        """input => input.dispatchEvent(new KeyboardEvent(
          "keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    expect(page.locator('[name="f.contacts.n3.phone.n2.number"]')).to_have_count(0)
    press_key(page, "Enter")
    expect(page.locator('[name="f.contacts.n3.phone.n2.number"]')).to_be_focused()


def test_enter_in_a_stored_row_saves(page: Page) -> None:
    page.locator('[id="f-addresses.b0"] > summary').click()
    country = page.locator('[name="f.addresses.b0.country"]')
    country.fill("Belgium")
    country.press("Enter")
    page.wait_for_url("**/writes/**")


def test_changes_are_marked_counted_and_named(page: Page) -> None:
    save, names = page.locator("#save"), page.locator("#changed-fields")
    expect(save).to_have_text("Save changes")
    email = page.get_by_label("Email address")
    before = email.input_value()
    email.fill("new@one.example")
    field = page.locator(".field", has=email)
    expect(field.locator(".was")).to_have_text(f"was {before}")
    expect(save).to_have_text("Save 1 change")
    page.locator('[id="f-addresses.b1"] > summary').click()
    page.locator('[name="f.addresses.b1.city"]').fill("Elsewhere")
    expect(page.locator('[id="f-addresses.b1"] .row-changes')).to_have_text("1 change")
    expect(save).to_have_text("Save 2 changes")
    expect(names).to_have_text("Email address · Delivery: City")
    # The answer of a button has the same marks.
    page.get_by_role("button", name="Add address").click()
    page.locator('[name="f.addresses.n1.city"]').wait_for()
    expect(field.locator(".was")).to_have_text(f"was {before}")
    expect(save).to_have_text("Save 2 changes")
    expect(page.locator('[id="f-addresses.b1"] .row-changes')).to_have_text("1 change")
    page.locator('[name="f.addresses.n1.city"]').fill("Third")
    expect(save).to_have_text("Save 3 changes")
    email.fill(before)
    expect(field.locator(".was")).to_have_count(0)
    expect(save).to_have_text("Save 2 changes")


def test_a_moved_row_is_a_change(page: Page) -> None:
    save, row = page.locator("#save"), page.locator('[id="f-addresses.b1"]')
    second = page.locator('[name="f.addresses.b1.city"]')
    row.locator("summary").click()
    second.press("Alt+ArrowUp")
    moved = page.locator(".row[data-moved] .row-changes")
    expect(moved).to_have_text("moved")
    expect(save).to_have_text("Save 1 change")
    second.fill("Elsewhere")
    expect(row.locator(".row-changes")).to_have_text(re.compile("^(moved, )?1 change$"))
    expect(save).to_have_text("Save 2 changes")
    page.get_by_role("button", name="Review").click()
    review = page.locator("#form-changes")
    expect(review.locator("h2")).to_contain_text("2 fields")
    expect(review.get_by_role("row", name=re.compile("moved"))).to_have_count(1)
    second.press("Alt+ArrowDown")
    expect(save).to_have_text("Save 1 change")


def test_a_row_says_what_it_requires_once_something_is_typed(
    open_page: OpenPage, fresh: Stack
) -> None:
    page = open_page()
    page.goto(links.new(fresh.company("netsuite")))
    page.get_by_role("button", name="Add contact").click()
    name = page.locator('[name="f.contacts.n1.name"]')
    mark = page.locator(".field", has=name).locator(".required")
    expect(name).to_be_focused()
    expect(mark).to_be_hidden()
    page.locator('[name="f.contacts.n1.email"]').fill("a@one.example")
    expect(mark).to_be_visible()
    expect(name).to_have_attribute("aria-required", "true")
    page.locator('[name="f.contacts.n1.email"]').fill("")
    expect(mark).to_be_hidden()


def test_control_s_saves(page: Page) -> None:
    page.get_by_label("Phone", exact=True).fill("+44 20 7946 0991")
    press_key(page, "Control+s")
    page.wait_for_url("**/writes/**")


def test_the_menu_of_a_row_works_by_mouse_and_keys(page: Page) -> None:
    page.get_by_label("Actions for address 1").click()
    page.get_by_role("button", name="Move down").click()
    expect(page.locator('[name="r.addresses"]')).to_have_value("b1,b0")
    menu = page.locator('[id="menu-addresses.b0"]')
    expect(menu).to_be_focused()
    press_key(page, "Alt+ArrowUp")
    expect(page.locator('[name="r.addresses"]')).to_have_value("b0,b1")
    expect(menu).to_be_focused()
    expect(page.locator(".menu[open]")).to_have_count(0)


def test_the_address_names_the_field_that_is_focused(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.edit(fresh.company("qbo"), "39") + "?field=addresses.b1.postalCode")
    expect(page.locator('[name="f.addresses.b1.postalCode"]')).to_be_focused()


def test_help_shows_with_the_focus_and_moves_nothing(open_page: OpenPage, fresh: Stack) -> None:
    page = open_page()
    page.goto(links.new(fresh.company("netsuite")))
    email = page.get_by_label("Email address")
    hint = page.locator(".field", has=email).locator(".at-focus")
    add = page.get_by_role("button", name="Add contact")
    before = add.bounding_box()
    email.focus()
    box = hint.bounding_box()
    assert box
    assert box["height"] > 10
    assert add.bounding_box() == before


@pytest.mark.parametrize("width", [390, 1440, 1900])
def test_the_save_bar_has_no_edges_and_is_never_over_the_focused_field(
    open_page: OpenPage, fresh: Stack, width: int
) -> None:
    page = open_page(width=width)
    page.goto(links.edit(fresh.company("odd"), "many-rows"))
    bar = page.locator(".save-bar").bounding_box()
    main = page.locator("main").bounding_box()
    assert bar
    assert main
    assert (bar["x"], bar["width"]) == (main["x"], main["width"])
    assert round(bar["y"] + bar["height"]) == 900
    page.locator(".field input").first.focus()
    for _ in range(25):
        press_key(page, "Tab")
        bottom = page.evaluate("document.activeElement.getBoundingClientRect().bottom")
        if page.evaluate("!document.activeElement.closest('.save-bar')"):
            assert bottom <= bar["y"] + 1
    page.locator(".save-options").evaluate("it => it.scrollIntoView({block: 'end'})")
    options = page.locator(".save-options").bounding_box()
    assert options
    assert options["y"] + options["height"] <= bar["y"] + 1
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
