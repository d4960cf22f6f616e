"""Second factors, passkeys and the provider in Chromium, under the policy as it is served."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings

from tests.browser.conftest import HOME
from tests.support.pages.accessibility import violations
from tests.support.servers import oidc
from tests.support.signing_in import (
    agree_at_provider,
    give_password,
    plug_in_authenticator,
    sign_out,
)
from tests.support.totp import code

pytestmark = pytest.mark.browser
SECURITY = "/accounts/security/"


@pytest.fixture
def errors() -> list[str]:
    """What the console said of the policy."""
    return []


@pytest.fixture
def context(
    chromium: Browser, live: str, editor: User, errors: list[str]
) -> Iterator[BrowserContext]:
    """A browser at a dashboard under a name: a passkey belongs to no number."""
    for alias in ("default", "process"):
        caches[alias].clear()
    opened = chromium.new_context(
        base_url=live.replace("127.0.0.1", "localhost"), viewport={"width": 390, "height": 900}
    )
    opened.on(
        "console",
        lambda message: errors.append(message.text) if "Content Security" in message.text else None,
    )
    yield opened
    opened.close()
    assert errors == []


def check(page: Page) -> None:
    """The page in front has no violation in both schemes and widths."""
    for scheme, width in (("light", 1440), ("dark", 390)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 900})
        assert not violations(page), page.url
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), page.url


def add_passkey(page: Page, name: str) -> None:
    """Add a passkey on the page of the account's security."""
    page.goto(SECURITY)
    check(page)
    page.get_by_role("link", name="Add a passkey").click()
    check(page)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url("**/accounts/security/codes/")
    check(page)
    page.goto(SECURITY)
    expect(page.get_by_role("link", name=f"Rename {name}")).to_be_visible()
    check(page)


def test_a_passkey_signs_in_alone(context: BrowserContext) -> None:
    page = context.new_page()
    plug_in_authenticator(page)
    give_password(page)
    page.wait_for_url(HOME)
    add_passkey(page, "My laptop")
    sign_out(page)
    check(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(HOME)
    # Beside the password it is the second factor.
    sign_out(page)
    give_password(page)
    page.wait_for_url("**/accounts/second-factor/")
    # Who has no app is not asked for its code.
    expect(page.get_by_text("authenticator app")).to_have_count(0)
    check(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(HOME)
    page.goto(f"/accounts/confirm/passkey/?next={SECURITY}")
    check(page)
    page.locator("form[data-passkey]").evaluate(
        "form => { form.elements.credential.value = '{}'; form.submit(); }"
    )
    expect(page.get_by_text("The passkey was not accepted. Try again.")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"**{SECURITY}")
    page.get_by_role("link", name="Rename My laptop").click()
    check(page)
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Old laptop").click()
    check(page)
    page.get_by_role("button", name="Remove the passkey").click()
    page.wait_for_url(f"**{SECURITY}")
    expect(page.get_by_text("Old laptop")).to_have_count(0)


def test_a_number_is_no_address_for_a_passkey(context: BrowserContext, live: str) -> None:
    page = context.new_page()
    page.goto(f"{live}/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="cannot use passkeys")).to_be_visible()


def test_an_app_is_set_up_by_its_picture(context: BrowserContext) -> None:
    page = context.new_page()
    give_password(page)
    page.wait_for_url(HOME)
    page.goto(SECURITY)
    page.get_by_role("link", name="Set up an app").click()
    picture = page.get_by_role("img", name="QR code")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth > 0")
    check(page)
    secret = page.locator(".totp-key").inner_text()
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Set up the app").click()
    page.wait_for_url("**/accounts/security/codes/")
    page.get_by_role("link", name="Make new codes").click()
    check(page)
    page.goto("/accounts/security/app/remove/")
    check(page)
    for path in ("/accounts/confirm/", "/accounts/confirm/code/", "/accounts/sessions/"):
        page.goto(path)
        check(page)
    page.get_by_role("button", name="Sign out everywhere").click()
    page.wait_for_url("**/accounts/login/")
    give_password(page)
    page.get_by_label("Code").fill(code(secret, steps=1))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(HOME)


def test_the_provider_signs_in_under_the_policy(
    context: BrowserContext, settings: Settings
) -> None:
    with oidc.provider() as issuer:
        oidc.use(settings, issuer)
        oidc.set_claims(issuer, "kai", preferred_username="kai")
        page = context.new_page()
        page.goto("/accounts/login/?next=/accounts/sessions/")
        check(page)
        agree_at_provider(page, issuer, "kai")
        page.wait_for_url("**/accounts/sessions/")
        expect(page.get_by_text("(this browser)")).to_be_visible()
        page.goto("/accounts/provider/login/")
        check(page)


def test_what_has_no_account_and_what_failed_has_its_page(
    context: BrowserContext, settings: Settings
) -> None:
    settings.HAS_MAIL = True
    page = context.new_page()
    for path in (
        "/accounts/inactive/",
        "/accounts/provider/cancelled/",
        "/accounts/password/reset/",
        "/accounts/password/reset/sent/",
        "/accounts/password/reset/1-a/",
        "/accounts/password/reset/finished/",
    ):
        page.goto(path)
        check(page)
