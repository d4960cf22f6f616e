"""One's own sessions: listed, and ended one by one, all others, or everywhere."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from pytest_django import Settings

from codatdash.signin.sessions import browser_of
from tests.conftest import RawPathClient
from tests.site.signin.test_sessions import age

pytestmark = pytest.mark.django_db
SESSIONS = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"


def browser(
    name: str = "viewer", agent: str = FIREFOX, address: str = "192.0.2.1"
) -> RawPathClient:
    """A browser that has just signed in."""
    client = RawPathClient(REMOTE_ADDR=address, HTTP_USER_AGENT=agent)
    data = {"username": name, "password": f"{name}-password"}
    assert client.post("/accounts/login/", data).status_code == 302
    return client


def is_signed_in(client: RawPathClient) -> bool:
    return bool(client.get("/accounts/security/").status_code == 200)


def test_the_list_says_where_one_is_signed_in(viewer: User) -> None:
    one, _ = browser(), browser(agent=SAFARI, address="198.51.100.7")
    page = one.get(SESSIONS).content.decode()
    assert "Firefox on Linux (this browser)" in page
    assert "Safari on iPhone" in page
    assert "198.51.100.7" in page


def test_one_session_is_ended(viewer: User) -> None:
    one, two, three = browser(), browser(agent=SAFARI), browser(agent="curl/8")
    page = one.get(SESSIONS).content.decode()
    [key] = re.findall(r'value="(\d+)">End<span class="vh"> the session of Safari', page)
    ended = one.post(SESSIONS, {"end": key}, follow=True)
    assert "Ended." in ended.content.decode()
    assert [is_signed_in(each) for each in (one, two, three)] == [True, False, True]


def test_all_other_sessions_are_ended(viewer: User) -> None:
    one, two, three = browser(), browser(), browser()
    one.post(SESSIONS, {"end": "others"})
    assert [is_signed_in(each) for each in (one, two, three)] == [True, False, False]


def test_sign_out_everywhere(viewer: User) -> None:
    one, two = browser(), browser()
    assert one.post(SESSIONS, {"end": "all"})["Location"] == "/accounts/login/"
    assert [is_signed_in(each) for each in (one, two)] == [False, False]


def test_nobody_ends_the_session_of_somebody_else(viewer: User, editor: User) -> None:
    one, other = browser(), browser("editor")
    page = one.get(SESSIONS).content.decode()
    [key] = re.findall(r'id="session-(\d+)"', page)
    other.post(SESSIONS, {"end": key})
    other.post(SESSIONS, {"end": "all"})
    assert is_signed_in(one)


def test_idle_and_expired_sessions_are_not_listed(viewer: User, settings: Settings) -> None:
    settings.SESSION_IDLE_MINUTES = 30
    one, idle, expired = browser(), browser(agent=SAFARI), browser(agent="curl/8")
    assert is_signed_in(idle)
    age(idle, used_at=31 * 60)
    Session.objects.filter(session_key=expired.session.session_key).delete()
    page = one.get(SESSIONS).content.decode()
    assert page.count('id="session-') == 1


def test_a_new_password_keeps_this_session_in_the_list(viewer: User) -> None:
    one, two = browser(), browser()
    new = "plum-lantern-42"
    data = {"old_password": "viewer-password", "new_password1": new, "new_password2": new}
    one.post("/accounts/password/", data)
    assert [is_signed_in(each) for each in (one, two)] == [True, False]
    page = one.get(SESSIONS).content.decode()
    assert page.count('id="session-') == 1
    assert "(this browser)" in page


def test_a_proxy_that_reports_no_address_stops_nobody(viewer: User, settings: Settings) -> None:
    settings.PROXY_COUNT = 1
    client = RawPathClient(HTTP_X_FORWARDED_FOR="unknown")
    data = {"username": "viewer", "password": "viewer-password"}
    assert client.post("/accounts/login/", data).status_code == 302
    assert "0.0.0.0" in client.get(SESSIONS).content.decode()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        ("curl/8.0", "curl/8.0"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_in_words(agent: str, words: str) -> None:
    assert browser_of(agent) == words
