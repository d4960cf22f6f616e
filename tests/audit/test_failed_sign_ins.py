"""What failed is in the audit, whatever it was tried with: a password, a code, a passkey, or the provider."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.cache import caches
from pytest_django import Settings

from customers.models import AuditEntry
from tests.conftest import RawPathClient
from tests.support.pages.second_factor import passkey_data
from tests.support.servers import oidc

pytestmark = pytest.mark.django_db
Kind = AuditEntry.Kind
BACK = "/accounts/provider/login/callback/"
NO_PASSKEY = {"credential": '{"id": 1}'}


@pytest.fixture(autouse=True)
def _no_guesses_yet() -> None:
    for alias in ("default", "process"):
        caches[alias].clear()


def details() -> list[dict[str, str]]:
    failed = AuditEntry.objects.filter(kind=Kind.SIGN_IN_FAILED).order_by("id")
    return list(failed.values_list("detail", flat=True))


@pytest.fixture
def factors(editor: User) -> None:
    """An editor with an authenticator app and a passkey."""
    data = {"secret": "JBSWY3DPEHPK3PXP"}
    Authenticator.objects.create(user=editor, type="totp", data=data)
    Authenticator.objects.create(user=editor, type="webauthn", data=passkey_data())


@pytest.mark.parametrize(
    ("path", "posted", "method"),
    [
        ("/accounts/password/", {"old_password": "wrong"}, ""),
        ("/accounts/confirm/", {"password": "wrong"}, ""),
        ("/accounts/confirm/code/", {"code": "000000"}, "code"),
        ("/accounts/confirm/passkey/", NO_PASSKEY, "passkey"),
    ],
)
def test_a_failed_confirmation_is_recorded(
    editor: User, factors: None, path: str, posted: dict[str, str], method: str
) -> None:
    client = RawPathClient()
    client.force_login(editor)
    client.post(path, posted)
    assert details() == [{"account": "editor", **({"method": method} if method else {})}]


@pytest.mark.parametrize(
    ("posted", "method"), [({"code": "000000"}, "code"), (NO_PASSKEY, "passkey")]
)
def test_a_failed_second_factor_is_recorded(
    editor: User, posted: dict[str, str], method: str
) -> None:
    data = {"secret": "JBSWY3DPEHPK3PXP"}
    Authenticator.objects.create(user=editor, type="totp", data=data)
    client = RawPathClient()
    client.post("/accounts/login/", {"username": "editor", "password": "editor-password"})
    assert client.post("/accounts/second-factor/", posted).status_code == 422
    assert details() == [{"account": "editor", "method": method}]


def test_a_failed_sign_in_with_a_passkey_alone_is_recorded_without_a_name(
    anonymous_client: RawPathClient,
) -> None:
    anonymous_client.post("/accounts/login/passkey/", NO_PASSKEY, REMOTE_ADDR="192.0.2.9")
    assert details() == [{"account": "", "method": "passkey"}]
    assert AuditEntry.objects.get(kind=Kind.SIGN_IN_FAILED).address == "192.0.2.9"


@pytest.fixture
def issuer(settings: Settings) -> Iterator[str]:
    """The provider, which the dashboard uses."""
    with oidc.provider() as address:
        oidc.use(settings, address)
        yield address


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("error=access_denied", "cancelled"),
        ("error=server_error", "refused by the provider"),
        ("code=made-up", "answer not accepted"),
    ],
)
def test_a_refusal_at_the_provider_is_recorded(
    live: str, issuer: str, query: str, reason: str
) -> None:
    browser = requests.Session()
    [state] = parse_qs(urlsplit(oidc.leave(browser, live)).query)["state"]
    browser.get(f"{live}{BACK}?state={state}&{query}", allow_redirects=False, timeout=10)
    assert details() == [{"account": "", "method": "provider", "reason": reason}]


def test_answers_that_nobody_asked_for_are_recorded_and_flood_nothing(
    anonymous_client: RawPathClient, issuer: str, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(30):
        answer = anonymous_client.get(f"{BACK}?state={number}&code=a")
        assert answer.status_code == 401
    found = details()
    assert found[0]["reason"] == "not begun in this browser"
    assert 5 <= len(found) < 15
    lines = [record for record in caplog.records if record.name == "codatdash.signin.guesses"]
    assert len(lines) == 30


def test_somebody_whose_groups_give_no_role_is_recorded(
    live: str, issuer: str, settings: Settings, groups: None
) -> None:
    settings.OIDC_ROLES = [("readers", "Viewer")]
    oidc.set_claims(issuer, "sub-30", preferred_username="kai", groups=["others"])
    oidc.sign_in(live, "sub-30")
    [entry] = AuditEntry.objects.filter(kind=Kind.DENIED, company_id="", user_name="kai")
    assert entry.detail == {"step": "no group of the provider gives a role"}
    oidc.set_claims(issuer, "sub-30", groups=["readers"])
    oidc.sign_in(live, "sub-30")
    assert AuditEntry.objects.filter(kind=Kind.DENIED, user_name="kai").count() == 1
