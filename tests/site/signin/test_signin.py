"""Sign-in, sign-out, and sessions that end while one works."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User

from sandbox import Sandbox
from tests.conftest import RawPathClient

HTMX = {"HX-Request": "true"}
AUTOMATIC = {**HTMX, "Automatic-Request": "1"}


def test_signing_in_redirects_to_the_requested_page(
    sandbox: Sandbox, viewer: User, anonymous_client: RawPathClient
) -> None:
    wanted = f"/companies/{sandbox.company('odd')}/customers/a%2Fb/?connection=1"
    asked = anonymous_client.get(wanted)
    page = anonymous_client.get(asked["Location"])
    assert page.status_code == 200
    assert "Sign in to continue" in page.content.decode()
    answer = anonymous_client.post(
        "/accounts/login/",
        {"username": "viewer", "password": "viewer-password", "next": page.context["next"]},
    )
    assert answer.status_code == 302
    assert answer["Location"] == wanted
    assert "Id with a slash" in anonymous_client.get(answer["Location"]).content.decode()


def test_signing_in_redirects_to_no_other_site(
    viewer: User, anonymous_client: RawPathClient
) -> None:
    answer = anonymous_client.post(
        "/accounts/login/",
        {"username": "viewer", "password": "viewer-password", "next": "https://evil.example/"},
    )
    assert answer["Location"] == "/"


def test_a_wrong_password_keeps_the_name(viewer: User, anonymous_client: RawPathClient) -> None:
    answer = anonymous_client.post(
        "/accounts/login/", {"username": "viewer", "password": "a-guess", "next": "/companies/"}
    )
    text = answer.content.decode()
    assert "The user name or password is wrong. Both may be case-sensitive." in text
    assert 'value="viewer"' in text
    assert 'name="next" value="/companies/"' in text
    assert "a-guess" not in text


def test_signing_out_needs_a_post(viewer_client: RawPathClient) -> None:
    page = viewer_client.get("/accounts/logout/")
    assert page.status_code == 200
    assert "You are signed in" in page.content.decode()
    assert viewer_client.get("/writes/").status_code == 200
    assert viewer_client.post("/accounts/logout/").status_code == 302
    assert viewer_client.get("/companies/").status_code == 302


def test_signing_out_twice_ends_at_sign_in(viewer_client: RawPathClient) -> None:
    for _ in range(2):
        answer = viewer_client.post("/accounts/logout/", headers={"Referer": "http://testserver/"})
        assert answer.status_code == 302
        assert answer["Location"] == "/accounts/login/"
    assert viewer_client.get("/accounts/logout/")["Location"] == "/accounts/login/"


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/companies/?q=x", "/companies/?q=x"),
        ("https://evil.example/companies/", "/"),
        ("", "/"),
    ],
)
def test_a_button_pressed_after_signing_out_redirects_to_its_page_after_sign_in(
    sandbox: Sandbox, anonymous_client: RawPathClient, referer: str, back: str
) -> None:
    button = f"/companies/{sandbox.company('xero')}/refresh/"
    answer = anonymous_client.post(button, headers={"Referer": referer})
    assert parse_qs(urlsplit(answer["Location"]).query)["next"] == [back]


def test_a_405_has_a_page(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.get(f"/companies/{sandbox.company('xero')}/refresh/")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "Nothing was changed" in answer.content.decode()


PASSWORD = "/accounts/password/"


def described_by(page: str, name: str) -> list[str]:
    """What the input's `aria-describedby` names: the text of each element, which must be there."""
    [tag] = re.findall(rf'<input [^>]*name="{name}"[^>]*>', page)
    names = re.search(r'aria-describedby="([^"]*)"', tag)
    return [
        re.split(rf'<div id="{target}"[^>]*>', page)[1].split("</div>\n")[0]
        for target in (names[1].split() if names else [])
    ]


def test_help_and_errors_of_a_new_password_are_at_their_fields(
    viewer: User, viewer_client: RawPathClient
) -> None:
    page = viewer_client.get(PASSWORD).content.decode()
    assert "Change password" in page
    [help_text] = described_by(page, "new_password1")
    assert "<ul><li>Your password can" in help_text
    response = viewer_client.post(
        PASSWORD, {"old_password": "wrong", "new_password1": "a", "new_password2": "b"}
    )
    page = response.content.decode()
    assert 'id="form-summary"' in page
    assert "Please enter it again" in described_by(page, "old_password")[-1]
    assert "match" in described_by(page, "new_password2")[-1]


def test_a_new_password_is_confirmed(viewer: User, viewer_client: RawPathClient) -> None:
    new = "plum-lantern-42"
    response = viewer_client.post(
        PASSWORD,
        {"old_password": "viewer-password", "new_password1": new, "new_password2": new},
        follow=True,
    )
    viewer.refresh_from_db()
    assert viewer.check_password(new)
    page = response.content.decode()
    assert "Your password was changed." in page
    assert "<h1>Change password</h1>" in page
    assert "password1" not in page
    assert viewer_client.get("/companies/").status_code != 302
    assert "was changed" not in viewer_client.get(PASSWORD).content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_htmx_is_sent_to_sign_in_and_back_to_the_page_it_is_on(
    anonymous_client: RawPathClient, method: str
) -> None:
    answer = getattr(anonymous_client, method)(
        "/companies/x/freshness/",
        headers={
            **HTMX,
            "HX-Current-URL": "http://testserver/companies/x/customers/?q=a%26b&page=2",
        },
    )
    assert answer.status_code == 204
    assert answer.content == b""
    target = urlsplit(answer["HX-Redirect"])
    assert target.path == "/accounts/login/"
    assert parse_qs(target.query) == {"next": ["/companies/x/customers/?q=a%26b&page=2"]}


@pytest.mark.parametrize(
    "address",
    [
        "/companies/",
        "/companies/x/freshness/",
        "/companies/x/customers/",
        "/companies/x/customers/1/",
        "/companies/x/customers/1/attachments/",
        "/companies/x/writes/",
        "/companies/x/writes/00000000-0000-0000-0000-000000000001/",
        "/companies/x/writes/codat/",
        "/companies/x/writes/pending/",
        "/writes/",
        "/writes/badge/",
    ],
)
def test_an_automatic_request_never_redirects_to_sign_in(
    anonymous_client: RawPathClient, address: str
) -> None:
    pressed = anonymous_client.get(address, headers=HTMX)
    assert urlsplit(pressed["HX-Redirect"]).path == "/accounts/login/"

    answer = anonymous_client.get(address, headers=AUTOMATIC)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Signed-Out"] == "1"
    assert "HX-Redirect" not in answer


def test_an_error_page_for_the_page_itself_replaces_nothing(viewer_client: RawPathClient) -> None:
    answer = viewer_client.get("/nowhere/", headers=AUTOMATIC)
    assert answer.status_code == 404
    assert answer["HX-Reswap"] == "none"
    assert "HX-Retarget" not in answer


def test_htmx_is_not_sent_to_another_site(anonymous_client: RawPathClient) -> None:
    answer = anonymous_client.get(
        "/companies/", headers={**HTMX, "HX-Current-URL": "https://evil.example/x"}
    )
    assert answer["HX-Redirect"] == "/accounts/login/?next=/companies/"


def test_htmx_without_permission_gets_a_fragment(outsider_client: RawPathClient) -> None:
    answer = outsider_client.get("/companies/", headers=HTMX)
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "<html" not in text
    assert "Viewers can read" in text


def test_an_error_page_replaces_the_page(viewer_client: RawPathClient) -> None:
    answer = viewer_client.get("/nowhere/", headers=HTMX)
    assert answer.status_code == 404
    assert answer["HX-Retarget"] == "body"
    assert "<html" in answer.content.decode()
