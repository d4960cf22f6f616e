"""The setting that requires a second factor: who is asked for it, and what a session from before may do."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from codatdash.signin.passkey_forms import ConfirmPasskeyForm
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.second_factor import APP, SECURITY, set_up, sign_in
from tests.support.totp import code

pytestmark = pytest.mark.django_db


@pytest.fixture
def required(settings: Settings) -> None:
    """Editors and above need a second factor."""
    settings.REQUIRE_SECOND_FACTOR = True


def test_an_editor_without_one_reaches_only_its_set_up(
    sandbox: Sandbox, editor: User, required: None
) -> None:
    client = RawPathClient()
    sign_in(client)
    for path in ("/", "/companies/", "/settings/", "/accounts/sessions/", "/accounts/password/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, SECURITY)
    page = client.get(SECURITY).content.decode()
    assert "Your role needs a second factor" in page
    fragment = client.get("/writes/badge/", headers={"HX-Request": "true"})
    assert fragment["HX-Redirect"] == SECURITY
    automatic = client.get(
        "/writes/badge/", headers={"HX-Request": "true", "Automatic-Request": "1"}
    )
    assert (automatic.status_code, automatic.content) == (204, b"")
    set_up(client)
    assert client.get("/companies/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302


def test_a_viewer_needs_none(
    sandbox: Sandbox, viewer_client: RawPathClient, required: None
) -> None:
    assert viewer_client.get("/companies/").status_code == 200


def test_a_session_from_before_is_asked_for_the_factor(
    sandbox: Sandbox, editor: User, secret: str, required: None
) -> None:
    client = RawPathClient()
    client.force_login(editor)
    answer = client.get("/companies/?q=a")
    assert answer["Location"] == "/accounts/confirm/code/?next=%2Fcompanies%2F%3Fq%3Da"
    confirmed = client.post(
        answer["Location"], {"code": code(secret, steps=1), "next": "/companies/?q=a"}
    )
    assert confirmed["Location"] == "/companies/?q=a"
    assert client.get("/companies/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        SECURITY,
        APP,
        "/accounts/security/app/remove/",
        "/accounts/security/codes/",
        "/accounts/security/codes/download/",
        "/accounts/security/passkeys/add/",
        "/accounts/confirm/",
    ],
)
def test_a_session_from_before_does_not_reach_factors_with_the_password_alone(
    editor: User, required: None, path: str
) -> None:
    before = RawPathClient()
    sign_in(before)
    assert before.get(SECURITY).status_code == 200
    owner = RawPathClient()
    sign_in(owner)
    secret = set_up(owner)
    for answer in (before.get(path), before.post(path, {"password": "editor-password"})):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/confirm/code/?next=")
    assert Authenticator.objects.filter(type="totp").exists()
    # The password would lead back to this page.
    assert "Use your password" not in before.get("/accounts/confirm/code/").content.decode()
    confirmed = before.post(
        "/accounts/confirm/code/", {"code": code(secret, steps=1), "next": SECURITY}
    )
    assert confirmed["Location"] == SECURITY
    assert before.get(SECURITY).status_code == 200


def test_after_the_last_factor_is_removed_it_is_needed_again(
    sandbox: Sandbox, editor: User, required: None
) -> None:
    client = RawPathClient()
    sign_in(client)
    set_up(client)
    assert client.post("/accounts/security/app/remove/").status_code == 302
    assert client.get("/companies/")["Location"] == SECURITY


@pytest.mark.parametrize("factor", ["totp", "webauthn"])
def test_a_session_that_removed_the_last_factor_goes_on_with_one_from_elsewhere(
    sandbox: Sandbox,
    editor: User,
    required: None,
    factor: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, other = RawPathClient(), RawPathClient()
    sign_in(client)
    set_up(client)
    assert client.post("/accounts/security/app/remove/").status_code == 302
    sign_in(other)
    secret = set_up(other)
    posted, path = {"code": code(secret, steps=1)}, "/accounts/confirm/code/"
    if factor == "webauthn":
        Authenticator.objects.all().delete()
        passkey = Authenticator.objects.create(user=editor, type="webauthn", data={"name": "Mine"})
        monkeypatch.setattr(ConfirmPasskeyForm, "clean_credential", lambda self: passkey)
        posted, path = {"credential": '{"id": 1}'}, "/accounts/confirm/passkey/"
    asked = client.get("/companies/?q=a")
    assert asked["Location"] == f"{path}?next=%2Fcompanies%2F%3Fq%3Da"
    confirmed = client.post(path, posted | {"next": "/companies/?q=a"})
    assert confirmed["Location"] == "/companies/?q=a"
    assert client.get("/companies/?q=a").status_code == 200


def test_the_setting_costs_no_query_of_its_own(
    sandbox: Sandbox, editor: User, settings: Settings
) -> None:
    client = RawPathClient()
    sign_in(client)
    set_up(client)

    def queries() -> int:
        client.get("/companies/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/companies/").status_code == 200
        return len(captured)

    before = queries()
    settings.REQUIRE_SECOND_FACTOR = True
    assert queries() == before
