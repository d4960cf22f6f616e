"""Roles, switching off, sessions and addresses: what the rules allow, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission, User

from customers.access.people import grant, role_of
from customers.access.roles import Role
from customers.models import Grant, PersonEvent
from customers.people import accounts, invitations
from customers.people.invitations import NewPerson
from customers.people.rules import Refused
from tests.conftest import RawPathClient
from tests.support.people import person

pytestmark = pytest.mark.django_db

Action = PersonEvent.Action


def events(user: User) -> list[tuple[str, str, str]]:
    """What was recorded about somebody, the newest first."""
    rows = PersonEvent.objects.filter(user=user)
    return list(rows.values_list("action", "by_name", "detail"))


def test_a_role_takes_effect_on_the_next_request(
    manager: User, viewer: User, viewer_client: RawPathClient
) -> None:
    assert viewer_client.get("/imports/").status_code == 403
    assert accounts.change_role(manager, viewer.pk, Role.EDITOR)
    assert viewer_client.get("/imports/").status_code == 200
    assert accounts.change_role(manager, viewer.pk, None)
    assert viewer_client.get("/imports/").status_code == 403
    assert events(viewer) == [
        (Action.ROLE, "manager", "Editor → No role"),
        (Action.ROLE, "manager", "Viewer → Editor"),
    ]


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.EDITOR])
@pytest.mark.parametrize("before", [None, Role.EDITOR])
def test_a_role_takes_the_place_of_permissions_given_directly(
    manager_client: RawPathClient, before: Role | None, role: Role | None
) -> None:
    """Those that were given by hand before there were roles; of the dashboard alone."""
    jo = person("jo", before)
    others = Permission.objects.get(codename="view_user")
    jo.user_permissions.add(Permission.objects.get(codename="approve_changes"), others)
    posted = {"action": "role", "role": role.name.lower() if role else ""}
    answer = manager_client.post(f"/people/{jo.pk}/", posted)
    assert answer["Location"].endswith("?done=role")
    jo = User.objects.get(pk=jo.pk)
    assert role_of(jo) == role
    assert not jo.has_perm("customers.approve_changes")
    assert list(jo.user_permissions.all()) == [others]
    assert manager_client.post(f"/people/{jo.pk}/", posted)["Location"].endswith("?done=nothing")


def test_the_same_role_changes_nothing(manager: User, viewer: User) -> None:
    assert not accounts.change_role(manager, viewer.pk, Role.VIEWER)
    assert events(viewer) == []


def test_the_last_administrator_keeps_the_role(manager: User) -> None:
    with pytest.raises(Refused, match="last administrator"):
        accounts.change_role(manager, manager.pk, Role.EDITOR)
    assert role_of(manager) == Role.ADMINISTRATOR
    other = person("other", Role.ADMINISTRATOR)
    assert accounts.change_role(manager, manager.pk, Role.EDITOR)
    with pytest.raises(Refused, match="last administrator"):
        accounts.change_role(other, other.pk, None)


def test_one_who_is_off_or_never_came_is_no_other_administrator(manager: User) -> None:
    off = person("off", Role.ADMINISTRATOR)
    accounts.switch_off(manager, off.pk)
    invitations.invite(manager, NewPerson("jo", "jo@example.com", Role.ADMINISTRATOR))
    with pytest.raises(Refused, match="last administrator"):
        accounts.change_role(manager, manager.pk, None)


def test_a_superuser_is_an_administrator_until_the_role_is_lowered(manager: User) -> None:
    root = User.objects.create_superuser("root")
    assert accounts.change_role(root, manager.pk, Role.EDITOR)
    with pytest.raises(Refused, match="last administrator"):
        accounts.change_role(root, root.pk, Role.VIEWER)
    accounts.change_role(root, manager.pk, Role.ADMINISTRATOR)
    assert accounts.change_role(manager, root.pk, Role.VIEWER)
    root.refresh_from_db()
    assert not root.is_superuser
    assert not root.is_staff
    assert role_of(root) == Role.VIEWER


def test_nobody_raises_their_own_role_or_gives_a_higher_one(manager: User) -> None:
    """Somebody may have got the permission beside their role."""
    helper, viewer = person("helper", Role.EDITOR), person("somebody", Role.VIEWER)
    helper.user_permissions.add(Permission.objects.get(codename="manage_people"))
    with pytest.raises(Refused, match="your own role"):
        accounts.change_role(helper, helper.pk, Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="up to your own"):
        accounts.change_role(helper, viewer.pk, Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="higher role"):
        accounts.switch_off(helper, manager.pk)
    assert accounts.change_role(helper, viewer.pk, Role.EDITOR)


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_only_administrators_change_people(groups: None, viewer: User, role: Role | None) -> None:
    by = person("by", role)
    changes: list[Callable[[], object]] = [
        lambda: accounts.change_role(by, viewer.pk, None),
        lambda: accounts.switch_off(by, viewer.pk),
        lambda: accounts.end_sessions(by, viewer.pk),
        lambda: accounts.change_email(by, viewer.pk, "a@example.com"),
    ]
    for change in changes:
        with pytest.raises(Refused, match="may not manage"):
            change()
    assert events(viewer) == []


def test_switching_off_ends_sessions_at_once_and_for_good(
    manager: User, viewer: User, viewer_client: RawPathClient
) -> None:
    assert viewer_client.get("/settings/").status_code == 200
    assert accounts.switch_off(manager, viewer.pk)
    assert viewer_client.get("/settings/").status_code == 302
    assert accounts.switch_on(manager, viewer.pk)
    assert viewer_client.get("/settings/").status_code == 302
    assert [action for action, _, _ in events(viewer)] == [Action.SWITCHED_ON, Action.SWITCHED_OFF]
    assert not accounts.switch_on(manager, viewer.pk)


def test_nobody_switches_off_themselves(manager: User) -> None:
    person("other", Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="your own account"):
        accounts.switch_off(manager, manager.pk)


def test_sessions_are_ended_everywhere_and_those_of_others_stay(
    manager: User,
    viewer: User,
    viewer_client: RawPathClient,
    manager_client: RawPathClient,
) -> None:
    second = RawPathClient()
    second.force_login(viewer)
    assert accounts.end_sessions(manager, viewer.pk) == 2
    assert viewer_client.get("/settings/").status_code == 302
    assert second.get("/settings/").status_code == 302
    assert manager_client.get("/settings/").status_code == 200
    assert accounts.end_sessions(manager, viewer.pk) == 0
    assert events(viewer) == [(Action.SESSIONS_ENDED, "manager", "2")]


def test_an_address_belongs_to_one_account(manager: User, viewer: User, editor: User) -> None:
    assert accounts.change_email(manager, viewer.pk, "jo@example.com")
    with pytest.raises(Refused, match="Another account"):
        accounts.change_email(manager, editor.pk, "Jo@Example.com")
    assert not accounts.change_email(manager, viewer.pk, "jo@example.com")
    assert events(viewer) == [(Action.EMAIL, "manager", "jo@example.com")]


def test_no_reset_of_the_password_goes_to_the_address_before(manager: User, viewer: User) -> None:
    EmailAddress.objects.create(user=viewer, email="before@example.com", primary=True)
    accounts.change_email(manager, viewer.pk, "jo@example.com")
    assert not EmailAddress.objects.filter(user=viewer).exists()


def test_the_address_of_one_who_sees_more_stays(groups: None, viewer: User) -> None:
    """With a reset of the password, it would be a way to sign in as that person; also while the account is off."""
    narrow = person("narrow", Role.ADMINISTRATOR, sees_all=False)
    grant(narrow, Grant.Kind.COMPANY, "one")
    for is_active in (True, False):
        User.objects.filter(pk=viewer.pk).update(is_active=is_active)
        with pytest.raises(Refused, match="do not see"):
            accounts.change_email(narrow, viewer.pk, "narrow@example.com")
    equal = person("equal", Role.VIEWER, sees_all=False)
    grant(equal, Grant.Kind.COMPANY, "one")
    assert accounts.change_email(narrow, equal.pk, "equal@example.com")


def test_a_person_who_is_gone(manager: User) -> None:
    with pytest.raises(Refused, match="does not exist"):
        accounts.switch_off(manager, 0)
