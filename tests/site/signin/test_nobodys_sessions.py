"""Sessions of somebody who has not signed in: which addresses store one, and for how long."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from codatdash.signin import urls as signin_urls
from codatdash.signin.passkey_forms import PasskeyForm
from customers.urls import urlpatterns
from tests.conftest import RawPathClient
from tests.support.servers import oidc
from tests.support.totp import code

pytestmark = pytest.mark.django_db

QUARTER = timedelta(minutes=15)
ASKING = {"Accept": "application/json"}
PASSKEY = "/accounts/login/passkey/"
SECRET = "JBSWY3DPEHPK3PXP"
VALUES = {
    "company": str(uuid.uuid4()),
    "uuid": str(uuid.uuid4()),
    "id": "one",
    "int": "1",
    "slug": "customer",
    "str": "none",
    "provider": "provider",
}
# `/readyz` checks that the database stores something, by the same row each time.
OTHERS = ("/healthz", "/.well-known/security.txt", "/admin/", "/nowhere/", "/accounts/")
# The answer of the provider must belong to the browser that began.
STORING = {("POST", "/accounts/provider/login/")}


@pytest.fixture(autouse=True)
def _no_guesses_yet() -> None:
    for alias in ("default", "process"):
        caches[alias].clear()


@pytest.fixture
def issuer(settings: Settings) -> Iterator[str]:
    """The provider, which the dashboard uses."""
    with oidc.provider() as address:
        oidc.use(settings, address)
        yield address


def addresses() -> list[str]:
    """Every address, with some value for each parameter."""
    routes = [f"/{pattern.pattern}" for pattern in urlpatterns]
    routes += [f"/accounts/{pattern.pattern}" for pattern in signin_urls.urlpatterns]
    # The one regular expression.
    routes = ["/accounts/password/reset/1-a/" if "^" in route else route for route in routes]
    found = [re.sub(r"<(\w+):\w+>", lambda each: VALUES[each[1]], route) for route in routes]
    assert not [route for route in found if "<" in route]
    return [*found, *OTHERS]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_no_address_stores_a_session_of_nobody(
    issuer: str, settings: Settings, method: str
) -> None:
    settings.HAS_MAIL = True
    posted = "username=nobody&password=wrong&email=nobody@example.com&code=1&credential={}"
    storing = set()
    for url in addresses():
        for headers in ({}, ASKING):
            client = RawPathClient()
            form = {"data": posted, "content_type": "application/x-www-form-urlencoded"}
            body = form if method == "POST" else {}
            client.generic(method, url, **body, headers=headers)
            if Session.objects.exists() or "sessionid" in client.cookies:
                storing.add((method, url))
                assert (method, url) in STORING
                assert Session.objects.get().expire_date <= timezone.now() + QUARTER
                Session.objects.all().delete()
    assert storing == {each for each in STORING if each[0] == method}


def life(client: RawPathClient) -> timedelta:
    """How long the session of a browser lasts."""
    row = Session.objects.get(session_key=client.cookies["sessionid"].value)
    return row.expire_date - timezone.now()


def test_a_session_of_nobody_is_short_and_that_of_a_person_is_not(editor: User) -> None:
    Authenticator.objects.create(user=editor, type="totp", data={"secret": SECRET})
    client = RawPathClient()
    client.post("/accounts/login/", {"username": "editor", "password": "editor-password"})
    assert timedelta(0) < life(client) <= QUARTER
    assert client.post("/accounts/second-factor/", {"code": code(SECRET)})["Location"] == "/"
    assert life(client) > timedelta(hours=23)


def test_after_the_way_to_the_provider_a_session_has_its_whole_life(
    live: str, issuer: str, groups: None
) -> None:
    oidc.set_claims(issuer, "sub-40", preferred_username="kai")
    browser = requests.Session()
    back = oidc.agree(browser, oidc.leave(browser, live), "sub-40")
    begun = next(cookie for cookie in browser.cookies if cookie.name == "sessionid")
    assert 0 < (begun.expires or 0) - time.time() <= QUARTER.total_seconds()
    browser.get(back, allow_redirects=False, timeout=10)
    signed_in = next(cookie for cookie in browser.cookies if cookie.name == "sessionid")
    assert (signed_in.expires or 0) - time.time() > 23 * 3600


def test_what_a_passkey_was_asked_is_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever answer: a wrong one uses it up, too."""
    asked: list[bool] = []

    def refuse(form: PasskeyForm) -> None:
        asked.append(not context.request.session.is_empty())
        raise ValidationError("no")

    monkeypatch.setattr(PasskeyForm, "clean_credential", refuse)
    client = RawPathClient()
    client.get(PASSKEY, headers=ASKING)
    cookie = client.cookies["passkey"].value
    for value in (cookie, cookie, f"{cookie}x", ""):
        client.cookies["passkey"] = value
        assert client.post(PASSKEY, {"credential": '{"id": 1}'})["Location"] == "/accounts/login/"
    assert asked == [True, False, False, False]
    assert not Session.objects.exists()
