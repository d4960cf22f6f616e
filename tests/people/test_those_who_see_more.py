"""An administrator of some companies changes nothing about people who see others; through the page of a person."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from customers.access.people import grant, role_of, scope_of
from customers.access.roles import Role
from customers.models import Grant, Invitation, PersonEvent
from customers.people import invitations
from customers.people.accounts import change_role_by_claims
from customers.people.invitations import NewPerson
from customers.people.rules import Refused
from tests.conftest import RawPathClient
from tests.support.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def narrow(groups: None) -> User:
    """An administrator who sees one company."""
    user = person("narrow", Role.ADMINISTRATOR, sees_all=False)
    grant(user, Grant.Kind.COMPANY, "one")
    return user


@pytest.fixture
def narrow_client(narrow: User) -> RawPathClient:
    """Their browser."""
    client = RawPathClient()
    client.force_login(narrow)
    return client


@pytest.mark.parametrize(
    ("role", "posted"),
    [
        (Role.ADMINISTRATOR, {"action": "role", "role": "viewer"}),
        (Role.VIEWER, {"action": "role", "role": "administrator"}),
        (Role.VIEWER, {"action": "off"}),
        (Role.VIEWER, {"action": "some"}),
        (Role.VIEWER, {"action": "email", "email": "narrow@example.com"}),
    ],
)
def test_one_who_sees_all_companies_stays_as_they_are(
    narrow_client: RawPathClient, role: Role, posted: dict[str, str]
) -> None:
    wide = person("wide", role)
    answer = narrow_client.post(f"/people/{wide.pk}/", posted)
    assert answer.status_code == 422
    assert "sees companies that you do not see" in answer.content.decode()
    wide = User.objects.get(pk=wide.pk)
    assert (role_of(wide), wide.is_active, wide.email) == (role, True, "")
    assert scope_of(wide).is_everything
    assert not PersonEvent.objects.filter(user=wide).exists()


def test_they_stay_off(narrow_client: RawPathClient) -> None:
    wide = person("wide", Role.VIEWER)
    User.objects.filter(pk=wide.pk).update(is_active=False)
    assert narrow_client.post(f"/people/{wide.pk}/", {"action": "on"}).status_code == 422
    assert not User.objects.get(pk=wide.pk).is_active


def test_their_invitation_stays_open(manager: User, narrow_client: RawPathClient) -> None:
    jo = invitations.invite(manager, NewPerson("jo", "jo@example.com", Role.EDITOR, sees_all=True))
    assert narrow_client.post(f"/people/{jo.pk}/", {"action": "withdraw"}).status_code == 422
    assert Invitation.objects.get(user=jo).withdrawn_at is None


def test_one_who_sees_the_same_companies_is_changed(narrow_client: RawPathClient) -> None:
    equal = person("equal", Role.VIEWER, sees_all=False)
    grant(equal, Grant.Kind.COMPANY, "one")
    for posted in (
        {"action": "role", "role": "administrator"},
        {"action": "off"},
        {"action": "on"},
    ):
        assert narrow_client.post(f"/people/{equal.pk}/", posted).status_code == 303
    assert role_of(equal) == Role.ADMINISTRATOR


def test_one_steps_down_who_sees_one_company(
    manager: User, narrow: User, narrow_client: RawPathClient
) -> None:
    posted = {"action": "role", "role": "editor"}
    assert narrow_client.post(f"/people/{narrow.pk}/", posted).status_code == 303
    assert role_of(narrow) == Role.EDITOR


def test_the_last_who_sees_all_companies_stays_an_administrator(
    manager: User, narrow: User, manager_client: RawPathClient
) -> None:
    posted = {"action": "role", "role": "editor"}
    answer = manager_client.post(f"/people/{manager.pk}/", posted)
    assert answer.status_code == 422
    assert "No other administrator sees all companies" in answer.content.decode()
    with pytest.raises(Refused):
        change_role_by_claims(manager.pk, Role.EDITOR)
    assert role_of(User.objects.get(pk=manager.pk)) == Role.ADMINISTRATOR
    assert manager_client.post(f"/people/{narrow.pk}/", {"action": "all"}).status_code == 303
    assert manager_client.post(f"/people/{manager.pk}/", posted).status_code == 303
