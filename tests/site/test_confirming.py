"""Confirming an old session: what is asked for first, and what is offered beside it."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import User
from django.core.cache import caches

from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db

CODES, CODE = "/accounts/security/codes/", "/accounts/confirm/code/"
BY_APP, BY_CODE = "Use a code of your authenticator app", "Use a recovery code"


@pytest.fixture(autouse=True)
def _no_guesses_yet() -> None:
    for alias in ("default", "process"):
        caches[alias].clear()


def with_factors(user: User, *, has_password: bool, has_app: bool, has_passkey: bool) -> None:
    """Give a user second factors; recovery codes come with each."""
    if not has_password:
        user.set_unusable_password()
        user.save()
    if has_app:
        TOTP.activate(user, generate_totp_secret())
    if has_passkey:
        Authenticator.objects.create(
            user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop"}
        )
    RecoveryCodes.activate(user)


@pytest.mark.parametrize(
    ("has_password", "has_app", "has_passkey", "first"),
    [
        (True, True, True, "/accounts/confirm/"),
        (True, False, True, "/accounts/confirm/"),
        (False, True, True, "/accounts/confirm/passkey/"),
        (False, False, True, "/accounts/confirm/passkey/"),
        (False, True, False, CODE),
    ],
)
def test_a_code_is_asked_for_last_and_an_app_only_of_who_has_one(
    editor: User, has_password: bool, has_app: bool, has_passkey: bool, first: str
) -> None:
    with_factors(editor, has_password=has_password, has_app=has_app, has_passkey=has_passkey)
    client = RawPathClient()
    client.force_login(editor)
    assert client.get(CODES)["Location"].startswith(f"{first}?next=")

    page = client.get(CODE).content.decode()
    assert ("authenticator app" in page) == has_app
    assert "recovery code" in page
    assert ("Use your password" in page) == has_password
    assert ("Use a passkey" in page) == has_passkey
    if has_password:
        page = client.get("/accounts/confirm/").content.decode()
        assert (BY_APP in page, BY_CODE in page) == (has_app, not has_app)
