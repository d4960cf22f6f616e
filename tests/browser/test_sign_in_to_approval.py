"""The whole way of a change by two people: they come in, one saves it, the other approves it, the worker does the rest.

With JavaScript they come in by the OpenID provider and by passkeys; without it by password and authenticator app. What
each of them is told arrives by mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from customers.access.people import set_sees_all
from customers.access.roles import Role
from customers.models import Write
from sandbox import Sandbox
from tests.browser.conftest import HOME
from tests.browser.test_approvals import save_phone
from tests.support.approvals import rule
from tests.support.journal import calls
from tests.support.notices import Mailbox, mail_server
from tests.support.patience import wait_for
from tests.support.people import person
from tests.support.servers import oidc
from tests.support.signing_in import (
    agree_at_provider,
    give_password,
    let_sign_ins_age,
    plug_in_authenticator,
    sign_out,
)
from tests.support.totp import code
from tests.support.worker_process import PATIENCE, worker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SECURITY, CODES = "/accounts/security/", "/accounts/security/codes/"
AUTHOR, APPROVER = "ada", "ben"
ROLES = {AUTHOR: Role.EDITOR, APPROVER: Role.APPROVER}
PHONE = "+44 20 7946 0321"

OpenBrowser = Callable[..., Page]


@pytest.fixture
def address(live: str, settings: Settings) -> str:
    """The dashboard under a name, because a passkey belongs to no number; it requires second factors."""
    settings.REQUIRE_SECOND_FACTOR = True
    return live.replace("127.0.0.1", "localhost")


@pytest.fixture
def open_browser(chromium: Browser, address: str) -> Iterator[OpenBrowser]:
    """A browser of its own for each person."""
    contexts = []

    def opened(*, javascript: bool) -> Page:
        context = chromium.new_context(base_url=address, java_script_enabled=javascript)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def email(name: str) -> str:
    return f"{name}@example.com"


# -- coming in --------------------------------------------------------------------------------------


def come_in_by_passkey(page: Page, issuer: str, name: str) -> None:
    """Sign in at the provider for the first time, add a passkey, sign in with it, and confirm with it later."""
    group = ROLES[name].label.lower()
    oidc.set_claims(issuer, name, preferred_username=name, email=email(name), groups=[group])
    plug_in_authenticator(page)
    page.goto("/accounts/login/")
    agree_at_provider(page, issuer, name)
    page.wait_for_url(HOME)
    expect(page.get_by_text("Your account sees no company yet.").first).to_be_visible()
    set_sees_all(User.objects.get(username=name), sees_all=True)

    page.goto(SECURITY)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url(f"**{CODES}")
    sign_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(HOME)

    let_sign_ins_age()
    page.goto(CODES)
    page.wait_for_url("**/accounts/confirm/passkey/**")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"**{CODES}")


def come_in_by_app(page: Page, name: str) -> None:
    """Sign in with the password, set up the app that is required, sign in with both, and confirm with a code later."""
    user = person(name, ROLES[name])
    User.objects.filter(pk=user.pk).update(email=email(name))
    give_password(page, name)
    page.wait_for_url(f"**{SECURITY}")
    page.get_by_role("link", name="Set up an app").click()
    secret = page.locator(".totp-key").inner_text()
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Set up the app").click()
    page.wait_for_url(f"**{CODES}")
    recovery_code = page.get_by_role("main").locator("li code").first.inner_text()
    sign_out(page)
    give_password(page, name)
    page.get_by_label("Code").fill(code(secret, steps=1))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(HOME)

    let_sign_ins_age()
    page.goto(CODES)
    page.get_by_role("link", name="Use a code of your authenticator app").click()
    page.get_by_label("Code").fill(recovery_code)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"**{CODES}")
    expect(page.get_by_text(recovery_code)).to_have_count(0)


# -- the change -------------------------------------------------------------------------------------


def choose_mail(page: Page, event: str) -> None:
    """Have an event told by mail at once."""
    page.goto("/settings/notifications/")
    page.get_by_label(event).select_option("By mail at once")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()


def link_of_mail(mailbox: Mailbox, name: str, address: str) -> str:
    """The link in the one mail that a person gets, once it has arrived."""

    def bodies() -> list[str]:
        return [mail.get_content() for mail in mailbox.mails if mail["To"] == email(name)]

    wait_for(bodies, 2 * PATIENCE, every=0.1)
    [body] = bodies()
    link = re.search(r"http\S+/notifications/\S+", body)
    assert link
    assert link[0].startswith(address)
    return link[0]


def is_read_back() -> bool:
    return Write.objects.get().confirmed_at is not None


def comes_back(sandbox: Sandbox) -> str:
    """A customer that comes back as it was sent: QuickBooks masks tax and registration numbers."""
    masked = ("taxNumber", "registrationNumber")
    copy = sandbox.state("qbo").copy
    return next(each for each, record in copy.items() if not any(map(record.get, masked)))


def save_and_approve(
    author: Page, approver: Page, address: str, sandbox: Sandbox, settings: Settings
) -> None:
    """From the save to what its author sees at the end. While the worker follows the change, no page of it is open."""
    rule()
    customer_id = comes_back(sandbox)
    with mail_server(settings) as mailbox:
        choose_mail(author, "My change was approved or returned")
        choose_mail(approver, "A change waits for approval")
        server = f"smtp://127.0.0.1:{settings.EMAIL_PORT}"
        with worker(EMAIL_URL=server, DASHBOARD_URL=address) as process:
            save_phone(author, sandbox, PHONE, customer_id)
            author.goto("/notifications/")
            assert not calls(sandbox)

            approver.goto(link_of_mail(mailbox, APPROVER, address))
            approver.wait_for_url("**/approvals/*/")
            expect(approver.get_by_role("cell", name=PHONE)).to_be_visible()
            approver.get_by_role("button", name="Approve and send").click()
            expect(approver.get_by_text(f"Approved by {APPROVER}.")).to_be_visible()

            approved = link_of_mail(mailbox, AUTHOR, address)
            wait_for(is_read_back, 2 * PATIENCE, every=0.1)
            assert process.stop() == 0
            assert "Traceback" not in process.log()
    author.goto(approved)
    author.get_by_role("link", name="See the change").click()
    expect(author.get_by_text(f"Approved by {APPROVER}.")).to_be_visible()
    expect(author.get_by_text("Codat’s copy now shows what was sent.")).to_be_visible()
    write = Write.objects.get()
    assert write.settled_by == Write.SettledBy.CRON
    assert write.confirmation == Write.Confirmation.CONFIRMED
    assert len(calls(sandbox)) == 1
    assert sandbox.state("qbo").source[customer_id]["phone"] == PHONE


def test_by_provider_and_passkey(
    open_browser: OpenBrowser, address: str, sandbox: Sandbox, settings: Settings
) -> None:
    author, approver = open_browser(javascript=True), open_browser(javascript=True)
    roles = [(role.label.lower(), role.label) for role in ROLES.values()]
    with oidc.provider() as issuer:
        oidc.use(settings, issuer, OIDC_ROLES=roles, LOCAL_PASSWORDS=False)
        come_in_by_passkey(author, issuer, AUTHOR)
        come_in_by_passkey(approver, issuer, APPROVER)
        save_and_approve(author, approver, address, sandbox, settings)


def test_by_password_and_app_without_javascript(
    open_browser: OpenBrowser, address: str, sandbox: Sandbox, settings: Settings
) -> None:
    author, approver = open_browser(javascript=False), open_browser(javascript=False)
    come_in_by_app(author, AUTHOR)
    come_in_by_app(approver, APPROVER)
    save_and_approve(author, approver, address, sandbox, settings)
