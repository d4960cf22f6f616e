"""Guesses of every secret wait, on whatever page they are made, and guesses on one page count on the others."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import caches
from pytest_django import Settings

from codatdash import throttle
from tests.conftest import RawPathClient
from tests.security.test_guesses import sign_in
from tests.support.totp import code

pytestmark = pytest.mark.django_db
LOGIN, CHANGE = "/accounts/login/", "/accounts/password/"
FACTOR, CONFIRM, CONFIRM_CODE = (
    "/accounts/second-factor/",
    "/accounts/confirm/",
    "/accounts/confirm/code/",
)
RIGHT, NEW = "editor-password", "plum-lantern-42"
FREE = throttle.FOR_ONE.free + 1
WAITS = "There were too many attempts"


@pytest.fixture(autouse=True)
def _no_guesses_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No wait is over while a test runs, however slow the machine is."""
    for alias in ("default", "process"):
        caches[alias].clear()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)


@pytest.fixture
def secret(editor: User) -> str:
    """The key of the editor's authenticator app; there are recovery codes, too."""
    client = RawPathClient()
    assert sign_in(client, RIGHT, name="editor") == 302
    page = client.get("/accounts/security/app/").content.decode()
    [found] = re.findall(r'<code class="totp-key">([A-Z2-7]+)</code>', page)
    assert client.post("/accounts/security/app/", {"code": code(found)}).status_code == 302
    caches["default"].clear()
    return str(found)


def app_code(secret: str) -> str:
    return code(secret, steps=1)


def recovery_code(secret: str) -> str:
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    return str(codes[0])


def password(secret: str) -> str:
    return RIGHT


def somebody(client: RawPathClient) -> None:
    """A browser that nobody has signed in with."""


def between(client: RawPathClient) -> None:
    """A browser that has given the password, and not the second factor."""
    assert client.post(LOGIN, {"username": "editor", "password": RIGHT}).status_code == 302


def inside(client: RawPathClient) -> None:
    """A browser with an old session, which may be somebody else's at the moment."""
    client.force_login(User.objects.get(username="editor"))


def at_sign_in(client: RawPathClient, guess: str) -> Any:
    return client.post(LOGIN, {"username": "editor", "password": guess})


def at_change(client: RawPathClient, guess: str) -> Any:
    form = {"old_password": guess, "new_password1": NEW, "new_password2": NEW}
    return client.post(CHANGE, form)


def at_confirmation(client: RawPathClient, guess: str) -> Any:
    return client.post(CONFIRM, {"password": guess})


def at_second_factor(client: RawPathClient, guess: str) -> Any:
    return client.post(FACTOR, {"code": guess})


def at_confirmation_by_code(client: RawPathClient, guess: str) -> Any:
    return client.post(CONFIRM_CODE, {"code": guess})


Begin = Callable[[RawPathClient], None]
Try = Callable[[RawPathClient, str], Any]
PASSWORDS: list[tuple[Begin, Try]] = [
    (somebody, at_sign_in),
    (inside, at_change),
    (inside, at_confirmation),
]
CODES: list[tuple[Begin, Try]] = [(between, at_second_factor), (inside, at_confirmation_by_code)]
PAGES = [
    *((begin, attempt, password) for begin, attempt in PASSWORDS),
    *((begin, attempt, app_code) for begin, attempt in CODES),
    *((begin, attempt, recovery_code) for begin, attempt in CODES),
]
IDS = [f"{attempt.__name__}-{right.__name__}" for _, attempt, right in PAGES]


def waits(answer: Any) -> bool:
    """Whether a guess was not even checked."""
    return answer.status_code in (200, 429) and WAITS in answer.content.decode()


@pytest.mark.parametrize(("begin", "attempt", "right"), PAGES, ids=IDS)
def test_after_the_free_guesses_even_the_right_one_waits(
    secret: str, begin: Begin, attempt: Try, right: Callable[[str], str]
) -> None:
    client = RawPathClient()
    begin(client)
    answers = [attempt(client, f"{number:06}") for number in range(FREE)]
    assert not any(map(waits, answers))
    assert all(answer.status_code in (200, 422) for answer in answers)
    assert waits(attempt(client, right(secret)))
    # In another session it is the same person's secret.
    other = RawPathClient()
    begin(other)
    assert waits(attempt(other, right(secret)))


@pytest.mark.parametrize(("begin", "attempt", "right"), PAGES, ids=IDS)
def test_the_right_one_is_accepted_where_nobody_has_guessed(
    secret: str, begin: Begin, attempt: Try, right: Callable[[str], str]
) -> None:
    client = RawPathClient()
    begin(client)
    assert attempt(client, right(secret)).status_code == 302


@pytest.mark.parametrize("pages", [PASSWORDS, CODES], ids=["password", "code"])
def test_guesses_on_one_page_count_on_the_others(
    secret: str, pages: list[tuple[Begin, Try]]
) -> None:
    browsers = [RawPathClient() for _ in pages]
    for client, (begin, _) in zip(browsers, pages, strict=True):
        begin(client)
    for number in range(FREE):
        turn = number % len(pages)
        assert not waits(pages[turn][1](browsers[turn], f"{number:06}"))
    for client, (_, attempt) in zip(browsers, pages, strict=True):
        assert waits(attempt(client, RIGHT if pages is PASSWORDS else app_code(secret)))


def test_a_right_password_of_ones_own_frees_no_guesses_of_anothers(
    editor: User, viewer: User
) -> None:
    """Whoever has an account cannot guess for ever by signing in to it between two guesses."""
    statuses = []
    for number in range(FREE + 4):
        statuses.append(sign_in(RawPathClient(), f"wrong-{number}"))
        assert sign_in(RawPathClient(), RIGHT, name="editor") == 302
    assert statuses == [200] * FREE + [429] * 4


@pytest.mark.parametrize("name", ["EDITOR", "Editor", " editor", "ｅditor", "editor\u200b"])
def test_no_spelling_of_a_name_has_guesses_of_its_own(editor: User, name: str) -> None:
    for number in range(FREE):
        assert sign_in(RawPathClient(), f"wrong-{number}", name="editor") == 200
    answer = sign_in(RawPathClient(), RIGHT, name=name)
    # Either the spelling is the same name, and waits, or it is nobody's.
    assert answer in (429, 200)


@pytest.mark.parametrize("by", ["address", "spelling"])
def test_mails_for_a_new_password_wait(
    viewer: User, anonymous_client: RawPathClient, settings: Settings, by: str
) -> None:
    settings.HAS_MAIL = True
    User.objects.filter(pk=viewer.pk).update(email="viewer@example.com")
    spellings = ["viewer@example.com", "VIEWER@example.com", "Viewer@Example.COM"]
    answers = []
    for number in range(30):
        text = spellings[number % 3] if by == "spelling" else spellings[0]
        origin: dict[str, Any] = {"REMOTE_ADDR": f"203.0.113.{number}"} if by == "address" else {}
        answer = anonymous_client.post("/accounts/password/reset/", {"email": text}, **origin)
        answers.append(answer.status_code)
    assert answers.count(302) <= throttle.FOR_NAME.free + 1
    assert answers.count(429) >= 30 - throttle.FOR_NAME.free - 1


def test_links_are_too_long_to_be_guessed(
    viewer: User, anonymous_client: RawPathClient, settings: Settings, administrator_client: Any
) -> None:
    """Of a new password, and of an invitation: at least 120 bits each that nobody can compute."""
    settings.HAS_MAIL = True
    User.objects.filter(pk=viewer.pk).update(email="viewer@example.com")
    anonymous_client.post("/accounts/password/reset/", {"email": "viewer@example.com"})
    form = {"username": "jo", "email": "jo@example.com", "role": "editor", "sees": "all"}
    administrator_client.post("/people/invite/", form)
    wait_for_mails(2)
    texts = "\n".join(str(message.body) for message in mail.outbox)
    [reset] = re.findall(r"/accounts/password/reset/\w+-\w+-(\w+)/", texts)
    [invitation] = re.findall(r"/invitations/(\S+?)/", texts)
    assert len(reset) * 4 >= 128  # hexadecimal
    assert len(invitation) * 5 >= 128
    # One character more or less opens nothing.
    for token in (invitation[:-1], invitation + "a", invitation[1:], invitation.swapcase()):
        assert anonymous_client.get(f"/invitations/{token}/").status_code in (404, 410)
    assert anonymous_client.get(f"/invitations/{invitation}/").status_code == 200


def wait_for_mails(number: int) -> None:
    """Until what is sent beside a request has been sent."""
    for thread in threading.enumerate():
        if thread.name == "password-reset":
            thread.join(10)
    assert len(mail.outbox) == number
