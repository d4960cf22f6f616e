"""New passwords: which are refused; and one password in two spellings of Unicode."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.core.cache import caches
from pytest_django import Settings

from codatdash.signin.password_settings import PASSWORD_HASHERS
from codatdash.signin.passwords import NormalisedHasher
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db
LOGIN, PASSWORD = "/accounts/login/", "/accounts/password/"
# The same text: the é is one character, or an e and an accent.
COMPOSED, DECOMPOSED = "caf\u00e9-lantern-42", "cafe\u0301-lantern-42"


@pytest.fixture(autouse=True)
def _no_guesses_yet() -> None:
    for alias in ("default", "process"):
        caches[alias].clear()


@pytest.fixture
def firm(settings: Settings, viewer: User) -> None:
    """Names of a firm, and an address of one of its people."""
    settings.PRODUCT_NAME = "Ledgerline"
    settings.PASSWORD_WORDS = ["Harbour Lights", "Orion"]
    settings.DASHBOARD_URL = "https://books.quayside.example"
    settings.HAS_DASHBOARD_URL = True
    User.objects.filter(pk=viewer.pk).update(email="v.marlowe@firm.example", first_name="Vita")


def answer(client: RawPathClient, new: str) -> str:
    """The page after a change of the password; "" where it was changed."""
    data = {"old_password": "viewer-password", "new_password1": new, "new_password2": new}
    response = client.post(PASSWORD, data)
    return "" if response.status_code == 302 else response.content.decode()


@pytest.mark.parametrize(
    "new",
    [
        "Ledgerline2026!",
        "HarbourLights!7",
        "orion-orion-17",
        "quayside#12345",
        "Marlowe+Codat1",
        "Dashboard-2026",
        "\uff2f\uff32\uff29\uff2f\uff2e-2026-\uff01",
    ],
)
def test_names_make_no_password(viewer_client: RawPathClient, firm: None, new: str) -> None:
    assert "little more than names" in answer(viewer_client, new)


@pytest.mark.parametrize(
    "new", ["plum-lantern-42", "Orion plum lantern", "Ledgerline-plum-lantern"]
)
def test_a_name_beside_enough_else_is_no_problem(
    viewer_client: RawPathClient, firm: None, new: str
) -> None:
    assert answer(viewer_client, new) == ""


def test_another_spelling_hides_no_common_password(viewer_client: RawPathClient) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in "password1")
    for new in ("password1", wide):
        assert "This password is too common." in answer(viewer_client, new)
    assert "This password is too short." in answer(viewer_client, "Tr7-qu")


@pytest.fixture
def hasher(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hashers of the settings, with a quick first one."""
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    monkeypatch.setattr(NormalisedHasher, "iterations", 1000)


def signs_in(password: str) -> bool:
    data = {"username": "viewer", "password": password}
    return bool(RawPathClient().post(LOGIN, data).status_code == 302)


def test_two_spellings_are_one_password(hasher: None, viewer: User) -> None:
    for stored in (COMPOSED, DECOMPOSED):
        viewer.set_password(stored)
        viewer.save()
        assert viewer.password.startswith("pbkdf2_sha256$1000$")
        assert signs_in(COMPOSED)
        assert signs_in(DECOMPOSED)
        assert not signs_in("cafe-lantern-42")
        assert not signs_in("cafe\u0301-lantern-43")


def test_a_hash_from_before_stays_right(hasher: None, viewer: User) -> None:
    viewer.password = PBKDF2PasswordHasher().encode(DECOMPOSED, "salt", 1000)
    viewer.save()
    assert signs_in(DECOMPOSED)
    assert not signs_in("cafe\u0301-lantern-43")
