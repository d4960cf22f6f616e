"""Sign-in through an OpenID provider, over real sockets, with a real one on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Permission, User
from django.core.cache import caches
from django.test import override_settings
from pytest_django import Settings

from customers.access.people import role_of, set_sees_all
from customers.access.roles import Role
from customers.models import AuditEntry, PersonEvent
from customers.people import asking
from tests.conftest import RawPathClient
from tests.support.cases.bad_day import closed_port
from tests.support.cases.elsewhere import ELSEWHERE, leads_away
from tests.support.people import person
from tests.support.servers import oidc

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_guesses_yet() -> None:
    for alias in ("default", "process"):
        caches[alias].clear()


@pytest.fixture(scope="module")
def provider_server() -> Iterator[str]:
    with oidc.provider() as issuer:
        yield issuer


@pytest.fixture
def issuer(provider_server: str, settings: Settings) -> str:
    """The provider, which the dashboard uses."""
    oidc.use(settings, provider_server)
    return provider_server


def test_somebody_new_gets_an_account_without_a_role(live: str, issuer: str, groups: None) -> None:
    oidc.set_claims(issuer, "sub-1", preferred_username="ines", email="ines@example.com")
    browser, answer = oidc.sign_in(live, "sub-1")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    user = User.objects.get(username="ines")
    assert not user.has_usable_password()
    assert (user.email, user.is_staff, user.is_superuser) == ("ines@example.com", False, False)
    assert not user.groups.exists()
    assert browser.get(f"{live}/companies/", timeout=10).status_code == 403
    # The second time it is the same account.
    oidc.sign_in(live, "sub-1")
    assert User.objects.filter(username__startswith="ines").count() == 1


def test_an_account_is_never_joined_by_its_address_or_name(
    live: str, issuer: str, groups: None
) -> None:
    local = User.objects.create_user("ines", email="ines@example.com", password="a")
    oidc.set_claims(
        issuer, "sub-2", preferred_username="ines", email="ines@example.com", email_verified=True
    )
    oidc.sign_in(live, "sub-2")
    account = SocialAccount.objects.get(uid="sub-2")
    assert account.user != local
    assert account.user.username != "ines"
    local.refresh_from_db()
    assert local.last_login is None
    assert local.check_password("a")


def test_another_issuer_with_the_same_subject_is_somebody_else(
    live: str, issuer: str, settings: Settings, groups: None
) -> None:
    oidc.set_claims(issuer, "sub-3", preferred_username="first")
    oidc.sign_in(live, "sub-3")
    with oidc.provider() as other:
        oidc.use(settings, other)
        oidc.set_claims(other, "sub-3", preferred_username="second")
        oidc.sign_in(live, "sub-3")
    assert set(User.objects.values_list("username", flat=True)) >= {"first", "second"}


def test_claims_give_and_take_roles_at_every_sign_in(
    live: str, issuer: str, settings: Settings, groups: None
) -> None:
    settings.OIDC_ROLES = [("readers", "Viewer"), ("writers", "Editor")]
    oidc.set_claims(issuer, "sub-4", preferred_username="kai", groups=["writers", "others"])
    oidc.sign_in(live, "sub-4")
    user = User.objects.get(username="kai")

    def roles() -> list[str]:
        return list(user.groups.values_list("name", flat=True))

    assert roles() == ["Editors"]
    oidc.set_claims(issuer, "sub-4", groups="readers")
    oidc.sign_in(live, "sub-4")
    assert roles() == ["Viewers"]
    oidc.set_claims(issuer, "sub-4", groups=[])
    oidc.sign_in(live, "sub-4")
    assert roles() == []
    # Without OIDC_ROLES an administrator gives them.
    settings.OIDC_ROLES = []
    oidc.set_claims(issuer, "sub-4", groups=["writers"])
    oidc.sign_in(live, "sub-4")
    assert roles() == []
    assert SocialAccount.objects.get(uid="sub-4").extra_data == {"groups": ["writers"]}


def test_a_role_by_claims_is_recorded_and_answers_a_request(
    live: str, issuer: str, settings: Settings, groups: None
) -> None:
    settings.OIDC_ROLES = [("readers", "Viewer")]
    oidc.set_claims(issuer, "sub-10", preferred_username="kai", groups=[])
    oidc.sign_in(live, "sub-10")
    user = User.objects.get(username="kai")
    set_sees_all(user, sees_all=True)
    assert asking.ask(User.objects.get(pk=user.pk))
    oidc.set_claims(issuer, "sub-10", groups=["readers"])
    for _ in range(2):
        oidc.sign_in(live, "sub-10")
    assert asking.request_of(user) is None
    [event] = PersonEvent.objects.filter(user=user, action=PersonEvent.Action.ROLE)
    assert (event.by_name, event.detail) == ("", "No role → Viewer")
    [entry] = AuditEntry.objects.filter(kind=AuditEntry.Kind.PEOPLE, detail__step="role")
    assert entry.detail == {"step": "role", "person": "kai", "role": "No role → Viewer"}


def test_the_last_administrator_keeps_the_role(
    live: str,
    issuer: str,
    settings: Settings,
    groups: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.OIDC_ROLES = [("admins", "Administrator"), ("readers", "Viewer")]
    oidc.set_claims(issuer, "sub-11", preferred_username="ada", groups=["admins"])
    oidc.sign_in(live, "sub-11")
    ada = User.objects.get(username="ada")
    for claimed in ([], ["readers"]):
        oidc.set_claims(issuer, "sub-11", groups=claimed)
        _, answer = oidc.sign_in(live, "sub-11")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert role_of(ada) == Role.ADMINISTRATOR
    assert "the last administrator keeps the role" in caplog.text
    person("other", Role.ADMINISTRATOR)
    oidc.sign_in(live, "sub-11")
    assert role_of(ada) == Role.VIEWER


def test_claims_take_permissions_given_directly(
    live: str, issuer: str, settings: Settings, groups: None
) -> None:
    settings.OIDC_ROLES = [("readers", "Viewer")]
    oidc.set_claims(issuer, "sub-12", preferred_username="kai", groups=[])
    oidc.sign_in(live, "sub-12")
    user = User.objects.get(username="kai")
    user.user_permissions.add(Permission.objects.get(codename="write_customers"))
    oidc.sign_in(live, "sub-12")
    assert not User.objects.get(pk=user.pk).has_perm("customers.write_customers")


def test_a_superuser_stays_one(live: str, issuer: str, settings: Settings, groups: None) -> None:
    settings.OIDC_ROLES = [("readers", "Viewer")]
    person("other", Role.ADMINISTRATOR)
    oidc.set_claims(issuer, "sub-13", preferred_username="root", groups=["readers"])
    oidc.sign_in(live, "sub-13")
    User.objects.filter(username="root").update(is_superuser=True)
    oidc.sign_in(live, "sub-13")
    root = User.objects.get(username="root")
    assert root.is_superuser
    assert PersonEvent.objects.filter(user=root, action=PersonEvent.Action.ROLE).count() == 1


def test_somebody_who_is_switched_off_stays_out(live: str, issuer: str, groups: None) -> None:
    oidc.set_claims(issuer, "sub-5", preferred_username="off")
    oidc.sign_in(live, "sub-5")
    User.objects.filter(username="off").update(is_active=False)
    browser, answer = oidc.sign_in(live, "sub-5")
    assert answer.headers["Location"] == "/accounts/inactive/"
    page = browser.get(f"{live}/accounts/inactive/", timeout=10)
    assert "Your account is switched off" in page.text
    assert browser.get(f"{live}/companies/", allow_redirects=False, timeout=10).status_code == 302


def test_the_page_that_was_asked_for_opens(live: str, issuer: str, groups: None) -> None:
    _, answer = oidc.sign_in(live, "sub-6", next="/companies/?q=a")
    assert answer.headers["Location"] == "/companies/?q=a"


def test_no_other_site_opens(live: str, issuer: str, settings: Settings, groups: None) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "evil.example"]
    host = urlsplit(live).netloc
    # Some of them: each takes a whole sign-in.
    for target in ELSEWHERE[::4]:
        _, answer = oidc.sign_in(live, "sub-7", next=target)
        assert answer.status_code == 302, target
        assert not leads_away(answer.headers["Location"], host), target


@pytest.mark.parametrize("process", ["connect", "redirect", "other"])
def test_nothing_but_a_sign_in_begins(live: str, issuer: str, groups: None, process: str) -> None:
    """allauth would also join accounts, or only lead on."""
    _, answer = oidc.sign_in(live, "sub-14", process=process, next="//evil.example/")
    assert answer.status_code in (302, 401)
    assert not leads_away(answer.headers.get("Location", ""), urlsplit(live).netloc)
    assert not User.objects.filter(socialaccount__uid="sub-14").exists()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=a",
        "?state=a",
        "?code=a&state=a",
        "?error=a&next=//evil.example/",
        "?state=%00&code=%00",
    ],
)
def test_a_made_up_answer_signs_nobody_in(live: str, issuer: str, query: str) -> None:
    browser = requests.Session()
    oidc.leave(browser, live, next="/companies/")
    back = f"{live}/accounts/provider/login/callback/{query}"
    answer = browser.get(back, allow_redirects=False, timeout=10)
    assert answer.status_code in (302, 401)
    assert not leads_away(answer.headers.get("Location", ""), urlsplit(live).netloc)
    page = browser.get(f"{live}/accounts/security/", allow_redirects=False, timeout=10)
    assert page.status_code == 302


def test_an_answer_without_its_own_beginning_signs_nobody_in(
    live: str, issuer: str, groups: None
) -> None:
    """What an attacker began in another browser."""
    attacker, victim = requests.Session(), requests.Session()
    back = oidc.agree(attacker, oidc.leave(attacker, live), "sub-8")
    answer = victim.get(back, allow_redirects=False, timeout=10)
    assert answer.status_code == 401
    assert "You are not signed in" in answer.text
    assert not User.objects.filter(socialaccount__uid="sub-8").exists()


def test_the_key_of_the_session_changes(live: str, issuer: str, groups: None) -> None:
    browser = requests.Session()
    address = oidc.leave(browser, live)
    before = browser.cookies["sessionid"]
    browser.get(oidc.agree(browser, address, "sub-9"), allow_redirects=False, timeout=10)
    assert browser.cookies["sessionid"] != before


def test_a_provider_that_is_away_has_a_page(live: str, settings: Settings) -> None:
    oidc.use(settings, "http://localhost:9")
    browser = requests.Session()
    token = oidc.CSRF.search(browser.get(f"{live}/accounts/login/", timeout=10).text)
    assert token
    data = {"csrfmiddlewaretoken": token[1], "process": "login"}
    answer = browser.post(f"{live}/accounts/provider/login/", data, timeout=20)
    assert answer.status_code == 503
    assert "You are not signed in" in answer.text


def test_it_is_cancelled_at_the_provider(live: str, issuer: str) -> None:
    browser = requests.Session()
    address = oidc.leave(browser, live)
    denied = browser.post(address, {"action": "deny"}, allow_redirects=False, timeout=10)
    # This provider leaves out the state, which it must repeat (RFC 6749, 4.1.2.1).
    [state] = parse_qs(urlsplit(address).query)["state"]
    page = browser.get(f"{denied.headers['Location']}&state={state}", timeout=10)
    assert "The sign-in was cancelled" in page.text


def test_it_begins_by_a_post_only(anonymous_client: RawPathClient, issuer: str) -> None:
    page = anonymous_client.get("/accounts/provider/login/?next=/companies/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "Continue" in text
    assert 'name="next" value="/companies/"' in text
    strict = RawPathClient(enforce_csrf_checks=True)
    assert strict.post("/accounts/provider/login/").status_code == 403


def test_without_a_provider_there_is_no_address(anonymous_client: RawPathClient) -> None:
    for path in ("/accounts/provider/login/", "/accounts/provider/login/callback/"):
        assert anonymous_client.get(path).status_code == 404
    assert "Use a passkey" in anonymous_client.get("/accounts/login/").content.decode()


def test_without_passwords_only_the_provider_signs_in(
    anonymous_client: RawPathClient, viewer: User, issuer: str, settings: Settings
) -> None:
    settings.LOCAL_PASSWORDS = False
    page = anonymous_client.get("/accounts/login/").content.decode()
    assert "Sign in with Example login" in page
    assert 'name="password"' not in page
    answer = anonymous_client.post(
        "/accounts/login/", {"username": "viewer", "password": "viewer-password"}
    )
    assert answer.status_code == 200
    assert "Sign in with Example login." in answer.content.decode()
    assert not anonymous_client.login(username="viewer", password="viewer-password")
    settings.HAS_MAIL = True
    assert anonymous_client.get("/accounts/password/reset/").status_code == 404
    anonymous_client.force_login(viewer)
    assert anonymous_client.get("/accounts/password/").status_code == 404


def test_without_the_shared_cache_a_sign_in_has_a_page(
    live: str, issuer: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """An ID token with a `jti` is accepted once, which the cache remembers."""
    away = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"redis://127.0.0.1:{closed_port()}/0",
    }
    oidc.set_claims(issuer, "sub-20", jti="token-20")
    with override_settings(CACHES={**settings.CACHES, "default": away}):
        _, answer = oidc.sign_in(live, "sub-20")
    assert answer.status_code == 503
    assert "You are not signed in" in answer.text
    assert "sign-in at the provider not checked" in caplog.text
    assert not User.objects.filter(socialaccount__uid="sub-20").exists()
