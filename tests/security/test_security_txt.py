"""`/.well-known/security.txt`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from tests.conftest import RawPathClient

ADDRESS = "/.well-known/security.txt"


def test_it_says_where_to_report_and_until_when(
    anonymous_client: RawPathClient, settings: Settings
) -> None:
    settings.SECURITY_CONTACT = ["mailto:security@example.com", "https://example.com/report"]
    response = anonymous_client.get(ADDRESS)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    lines = [line.split(": ", 1) for line in response.content.decode().splitlines()]
    assert [value for name, value in lines if name == "Contact"] == settings.SECURITY_CONTACT
    [expires] = [value for name, value in lines if name == "Expires"]
    ahead = datetime.fromisoformat(expires) - datetime.now(UTC)
    assert timedelta(days=30) < ahead < timedelta(days=365)
    assert anonymous_client.post(ADDRESS).status_code in (403, 405)


@pytest.mark.django_db
def test_without_a_contact_there_is_none(
    anonymous_client: RawPathClient, settings: Settings
) -> None:
    settings.SECURITY_CONTACT = []
    assert anonymous_client.get(ADDRESS).status_code == 404
