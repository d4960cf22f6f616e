"""Somebody without a role or a company sees whom to ask, and asks with one button."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from customers.access.roles import Role
from customers.models import AccessRequest, PersonEvent
from customers.people import accounts, asking, granting
from customers.people.companies import Given
from customers.scope import NOTHING, restricted
from tests.conftest import RawPathClient
from tests.support.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def outsider(groups: None) -> User:
    """Somebody without a role."""
    return person("jo", None, sees_all=False)


@pytest.fixture
def client(outsider: User) -> RawPathClient:
    """Their browser."""
    client = RawPathClient()
    client.force_login(outsider)
    return client


def test_without_a_role_every_page_says_whom_to_ask(
    settings: Settings, client: RawPathClient
) -> None:
    settings.SUPPORT_CONTACT = "the help desk, help@example.com"
    answer = client.get("/")
    html = answer.content.decode()
    assert answer.status_code == 403
    assert "You have no role yet" in html
    assert "the help desk" in html
    assert 'action="/access/"' in html


def test_a_request_is_stored_once_and_shown(
    client: RawPathClient, outsider: User, manager_client: RawPathClient
) -> None:
    for _ in range(2):
        assert client.post("/access/").status_code == 303
    assert AccessRequest.objects.get().user == outsider
    assert PersonEvent.objects.filter(user=outsider).count() == 1
    for url in ("/access/", "/"):
        html = client.get(url).content.decode()
        assert "You asked" in html
        assert '<button type="submit" class="primary">Ask for access' not in html
    html = manager_client.get("/people/").content.decode()
    assert "Asked for access" in html
    assert manager_client.get("/notifications/").content.decode().count("jo asks for access") == 2
    assert '<span class="badge">1</span>' in html.partition("<main")[0]
    assert "1</span>" not in client.get("/access/").content.decode()


def test_a_request_ends_with_a_role_and_companies(manager: User, outsider: User) -> None:
    asking.ask(outsider)
    accounts.change_role(manager, outsider.pk, Role.VIEWER)
    assert asking.number_of_requests() == 1
    granting.give(manager, outsider.pk, [Given("company", "one")])
    assert asking.number_of_requests() == 0


def test_a_request_is_declined_and_may_be_made_again(
    manager_client: RawPathClient, client: RawPathClient, outsider: User
) -> None:
    client.post("/access/")
    url = f"/people/{outsider.pk}/"
    assert "Request for access" in manager_client.get(url).content.decode()
    assert manager_client.post(url, {"action": "decline"}).status_code == 303
    assert asking.number_of_requests() == 0
    client.post("/access/")
    assert asking.number_of_requests() == 1


def test_one_who_has_access_cannot_ask(viewer: User, viewer_client: RawPathClient) -> None:
    viewer_client.post("/access/")
    assert AccessRequest.objects.count() == 0
    assert "nothing to ask for" in viewer_client.get("/access/").content.decode()


def test_without_a_company_every_page_says_so(groups: None) -> None:
    jo = person("viewer-of-none", Role.VIEWER, sees_all=False)
    client = RawPathClient()
    client.force_login(jo)
    with restricted(NOTHING):
        html = client.get("/settings/").content.decode()
    assert "Your account sees no company yet" in html
    assert 'action="/access/"' in html
    client.post("/access/")
    assert AccessRequest.objects.get().user == jo


def test_nobody_asks_without_signing_in(anonymous_client: RawPathClient, db: None) -> None:
    assert anonymous_client.post("/access/").status_code == 302
    assert AccessRequest.objects.count() == 0
