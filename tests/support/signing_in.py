"""Signing in and out in a browser: by password, at the provider, with a passkey."""

from __future__ import annotations

import re

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.sessions.models import Session
from playwright.sync_api import Page

from codatdash.sessions import SessionStore

# Longer ago than that, Security asks again who it is.
LONG_AGO = 3600


def give_password(page: Page, name: str = "editor") -> None:
    """Type a name and its password into the sign-in page."""
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(f"{name}-password")
    page.get_by_role("button", name="Sign in", exact=True).click()


def agree_at_provider(page: Page, issuer: str, subject: str) -> None:
    """Press the provider's button on the sign-in page that is open, and sign in there."""
    # Its pages have a style sheet from elsewhere, which a machine without a network waits for.
    page.route("https://**", lambda route: route.abort())
    page.get_by_role("button", name="Sign in with Example login").click()
    page.wait_for_url(re.compile(re.escape(issuer)))
    page.locator("input[name=sub]").fill(subject)
    page.get_by_role("button", name=re.compile("Author")).click()


def sign_out(page: Page) -> None:
    """Sign out, by the page that asks."""
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/")


def plug_in_authenticator(page: Page) -> None:
    """Give the browser a device that has passkeys and always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def let_sign_ins_age() -> None:
    """Let so much time pass since each sign-in that the person has to confirm it."""
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        for record in session.get(AUTHENTICATION_METHODS_SESSION_KEY, []):
            record["at"] -= LONG_AGO
        session.modified = True
        session.save()
