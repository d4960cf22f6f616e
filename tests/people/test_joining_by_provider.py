"""An invited person joins through the OpenID provider, a real one on loopback, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.db import DatabaseError
from pytest_django import Settings

from customers.access.people import role_of, scope_of
from customers.access.roles import Role
from customers.models import Invitation, Person
from customers.people import invitations
from customers.people.companies import Given
from customers.people.invitations import NewPerson
from tests.conftest import RawPathClient
from tests.support.people import person
from tests.support.servers import oidc

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def provider_server() -> Iterator[str]:
    with oidc.provider() as issuer:
        yield issuer


@pytest.fixture
def issuer(provider_server: str, settings: Settings) -> str:
    """The provider, which the dashboard uses; nobody has a password."""
    oidc.use(settings, provider_server, LOCAL_PASSWORDS=False)
    return provider_server


@pytest.fixture
def token(groups: None) -> str:
    """The link of somebody who is invited."""
    new = NewPerson("jo", "jo@example.com", Role.EDITOR, given=[Given("company", "one")])
    jo = invitations.invite(person("manager", Role.ADMINISTRATOR), new)
    return invitations.token_of(Invitation.objects.get(user=jo))


def join(live: str, token: str, subject: str) -> requests.Response:
    """The dashboard's answer to the return of somebody who pressed the button of an invitation."""
    browser = requests.Session()
    back = oidc.agree(browser, oidc.leave(browser, live, invitation=token), subject)
    return browser.get(back, allow_redirects=False, timeout=10)


def test_the_account_of_the_invitation_becomes_theirs(live: str, issuer: str, token: str) -> None:
    page = RawPathClient().get(f"/invitations/{token}/").content.decode()
    assert "Join with Example login" in page
    assert "new_password1" not in page
    oidc.set_claims(issuer, "jo-1", preferred_username="somebody", email="else@example.com")
    assert join(live, token, "jo-1").headers["Location"] == "/"
    jo = User.objects.get(username="jo")
    assert SocialAccount.objects.get().user == jo
    assert role_of(jo) == Role.EDITOR
    assert scope_of(jo).companies == frozenset({"one"})
    assert not jo.has_usable_password()
    assert RawPathClient().get(f"/invitations/{token}/").status_code == 410
    # From now on without the link.
    oidc.sign_in(live, "jo-1")
    assert User.objects.count() == 2


def test_a_used_link_joins_nobody_else(live: str, issuer: str, token: str) -> None:
    for subject in ("jo-2", "other"):
        oidc.set_claims(issuer, subject, preferred_username=subject)
        join(live, token, subject)
    other = User.objects.get(username="other")
    assert role_of(other) is None
    assert SocialAccount.objects.get(user__username="jo").uid == "jo-2"


def test_one_who_has_an_account_keeps_it(live: str, issuer: str, token: str) -> None:
    oidc.set_claims(issuer, "known", preferred_username="known")
    oidc.sign_in(live, "known")
    join(live, token, "known")
    assert SocialAccount.objects.get().user.username == "known"
    assert Invitation.objects.get().accepted_at is None


def lose_connection(*_: object, **__: object) -> None:
    raise DatabaseError("the connection is lost")


def test_a_link_is_still_open_after_a_sign_in_that_failed(
    live: str, issuer: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    oidc.set_claims(issuer, "jo-3", preferred_username="jo-3")
    with monkeypatch.context() as broken:
        broken.setattr(SocialAccount, "save", lose_connection)
        assert join(live, token, "jo-3").status_code >= 500
    assert Invitation.objects.get().accepted_at is None
    assert join(live, token, "jo-3").headers["Location"] == "/"
    assert SocialAccount.objects.get().user.username == "jo"
    assert User.objects.count() == 2


def test_somebody_new_has_an_account_or_none(
    live: str, issuer: str, groups: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    oidc.set_claims(issuer, "new-1", preferred_username="new-1")
    with monkeypatch.context() as broken:
        broken.setattr(Person, "save", lose_connection)
        assert oidc.sign_in(live, "new-1")[1].status_code >= 500
    assert not User.objects.exists()


def test_where_there_are_no_passwords_none_is_set(
    settings: Settings, token: str, groups: None
) -> None:
    settings.LOCAL_PASSWORDS = False
    form = {"new_password1": "plum-lantern-42", "new_password2": "plum-lantern-42"}
    RawPathClient().post(f"/invitations/{token}/", form)
    assert not User.objects.get(username="jo").has_usable_password()
