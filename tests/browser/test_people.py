"""People in a real browser: invited, joined, given a company, switched off; with JavaScript and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from customers.web import links
from tests.browser.conftest import OpenPage, Stack, wait_for_scripts
from tests.support.pages.accessibility import violations
from tests.support.patience import wait_for

pytestmark = pytest.mark.browser

PASSWORD = "plum-lantern-42"


def invite(page: Page, name: str, *, javascript: bool = True) -> str:
    """Invite an editor who sees one company; the link that the page shows, since no mail server is set up."""
    page.goto(links.people())
    page.get_by_role("link", name="Invite a person").first.click()
    page.get_by_label("User name", exact=True).fill(name)
    page.get_by_label("Email address").fill(f"{name}@example.com")
    page.get_by_role("combobox", name="Role").select_option("Editor")
    page.get_by_label("Only those below").check()
    page.get_by_label("Find companies").fill("castle")
    if javascript:
        wait_for_scripts(page)
        page.get_by_label("Find companies").press("Enter")
    else:
        page.get_by_role("button", name="Find").click()
    page.get_by_label(re.compile("Castle Street Cycles")).check()
    expect(page.get_by_label("User name", exact=True)).to_have_value(name)
    page.get_by_label("Email address").press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return page.locator(".invitation-link code").inner_text()


def sign_in(page: Page, name: str) -> None:
    """Sign in with the password of these tests."""
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("javascript", [True, False])
def test_a_person_joins_and_leaves(open_page: OpenPage, fresh: Stack, javascript: bool) -> None:
    name = "joan" if javascript else "john"
    page = open_page(javascript=javascript)
    page.goto("/")
    # The worker has read the companies, which the form finds.
    company = page.get_by_role("main").get_by_role("link", name="Castle Street Cycles")
    wait_for(lambda: page.reload() and company.count(), 90, every=0.5)
    link = invite(page, name, javascript=javascript)
    expect(page.get_by_label("Companies that this person sees")).to_contain_text("Castle Street")

    other = open_page(javascript=javascript, signed_in=False)
    other.goto(link)
    other.get_by_label("New password", exact=True).fill(PASSWORD)
    other.get_by_label("New password confirmation").fill(PASSWORD)
    other.get_by_role("button", name="Set password").click()
    expect(other.get_by_role("heading", name="Your password is set")).to_be_visible()
    sign_in(other, name)
    expect(other.get_by_role("link", name="My changes")).to_be_visible()

    page.get_by_role("combobox", name="Role").select_option("No role")
    page.get_by_role("button", name="Change role").click()
    expect(page.get_by_text("The role was changed.")).to_be_visible()
    other.goto("/")
    expect(other.get_by_role("heading", name="You have no role yet")).to_be_visible()
    other.get_by_role("button", name="Ask for access").click()
    expect(other.get_by_text("The administrators see your request.")).to_be_visible()

    page.goto(links.people())
    page.get_by_role("row", name=name).get_by_role("link").click()
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("The account was switched off")).to_be_visible()
    other.goto("/")
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_no_page_has_a_violation(open_page: OpenPage, scheme: str, width: int) -> None:
    page = open_page(color_scheme=scheme, width=width)
    link = invite(page, f"ann-{scheme}")
    person = page.url
    found: dict[str, list[str]] = {}

    def check(name: str) -> None:
        lines = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            lines.append("the page scrolls sideways")
        if lines:
            found[name] = lines

    for path in (
        person,
        links.person(1),
        links.people(),
        links.people("q=nobody-like-this"),
        links.invite(),
        links.access(),
        link,
        links.invitation("none"),
    ):
        page.goto(path)
        check(path)
    page.goto(links.invite())
    page.locator("form.settings").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.locator("#form-summary")).to_be_visible()
    check("invalid")
    assert not found
