"""Approval by a second person in a second browser; with JavaScript and without, narrow and wide, light and dark."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from customers.access.roles import Role
from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.support.approvals import rule
from tests.support.journal import calls, changed_in_codat, customer
from tests.support.pages.accessibility import violations
from tests.support.people import person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A folder for pictures of each page, for looking at them.
PICTURES = os.environ.get("APPROVAL_PICTURES")

SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(chromium: Browser, live: str) -> Iterator[SignIn]:
    """A browser of its own for each person."""
    contexts = []

    def opened(name: str, **options: Any) -> Page:
        context = chromium.new_context(base_url=live, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto("/accounts/login/")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(f"{name}-password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def people(db: None) -> tuple[User, User]:
    """An author and an approver."""
    return person("editor", Role.EDITOR), person("approver", Role.APPROVER)


def look(page: Page, name: str) -> None:
    """No finding of axe, no page that scrolls sideways; and a picture where somebody wants one."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
    assert not violations(page)
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def save_phone(page: Page, sandbox: Sandbox, phone: str, customer_id: str = "") -> None:
    page.goto(links.edit(sandbox.company("qbo"), customer_id or customer(sandbox)))
    page.get_by_label("Phone").first.fill(phone)
    page.get_by_role("button", name="Save", exact=False).first.click()
    expect(page.get_by_text("This change waits for approval by a second person.")).to_be_visible()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("javascript", [True, False])
def test_a_second_person_approves_in_a_second_browser(
    sign_in: SignIn, sandbox: Sandbox, people: tuple[User, User], javascript: bool
) -> None:
    rule()
    author = sign_in("editor", java_script_enabled=javascript)
    approver = sign_in("approver", java_script_enabled=javascript)
    save_phone(author, sandbox, "+44 20 7946 0001")
    assert not calls(sandbox)

    approver.goto("/")
    approver.get_by_role("link", name="Approvals").first.click()
    approver.get_by_role("row").nth(1).get_by_role("link").click()
    expect(approver.get_by_role("cell", name="+44 20 7946 0001")).to_be_visible()
    approver.get_by_role("button", name="Approve and send").click()
    expect(approver.get_by_text("Approved by approver.")).to_be_visible()

    author.reload()
    expect(author.get_by_text("Approved by approver.")).to_be_visible()
    assert len(calls(sandbox, "PUT")) == 1


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_the_pages_read_well(
    sign_in: SignIn, sandbox: Sandbox, people: tuple[User, User], scheme: str, width: int
) -> None:
    rule()
    rule(larger_than=50, tag_key="tier", tag_value="1")
    person("manager", Role.ADMINISTRATOR)
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    author, approver = sign_in("editor", **options), sign_in("approver", **options)
    save_phone(author, sandbox, "+44 20 7946 0001")
    look(author, f"{scheme}-change")
    approver.goto("/approvals/")
    look(approver, f"{scheme}-list")
    approver.get_by_role("row").nth(1).get_by_role("link").click()
    look(approver, f"{scheme}-request")
    approver.get_by_role("button", name="Return to the author").click()
    expect(approver.get_by_role("heading", name="There is a problem")).to_be_visible()
    look(approver, f"{scheme}-returning")
    changed_in_codat(sandbox, customer(sandbox), emailAddress="moved@example.com")
    approver.reload()
    approver.goto(approver.url)
    expect(approver.get_by_text("The customer has changed since this was saved,")).to_be_visible()
    look(approver, f"{scheme}-moved")
    approver.get_by_role("button", name="Close the request").click()
    expect(approver.get_by_text("The request is void.")).to_be_visible()
    author.reload()
    look(author, f"{scheme}-void")
    assert Write.objects.get().state == Write.State.FAILED

    manager = sign_in("manager", **options)
    manager.goto("/approvals/rules/")
    look(manager, f"{scheme}-rules")
