"""How long a session lasts: without use, and at most."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pytest_django import Settings

from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db


def age(client: RawPathClient, **seconds: float) -> None:
    """Move a session's times into the past."""
    session = client.session
    for name, ago in seconds.items():
        session[name] = time.time() - ago
    session.save()


def is_signed_in(client: RawPathClient, path: str = "/writes/", **options: Any) -> bool:
    return bool(client.get(path, **options).status_code == 200)


def test_a_session_ends_without_use(viewer_client: RawPathClient, settings: Settings) -> None:
    settings.SESSION_IDLE_MINUTES = 30
    assert is_signed_in(viewer_client)
    age(viewer_client, used_at=29 * 60)
    assert is_signed_in(viewer_client)
    # That was a use.
    age(viewer_client, used_at=29 * 60)
    assert is_signed_in(viewer_client)
    age(viewer_client, used_at=31 * 60)
    assert not is_signed_in(viewer_client)


def test_a_session_ends_in_any_case(viewer_client: RawPathClient, settings: Settings) -> None:
    settings.SESSION_MAX_HOURS = 8
    assert is_signed_in(viewer_client)
    age(viewer_client, began_at=7.9 * 3600)
    assert is_signed_in(viewer_client)
    age(viewer_client, began_at=8.1 * 3600)
    assert not is_signed_in(viewer_client)


def test_polling_does_not_extend_a_session(
    viewer_client: RawPathClient, settings: Settings
) -> None:
    settings.SESSION_IDLE_MINUTES = 30
    assert is_signed_in(viewer_client)
    age(viewer_client, used_at=20 * 60)
    before = viewer_client.session["used_at"]
    assert is_signed_in(viewer_client, "/writes/badge/", headers={"Automatic-Request": "1"})
    assert viewer_client.session["used_at"] == before
    assert is_signed_in(viewer_client)
    assert viewer_client.session["used_at"] > before


@pytest.mark.parametrize("name", ["used_at", "began_at"])
def test_the_first_sign_in_after_it_counts(viewer_client: RawPathClient, name: str) -> None:
    assert is_signed_in(viewer_client)
    age(viewer_client, **{name: 7 * 24 * 3600})
    data = {"username": "viewer", "password": "viewer-password", "next": "/writes/?page=2"}
    answer = viewer_client.post("/accounts/login/", data)
    assert answer["Location"] == "/writes/?page=2"
    assert is_signed_in(viewer_client)
