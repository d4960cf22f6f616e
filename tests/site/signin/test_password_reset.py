"""A new password by mail. The answer never tells who has an account."""

from __future__ import annotations

import re
import threading

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import caches
from pytest_django import Settings

from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db
RESET, LOGIN = "/accounts/password/reset/", "/accounts/login/"
NEW = "plum-lantern-42"


@pytest.fixture(autouse=True)
def _has_mail(settings: Settings) -> None:
    settings.HAS_MAIL = True
    settings.HAS_DASHBOARD_URL = False
    for alias in ("default", "process"):
        caches[alias].clear()


@pytest.fixture
def person(viewer: User) -> User:
    """A viewer with an address."""
    viewer.email = "viewer@example.com"
    viewer.save()
    return viewer


def ask(client: RawPathClient, address: str) -> str:
    """Ask for a link; returns where it leads. What is sent beside the request has been sent."""
    answer = client.post(RESET, {"email": address})
    for thread in threading.enumerate():
        if thread.name == "password-reset":
            thread.join(10)
    return str(answer.headers.get("Location", answer.status_code))


def link() -> str:
    """The path of the link in the last mail."""
    [found] = re.findall(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    return str(found)


def test_the_link_of_the_mail_sets_a_new_password(
    person: User, anonymous_client: RawPathClient
) -> None:
    other = RawPathClient()
    other.force_login(person)
    assert "Forgotten password?" in anonymous_client.get(LOGIN).content.decode()
    assert ask(anonymous_client, "Viewer@example.com") == "/accounts/password/reset/sent/"
    [message] = mail.outbox
    assert message.to == ["viewer@example.com"]
    assert message.subject == "New password for Customers"
    assert "&" not in message.body
    page = anonymous_client.get(link(), follow=True)
    [(hidden, _)] = page.redirect_chain
    assert hidden.endswith("-set-password/")
    wrong = anonymous_client.post(hidden, {"password1": NEW, "password2": "b"})
    assert wrong.status_code == 422
    done = anonymous_client.post(hidden, {"password1": NEW, "password2": NEW}, follow=True)
    assert "Your password was changed" in done.content.decode()
    person.refresh_from_db()
    assert person.check_password(NEW)
    # Nobody is signed in by it, and what was signed in is not any more.
    assert anonymous_client.get("/accounts/security/").status_code == 302
    assert other.get("/accounts/security/").status_code == 302


def test_capital_letters_in_a_stored_address_make_no_difference(
    person: User, anonymous_client: RawPathClient
) -> None:
    User.objects.filter(pk=person.pk).update(email="Vi.Ewer@Example.com")
    User.objects.create_user("other", email="v%.ewer@example.com", password="a")
    assert ask(anonymous_client, "vi.ewer@example.COM") == "/accounts/password/reset/sent/"
    assert [message.to for message in mail.outbox] == [["Vi.Ewer@Example.com"]]
    User.objects.update(is_active=False)
    ask(anonymous_client, "vi.ewer@example.com")
    assert len(mail.outbox) == 1


def test_the_link_begins_with_the_dashboards_own_address(
    person: User, anonymous_client: RawPathClient, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.example.com"]
    settings.DASHBOARD_URL = "https://dashboard.example.com"
    settings.HAS_DASHBOARD_URL = True
    anonymous_client.post(RESET, {"email": person.email}, headers={"Host": "other.example.com"})
    ask(anonymous_client, person.email)
    assert len(mail.outbox) == 2
    for message in mail.outbox:
        assert "https://dashboard.example.com/accounts/password/reset/" in message.body
        assert "other.example.com" not in message.body


def test_a_link_works_once(person: User, anonymous_client: RawPathClient) -> None:
    ask(anonymous_client, "viewer@example.com")
    used = link()
    hidden = anonymous_client.get(used)["Location"]
    anonymous_client.post(hidden, {"password1": NEW, "password2": NEW})
    page = RawPathClient().get(used).content.decode()
    assert "This link is not valid any more" in page


@pytest.mark.parametrize("kind", ["unknown", "inactive", "of the provider"])
def test_the_answer_tells_nothing(person: User, anonymous_client: RawPathClient, kind: str) -> None:
    if kind == "inactive":
        User.objects.update(is_active=False)
    if kind == "of the provider":
        person.set_unusable_password()
        person.save()
    address = "other@example.com" if kind == "unknown" else "viewer@example.com"
    assert ask(anonymous_client, address) == "/accounts/password/reset/sent/"
    assert mail.outbox == []


def test_asking_again_and_again_has_to_wait(person: User, anonymous_client: RawPathClient) -> None:
    answers = [ask(anonymous_client, "viewer@example.com") for _ in range(8)]
    assert answers == ["/accounts/password/reset/sent/"] * 6 + ["429"] * 2
    assert len(mail.outbox) == 6
    # Sign-in is not slowed by it.
    data = {"username": "viewer", "password": "viewer-password"}
    assert anonymous_client.post(LOGIN, data).status_code == 302


def test_without_mail_there_is_no_reset(
    anonymous_client: RawPathClient, settings: Settings
) -> None:
    settings.HAS_MAIL = False
    assert "Forgotten password?" not in anonymous_client.get(LOGIN).content.decode()
    for path in (RESET, "/accounts/password/reset/sent/", "/accounts/password/reset/1-a/"):
        assert anonymous_client.get(path).status_code == 404


@pytest.mark.parametrize("key", ["1-a", "ZZZZZZZZZZZZZ-a", "1-set-password", "0-" + "a" * 500])
def test_a_link_that_is_none_says_so(anonymous_client: RawPathClient, key: str) -> None:
    page = anonymous_client.get(f"/accounts/password/reset/{key}/")
    assert page.status_code == 200
    assert "This link is not valid any more" in page.content.decode()
