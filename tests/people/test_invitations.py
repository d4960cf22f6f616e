"""Invitations: one link that works once, for seven days, for the person alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from customers.access.people import grant, role_of, scope_of
from customers.access.roles import Role
from customers.models import CompanyState, Grant, Invitation, Person, PersonEvent
from customers.people import invitations
from customers.people.companies import Given
from customers.people.invitations import NewPerson
from customers.people.rules import Refused
from tests.conftest import RawPathClient
from tests.support.people import person

pytestmark = pytest.mark.django_db

PASSWORD = "plum-lantern-42"
FORM = {"username": "jo", "email": "jo@example.com", "role": "editor", "sees": "all"}


@pytest.fixture
def has_mail(settings: Settings) -> None:
    settings.HAS_MAIL = True


def invite(client: RawPathClient, **more: Any) -> Any:
    return client.post("/people/invite/", FORM | more)


def mailed_link() -> str:
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def join(link: str, password: str = PASSWORD) -> int:
    """The status of setting a password with a link."""
    form = {"new_password1": password, "new_password2": password}
    return int(RawPathClient().post(link, form).status_code)


def test_an_invited_person_joins_with_the_link_of_the_mail(
    has_mail: None, manager_client: RawPathClient
) -> None:
    answer = invite(manager_client)
    assert answer.status_code == 303
    (message,) = mail.outbox
    assert message.to == ["jo@example.com"]
    assert "manager has added you" in message.body
    link = mailed_link()
    # Once the mail is out, the link is shown to nobody else.
    assert link not in manager_client.get(answer["Location"]).content.decode()
    page = RawPathClient().get(link)
    assert page.status_code == 200
    assert "jo" in page.content.decode()
    assert join(link) == 200
    client = RawPathClient()
    assert client.login(username="jo", password=PASSWORD)
    assert client.get("/imports/").status_code == 200
    jo = User.objects.get(username="jo")
    assert role_of(jo) == Role.EDITOR
    assert scope_of(jo).is_everything
    assert jo.person.invited_by is not None
    assert [each.action for each in PersonEvent.objects.filter(user=jo)] == [
        "accepted",
        "all_companies",
        "invited",
    ]


def test_the_link_leads_to_the_dashboard_whatever_host_the_request_names(
    has_mail: None, manager_client: RawPathClient, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.DASHBOARD_URL, settings.HAS_DASHBOARD_URL = "https://dashboard.example.com", True
    manager_client.post("/people/invite/", FORM, headers={"host": "evil.example"})
    text = str(mail.outbox[-1].body)
    assert "https://dashboard.example.com/invitations/" in text
    assert "evil.example" not in text


def test_a_link_works_once(has_mail: None, manager_client: RawPathClient) -> None:
    invite(manager_client)
    link = mailed_link()
    assert join(link) == 200
    assert join(link, "another-lantern-7") == 410
    assert RawPathClient().get(link).status_code == 410
    assert User.objects.get(username="jo").check_password(PASSWORD)


def test_a_weak_password_is_answered_with_the_form(
    has_mail: None, manager_client: RawPathClient
) -> None:
    invite(manager_client)
    assert join(mailed_link(), "12345") == 422
    assert join(mailed_link()) == 200


def test_a_link_expires(has_mail: None, manager_client: RawPathClient) -> None:
    invite(manager_client)
    link = mailed_link()
    Invitation.objects.update(sent_at=timezone.now() - timedelta(days=7))
    assert RawPathClient().get(link).status_code == 410
    assert join(link) == 410
    page = manager_client.get(f"/people/{User.objects.get(username='jo').pk}/").content.decode()
    assert "Invitation expired" in page


def test_a_new_link_replaces_the_one_before(
    has_mail: None, manager: User, manager_client: RawPathClient
) -> None:
    url = invite(manager_client)["Location"].partition("?")[0]
    first = mailed_link()
    assert manager_client.post(url, {"action": "resend"}).status_code == 303
    second = mailed_link()
    assert first != second
    assert RawPathClient().get(first).status_code == 410
    assert join(second) == 200
    answer = manager_client.post(url, {"action": "resend"})
    assert answer.status_code == 422
    assert "needs no invitation" in answer.content.decode()


def test_a_withdrawn_link_works_no_more_until_it_is_sent_again(
    has_mail: None, manager_client: RawPathClient
) -> None:
    url = invite(manager_client)["Location"].partition("?")[0]
    link = mailed_link()
    manager_client.post(url, {"action": "withdraw"})
    assert join(link) == 410
    assert not User.objects.get(username="jo").is_active
    assert "Invitation withdrawn" in manager_client.get(url).content.decode()
    manager_client.post(url, {"action": "resend"})
    assert join(mailed_link()) == 200


def test_another_address_ends_the_link_that_went_to_the_one_before(
    has_mail: None, manager_client: RawPathClient
) -> None:
    url = invite(manager_client)["Location"].partition("?")[0]
    first = mailed_link()
    manager_client.post(url, {"action": "email", "email": "right@example.com"})
    assert RawPathClient().get(first).status_code == 410
    assert join(first) == 410
    page = manager_client.get(url).content.decode()
    assert "This link has not been mailed" in page
    manager_client.post(url, {"action": "resend"})
    assert mail.outbox[-1].to == ["right@example.com"]
    assert join(mailed_link()) == 200


def test_one_who_is_switched_off_cannot_join(has_mail: None, manager_client: RawPathClient) -> None:
    url = invite(manager_client)["Location"].partition("?")[0]
    manager_client.post(url, {"action": "off"})
    assert join(mailed_link()) == 410


def test_one_who_has_signed_in_another_way_needs_no_link(
    has_mail: None, manager_client: RawPathClient
) -> None:
    invite(manager_client)
    link = mailed_link()
    User.objects.filter(username="jo").update(last_login=timezone.now())
    assert join(link) == 410


@pytest.mark.django_db(transaction=True)
def test_the_password_is_hashed_outside_the_transaction(
    groups: None, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def encode(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        seen.append(connection.in_atomic_block)
        return plain(hasher, password, salt)

    plain = MD5PasswordHasher.encode
    jo = invitations.invite(manager, NewPerson("jo", "jo@example.com", Role.EDITOR))
    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    accepted = invitations.accept(invitations.token_of(Invitation.objects.get(user=jo)), PASSWORD)
    assert accepted is not None
    assert accepted.check_password(PASSWORD)
    assert seen[0] is False


@pytest.mark.parametrize("token", ["x", "a.b", "%00", "..", "[1]", "W10.x" * 40])
def test_a_forged_link(token: str, db: None) -> None:
    assert RawPathClient().get(f"/invitations/{token}/").status_code in (404, 410)


def test_without_mail_the_page_shows_the_link_to_hand_out(
    settings: Settings, manager_client: RawPathClient
) -> None:
    settings.HAS_MAIL = False
    url = invite(manager_client)["Location"]
    page = manager_client.get(url).content.decode()
    assert mail.outbox == []
    assert "No mail server is set up" in page
    found = re.search(r"<code>http://testserver(\S+)</code>", page)
    assert found
    assert join(found[1]) == 200


def test_a_mail_server_that_fails(
    has_mail: None, manager_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("customers.people.mail.send_mail", fail)
    page = manager_client.get(invite(manager_client)["Location"]).content.decode()
    assert "This link has not been mailed" in page
    assert "/invitations/" in page


def test_the_link_of_one_who_will_see_more_is_not_shown(settings: Settings, manager: User) -> None:
    """An administrator of one company would join in place of somebody who sees all."""
    settings.HAS_MAIL = False
    jo = invitations.invite(manager, NewPerson("jo", "jo@example.com", Role.EDITOR, sees_all=True))
    narrow = person("narrow", Role.ADMINISTRATOR, sees_all=False)
    grant(narrow, Grant.Kind.COMPANY, "one")
    client = RawPathClient()
    client.force_login(narrow)
    assert "/invitations/" not in client.get(f"/people/{jo.pk}/").content.decode()
    assert client.post(f"/people/{jo.pk}/", {"action": "resend"}).status_code == 422


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"username": ""}, "Enter a user name."),
        ({"username": "jo bloggs"}, "Use letters, digits"),
        ({"username": "MANAGER"}, "Another account has this user name."),
        ({"email": "jo"}, "Enter an email address such as"),
        ({"email": "Taken@Example.com"}, "Another account has this email address."),
        ({"role": "owner"}, "Select a valid choice"),
        ({"sees": ""}, "Choose which companies"),
        ({"sees": "some", "tag": "nonsense"}, "Choose a tag"),
        ({"sees": "some", "owner": "a b"}, "without spaces"),
    ],
)
def test_a_form_with_a_problem_is_answered_with_what_was_typed(
    manager: User, manager_client: RawPathClient, posted: dict[str, str], sentence: str
) -> None:
    User.objects.filter(pk=manager.pk).update(email="taken@example.com")
    answer = invite(manager_client, **posted)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert sentence in html
    assert f'value="{(FORM | posted)["email"]}"' in html
    assert not User.objects.filter(username="jo").exists()


def test_a_user_name_is_compared_and_stored_as_it_is_normalised(
    has_mail: None, manager_client: RawPathClient
) -> None:
    """NFKC makes one letter of some pairs, and several letters of some single ones."""
    assert invite(manager_client, username="ﬁnn").status_code == 303
    assert User.objects.filter(username="finn").exists()
    other = {"email": "other@example.com"}
    answer = invite(manager_client, username="ﬁnn", **other)
    assert answer.status_code == 422
    assert "Another account has this user name." in answer.content.decode()
    answer = invite(manager_client, username="ﬁ" * 100, **other)
    assert answer.status_code == 422
    assert "Enter at most 150 characters." in answer.content.decode()
    assert invite(manager_client, username="ﬁ" * 75, **other).status_code == 303


@pytest.mark.parametrize("host", [".".join(["İ" * 25] * 9) + ".com", "İ" * 40 + ".com"])
def test_an_address_to_which_no_mail_can_go(
    has_mail: None, manager_client: RawPathClient, host: str
) -> None:
    """In small letters and as it is sent, the host of an address can be longer than it was typed."""
    answer = invite(manager_client, email=f"jo@{host}")
    assert answer.status_code == 422
    assert not User.objects.filter(username="jo").exists()


def test_companies_are_found_and_ticked_without_scripts(
    has_mail: None, manager_client: RawPathClient
) -> None:
    for name in ("Alder", "Birch"):
        CompanyState.objects.create(
            company_id=name.lower(), name=name, search=name.lower(), read_at=timezone.now()
        )
    answer = invite(manager_client, sees="some", find_text="ald", find="1", company=["birch"])
    html = answer.content.decode()
    assert answer.status_code == 200
    assert re.findall(r'name="company" value="(\w+)"( checked)?', html) == [
        ("birch", " checked"),
        ("alder", ""),
    ]
    assert 'value="jo@example.com"' in html
    assert not User.objects.filter(username="jo").exists()
    assert invite(manager_client, sees="some", company=["birch", "alder"]).status_code == 303
    jo = User.objects.get(username="jo")
    assert scope_of(jo).companies == frozenset({"birch", "alder"})
    assert not Person.objects.get(pk=jo.pk).sees_all


def test_an_administrator_invites_to_what_they_see_only(groups: None) -> None:
    narrow = person("narrow", Role.ADMINISTRATOR, sees_all=False)
    grant(narrow, Grant.Kind.COMPANY, "one")
    for wider in (
        NewPerson("jo", "jo@example.com", Role.EDITOR, sees_all=True),
        NewPerson("jo", "jo@example.com", Role.EDITOR, given=[Given("company", "two")]),
        NewPerson("jo", "jo@example.com", Role.EDITOR, given=[Given("tag", "north", "region")]),
        NewPerson("jo", "jo@example.com", Role.EDITOR, given=[Given("owner", "u1")]),
    ):
        with pytest.raises(Refused, match="that you see"):
            invitations.invite(narrow, wider)
    assert not User.objects.filter(username="jo").exists()
    given = NewPerson("jo", "jo@example.com", Role.EDITOR, given=[Given("company", "one")])
    assert scope_of(invitations.invite(narrow, given)).companies == frozenset({"one"})
