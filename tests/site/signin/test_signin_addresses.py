"""Which addresses of sign-in exist, and that none of them shows a page of allauth's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern

from codatdash.signin.urls import urlpatterns
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db
TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
# What allauth's functions render by themselves.
BY_NAME = (
    "socialaccount/authentication_error.html",
    "account/email/password_reset_key_subject.txt",
    "account/email/password_reset_key_message.txt",
)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/",
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/confirm-email/",
        "/accounts/password/set/",
        "/accounts/password/change/",
        "/accounts/3rdparty/",
        "/accounts/3rdparty/signup/",
        "/accounts/social/connections/",
        "/accounts/2fa/",
        "/accounts/2fa/webauthn/",
        "/accounts/login/code/",
        "/accounts/oidc/oidc/login/",
    ],
)
def test_what_the_dashboard_does_not_offer_has_no_address(
    editor: User, anonymous_client: RawPathClient, path: str
) -> None:
    assert anonymous_client.get(path).status_code == 404
    data = {"username": "editor", "password": "editor-password"}
    assert anonymous_client.post("/accounts/login/", data).status_code == 302
    assert anonymous_client.get(path).status_code == 404


def template_of(pattern: URLPattern) -> str:
    """The template of a view; "" for a function."""
    view = getattr(pattern.callback, "view_class", None)
    return str(getattr(view, "template_name", "") or "")


def test_every_page_has_a_template_of_ours() -> None:
    names = {template_of(pattern) for pattern in urlpatterns} - {""}
    assert len(names) > 15
    for name in (*names, *BY_NAME):
        assert (TEMPLATES / name).is_file(), name


def test_only_these_need_no_sign_in(anonymous_client: RawPathClient) -> None:
    values = {"pk": 1, "provider_id": "provider", "uidb36": "1", "key": "a"}
    public = {
        pattern.name
        for pattern in urlpatterns
        if not getattr(pattern.callback, "login_required", True)
    }
    assert public == {
        "account_login",
        "account_logout",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "openid_connect_login",
        "openid_connect_callback",
        "socialaccount_login_cancelled",
        "mfa_authenticate",
        "mfa_login_webauthn",
    }
    for pattern in urlpatterns:
        if pattern.name not in public:
            path = str(pattern.pattern)
            for name, value in values.items():
                path = path.replace(f"<int:{name}>", str(value))
            assert anonymous_client.get(f"/accounts/{path}").status_code == 302, path
