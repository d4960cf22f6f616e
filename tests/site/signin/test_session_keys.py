"""The key of a session: a new one at every kind of sign-in and confirmation, and none that outlives its session."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.management import call_command
from pytest_django import Settings

from codatdash.sessions import SessionStore
from codatdash.signin.passkey_forms import ConfirmPasskeyForm, PasskeyForm, SecondFactorPasskeyForm
from customers.people import accounts
from tests.conftest import RawPathClient
from tests.support.servers import oidc
from tests.support.totp import code

pytestmark = pytest.mark.django_db
LOGIN, SECURITY, FACTOR = "/accounts/login/", "/accounts/security/", "/accounts/second-factor/"
CONFIRM, CONFIRM_CODE = "/accounts/confirm/", "/accounts/confirm/code/"
CONFIRM_PASSKEY = "/accounts/confirm/passkey/"
PASSWORD, NEW = "editor-password", "plum-lantern-42"
GIVEN = {"username": "editor", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _no_guesses_yet() -> None:
    for alias in ("default", "process"):
        caches[alias].clear()


@pytest.fixture
def passkey(editor: User, monkeypatch: pytest.MonkeyPatch) -> Authenticator:
    """A passkey of the editor, whose signature every form accepts."""
    row = Authenticator.objects.create(
        user=editor, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}
    )
    for form in (PasskeyForm, SecondFactorPasskeyForm, ConfirmPasskeyForm):
        monkeypatch.setattr(form, "clean_credential", lambda _: row)
    return row


@pytest.fixture
def app_secret(editor: User) -> str:
    """The key of the editor's authenticator app; there are recovery codes, too."""
    client = RawPathClient()
    client.post(LOGIN, GIVEN)
    page = client.get("/accounts/security/app/").content.decode()
    [secret] = re.findall(r'<code class="totp-key">([A-Z2-7]+)</code>', page)
    assert client.post("/accounts/security/app/", {"code": code(secret)}).status_code == 302
    return str(secret)


def key(client: RawPathClient) -> str:
    """The key that the browser sends."""
    return str(client.cookies[django_settings.SESSION_COOKIE_NAME].value)


def with_key(value: str) -> RawPathClient:
    """A browser that sends a key which somebody has planted or copied."""
    client = RawPathClient()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = value
    return client


def is_signed_in(client: RawPathClient) -> bool:
    return bool(client.get(SECURITY).status_code == 200)


def planted() -> RawPathClient:
    """A browser with a session of nobody, whose key an attacker knows."""
    store = SessionStore()
    store["kept"] = "by the attacker"
    store.create()
    return with_key(str(store.session_key))


def by_password(client: RawPathClient) -> None:
    assert client.post(LOGIN, GIVEN).status_code == 302


def by_passkey(client: RawPathClient) -> None:
    assert client.post(f"{LOGIN}passkey/", {"credential": "[1]"}).status_code == 302


# -- sign-in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign_in", [by_password, by_passkey])
def test_a_planted_key_is_worth_nothing_after_sign_in(
    editor: User,
    request: pytest.FixtureRequest,
    sign_in: Callable[[RawPathClient], None],
) -> None:
    if sign_in is by_passkey:
        request.getfixturevalue("passkey")
    client = planted()
    before = key(client)
    sign_in(client)
    assert is_signed_in(client)
    assert key(client) != before
    assert not is_signed_in(with_key(before))
    assert not Session.objects.filter(session_key=before).exists()


def test_a_planted_key_is_worth_nothing_between_password_and_second_factor(app_secret: str) -> None:
    """Whoever has planted it would have to guess only the code."""
    client = planted()
    before = key(client)
    by_password(client)
    attacker = with_key(before)
    assert attacker.get(FACTOR)["Location"] == LOGIN
    answer = attacker.post(FACTOR, {"code": code(app_secret, steps=1)})
    assert answer["Location"] == LOGIN
    assert not is_signed_in(attacker)
    between = key(client)
    assert client.post(FACTOR, {"code": code(app_secret, steps=1)})["Location"] == "/"
    assert is_signed_in(client)
    assert len({before, between, key(client)}) == 3
    assert not is_signed_in(with_key(between))


@pytest.mark.parametrize("factor", ["app", "recovery code", "passkey"])
def test_the_key_of_the_password_is_worth_nothing_after_the_second_factor(
    app_secret: str, request: pytest.FixtureRequest, factor: str
) -> None:
    form = {"code": code(app_secret, steps=1)}
    if factor == "recovery code":
        codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
        form = {"code": codes[0]}
    if factor == "passkey":
        request.getfixturevalue("passkey")
        form = {"credential": "[1]"}
    client = RawPathClient()
    by_password(client)
    between = key(client)
    assert client.post(FACTOR, form)["Location"] == "/"
    assert is_signed_in(client)
    assert not is_signed_in(with_key(between))


def test_who_signs_in_once_more_has_one_session(editor: User) -> None:
    client = RawPathClient()
    by_password(client)
    before = key(client)
    by_password(client)
    assert key(client) != before
    assert not is_signed_in(with_key(before))
    assert UserSession.objects.count() == 1


@pytest.fixture(scope="module")
def provider_server() -> Iterator[str]:
    with oidc.provider() as issuer:
        yield issuer


def test_a_sign_in_at_the_provider_once_more_has_a_new_key(
    live: str, provider_server: str, settings: Settings, groups: None
) -> None:
    oidc.use(settings, provider_server)
    browser, keys = requests.Session(), list[str]()
    for _ in range(2):
        back = oidc.agree(browser, oidc.leave(browser, live), "sub-keys")
        keys.append(browser.cookies["sessionid"])
        assert browser.get(back, allow_redirects=False, timeout=10).status_code == 302
        keys.append(browser.cookies["sessionid"])
    assert keys[1] == keys[2]
    assert len(set(keys)) == 3
    for old in keys[:3]:
        stolen = requests.get(
            f"{live}{SECURITY}", cookies={"sessionid": old}, allow_redirects=False, timeout=10
        )
        assert stolen.status_code == 302


# -- confirmations -----------------------------------------------------------------------------------


def by_confirmed_password(client: RawPathClient, secret: str) -> None:
    assert client.post(CONFIRM, {"password": PASSWORD}).status_code == 302


def by_confirmed_code(client: RawPathClient, secret: str) -> None:
    assert client.post(CONFIRM_CODE, {"code": code(secret, steps=1)}).status_code == 302


def by_confirmed_passkey(client: RawPathClient, secret: str) -> None:
    assert client.post(CONFIRM_PASSKEY, {"credential": "[1]"}).status_code == 302


def by_new_password(client: RawPathClient, secret: str) -> None:
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/accounts/password/", form).status_code == 302


def by_removed_app(client: RawPathClient, secret: str) -> None:
    by_confirmed_password(client, secret)
    assert client.post("/accounts/security/app/remove/").status_code == 302
    assert not Authenticator.objects.filter(type="totp").exists()


def by_removed_passkey(client: RawPathClient, secret: str) -> None:
    by_confirmed_password(client, secret)
    row = Authenticator.objects.get(type="webauthn")
    assert client.post(f"/accounts/security/passkeys/{row.pk}/remove/").status_code == 302
    assert not Authenticator.objects.filter(type="webauthn").exists()


@pytest.mark.parametrize(
    "act",
    [
        by_confirmed_password,
        by_confirmed_code,
        by_confirmed_passkey,
        by_new_password,
        by_removed_app,
        by_removed_passkey,
    ],
)
def test_a_copied_key_is_worth_nothing_after(
    editor: User,
    app_secret: str,
    passkey: Authenticator,
    act: Callable[[RawPathClient, str], None],
) -> None:
    client = RawPathClient()
    client.force_login(editor)
    UserSession.objects.all().delete()
    UserSession.objects.create(user=editor, ip="192.0.2.1", session_key=key(client))
    copied = with_key(key(client))
    assert is_signed_in(copied)
    act(client, app_secret)
    assert is_signed_in(client)
    assert not is_signed_in(copied)
    # It is still in the list of one's own sessions, once.
    page = client.get("/accounts/sessions/").content.decode()
    assert page.count('id="session-') == 1
    assert "(this browser)" in page


def test_a_copied_key_is_worth_nothing_after_an_app_is_set_up(editor: User) -> None:
    client = RawPathClient()
    by_password(client)
    page = client.get("/accounts/security/app/").content.decode()
    [secret] = re.findall(r'<code class="totp-key">([A-Z2-7]+)</code>', page)
    copied = with_key(key(client))
    assert is_signed_in(copied)
    assert client.post("/accounts/security/app/", {"code": code(secret)}).status_code == 302
    assert is_signed_in(client)
    assert not is_signed_in(copied)


# -- the end of a session ----------------------------------------------------------------------------


def sign_out(client: RawPathClient, user: User) -> None:
    assert client.post("/accounts/logout/").status_code == 302


def end_all(client: RawPathClient, user: User) -> None:
    assert client.post("/accounts/sessions/", {"end": "all"}).status_code == 302


def end_by_administrator(client: RawPathClient, user: User) -> None:
    by = User.objects.create_superuser("administrator")
    assert accounts.end_sessions(by, user.pk)


def switch_off(client: RawPathClient, user: User) -> None:
    by = User.objects.create_superuser("administrator")
    assert accounts.switch_off(by, user.pk)
    User.objects.filter(pk=user.pk).update(is_active=True)


def reset_second_factor(client: RawPathClient, user: User) -> None:
    call_command("reset_second_factor", user.get_username())


def sign_in_as_somebody_else(client: RawPathClient, user: User) -> None:
    User.objects.create_user("somebody", password=NEW)
    form = {"username": "somebody", "password": NEW}
    assert client.post(LOGIN, form).status_code == 302


@pytest.mark.parametrize(
    "end",
    [
        sign_out,
        end_all,
        end_by_administrator,
        switch_off,
        reset_second_factor,
        sign_in_as_somebody_else,
    ],
)
def test_a_copied_key_is_worth_nothing_after_the_end(
    editor: User, end: Callable[[RawPathClient, User], None]
) -> None:
    client = RawPathClient()
    by_password(client)
    copied = with_key(key(client))
    assert is_signed_in(copied)
    end(client, editor)
    assert not is_signed_in(copied)
    assert not is_signed_in(with_key(copied.cookies[django_settings.SESSION_COOKIE_NAME].value))


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_password_that_was_changed_since_opens_nothing_with_the_second_factor(
    editor: User, app_secret: str, is_changed: bool
) -> None:
    client = RawPathClient()
    by_password(client)
    if is_changed:
        editor.set_password(NEW)
        editor.save()
    answer = client.post(FACTOR, {"code": code(app_secret, steps=1)})
    assert answer["Location"] == (LOGIN if is_changed else "/")
    assert is_signed_in(client) != is_changed
    # Nothing is left of the attempt.
    assert client.get(FACTOR).status_code == 302
