"""Two at the same moment: an administrator remains, and a link is used once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from codatdash.signin.provider import set_role_by_claims
from customers.access.roles import Role
from customers.models import Invitation, PersonEvent
from customers.people import accounts, asking, invitations
from customers.people.invitations import NewPerson
from customers.people.rules import Refused, administrators
from tests.support.people import person
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def refused(change: Callable[[], object]) -> bool:
    """Whether the rules refuse a change."""
    try:
        change()
    except Refused:
        return True
    return False


def test_of_two_administrators_who_demote_each_other_one_remains(groups: None) -> None:
    for attempt in range(5):
        first = person(f"first{attempt}", Role.ADMINISTRATOR)
        second = person(f"second{attempt}", Role.ADMINISTRATOR)
        User.objects.exclude(pk__in=[first.pk, second.pk]).update(is_active=False)
        changes = [
            lambda by=by, of=of: refused(lambda: accounts.change_role(by, of.pk, Role.EDITOR))
            for by, of in ((first, second), (second, first))
        ]
        assert sorted(all_at_once(changes)) == [False, True]
        assert administrators().count() == 1


def test_of_two_administrators_who_step_down_one_remains(groups: None) -> None:
    both = [person("first", Role.ADMINISTRATOR), person("second", Role.ADMINISTRATOR)]
    changes = [
        lambda one=one: refused(lambda: accounts.change_role(one, one.pk, None)) for one in both
    ]
    assert sorted(all_at_once(changes)) == [False, True]
    assert administrators().count() == 1


def test_of_two_administrators_who_sign_in_without_claims_one_remains(
    groups: None, settings: Settings
) -> None:
    settings.OIDC_ROLES = [("admins", "Administrator")]
    both = [person("first", Role.ADMINISTRATOR), person("second", Role.ADMINISTRATOR)]
    all_at_once([partial(set_role_by_claims, one, []) for one in both])
    assert administrators().count() == 1


def test_of_two_administrators_who_switch_each_other_off_one_remains(groups: None) -> None:
    first, second = person("first", Role.ADMINISTRATOR), person("second", Role.ADMINISTRATOR)
    changes = [
        lambda by=by, of=of: refused(lambda: accounts.switch_off(by, of.pk))
        for by, of in ((first, second), (second, first))
    ]
    assert sorted(all_at_once(changes)) == [False, True]
    assert administrators().count() == 1


def test_the_same_person_is_invited_once(groups: None) -> None:
    manager = person("manager", Role.ADMINISTRATOR)
    changes = [
        lambda name=name: refused(
            lambda: invitations.invite(manager, NewPerson(name, "jo@example.com", Role.EDITOR))
        )
        for name in ("jo", "JO", "other")
    ]
    assert sorted(all_at_once(changes)) == [False, True, True]
    assert User.objects.filter(email="jo@example.com").count() == 1


def test_a_link_sets_one_password(groups: None) -> None:
    manager = person("manager", Role.ADMINISTRATOR)
    jo = invitations.invite(manager, NewPerson("jo", "jo@example.com", Role.EDITOR))
    token = invitations.token_of(Invitation.objects.get(user=jo))

    def joins(password: str) -> bool:
        return invitations.accept(token, password) is not None

    joined = all_at_once([partial(joins, password) for password in "abc"])
    assert sorted(joined) == [False, False, True]
    jo.refresh_from_db()
    assert jo.check_password("abc"[joined.index(True)])


def test_a_link_that_is_withdrawn_at_the_same_moment(groups: None) -> None:
    manager = person("manager", Role.ADMINISTRATOR)
    jo = invitations.invite(manager, NewPerson("jo", "jo@example.com", Role.EDITOR))
    token = invitations.token_of(Invitation.objects.get(user=jo))
    joined, withdrawn = all_at_once(
        [
            lambda: invitations.accept(token, "plum") is not None,
            lambda: invitations.withdraw(manager, jo.pk),
        ]
    )
    assert joined != withdrawn
    jo.refresh_from_db()
    assert jo.is_active == joined


def test_somebody_asks_once(groups: None) -> None:
    jo = person("jo", None, sees_all=False)
    assert sorted(all_at_once([lambda: asking.ask(jo)] * 3)) == [False, False, True]
    assert PersonEvent.objects.filter(user=jo).count() == 1
