"""No address that a link or a form brings along leads to another site, wherever the dashboard reads one."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.cache import caches
from pytest_django import Settings

from codatdash.signin.passkey_forms import ConfirmPasskeyForm, PasskeyForm, SecondFactorPasskeyForm
from customers.models import SavedView
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.cases.elsewhere import ELSEWHERE, EVIL, leads_away
from tests.support.servers import oidc

pytestmark = pytest.mark.django_db
GIVEN = {"username": "viewer", "password": "viewer-password"}
FACTOR, CONFIRM = "/accounts/second-factor/", "/accounts/confirm/"
Place = Callable[[RawPathClient, str], Any]


@pytest.fixture(autouse=True)
def _another_host_is_allowed(settings: Settings) -> None:
    """One installation may answer under several names, and none of them leads to another."""
    for alias in ("default", "process"):
        caches[alias].clear()
    oidc.use(settings, "http://localhost:9")
    settings.ALLOWED_HOSTS = ["testserver", EVIL, f"testserver.{EVIL}"]


@pytest.fixture
def passkey(viewer: User, monkeypatch: pytest.MonkeyPatch) -> Authenticator:
    """A passkey of the viewer, whose signature every form accepts."""
    row = Authenticator.objects.create(
        user=viewer, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}
    )
    for form in (PasskeyForm, SecondFactorPasskeyForm, ConfirmPasskeyForm):
        monkeypatch.setattr(form, "clean_credential", lambda _: row)
    return row


def at_sign_in(client: RawPathClient, target: str) -> Any:
    return client.post("/accounts/login/", GIVEN | {"next": target})


def at_sign_in_by_address(client: RawPathClient, target: str) -> Any:
    return client.post(f"/accounts/login/?next={quote(target)}", GIVEN)


def at_sign_in_page(client: RawPathClient, target: str) -> Any:
    """The page repeats the address in its form."""
    return client.get(f"/accounts/login/?next={quote(target)}")


def at_provider_page(client: RawPathClient, target: str) -> Any:
    return client.get(f"/accounts/provider/login/?next={quote(target)}")


def at_passkey(client: RawPathClient, target: str) -> Any:
    return client.post(f"/accounts/login/passkey/?next={quote(target)}", {"credential": "[1]"})


def at_second_factor(client: RawPathClient, target: str) -> Any:
    assert at_sign_in(client, target)["Location"] == FACTOR
    return client.post(f"{FACTOR}?next={quote(target)}", {"credential": "[1]", "next": target})


def inside(client: RawPathClient) -> None:
    client.force_login(User.objects.get(username="viewer"))


def at_second_factor_inside(client: RawPathClient, target: str) -> Any:
    inside(client)
    return client.get(f"{FACTOR}?next={quote(target)}")


def at_confirmation(client: RawPathClient, target: str) -> Any:
    inside(client)
    return client.post(CONFIRM, {"password": GIVEN["password"], "next": target})


def at_confirmation_page(client: RawPathClient, target: str) -> Any:
    inside(client)
    return client.get(f"{CONFIRM}?next={quote(target)}")


def at_confirmation_by_passkey(client: RawPathClient, target: str) -> Any:
    inside(client)
    return client.post(
        f"/accounts/confirm/passkey/?next={quote(target)}", {"credential": "[1]", "next": target}
    )


def at_sign_out(client: RawPathClient, target: str) -> Any:
    inside(client)
    return client.post(f"/accounts/logout/?next={quote(target)}", {"next": target})


def at_new_password(client: RawPathClient, target: str) -> Any:
    inside(client)
    form = {"old_password": GIVEN["password"], "new_password1": "plum-lantern-42"}
    form |= {"new_password2": form["new_password1"], "next": target}
    return client.post(f"/accounts/password/?next={quote(target)}", form)


def at_reset(client: RawPathClient, target: str) -> Any:
    form = {"email": "viewer@example.com", "next": target}
    return client.post(f"/accounts/password/reset/?next={quote(target)}", form)


def at_new_view(client: RawPathClient, target: str) -> Any:
    inside(client)
    return client.post(f"/views/new/?next={quote(target)}", {"name": "Mine", "next": target})


def at_new_view_page(client: RawPathClient, target: str) -> Any:
    inside(client)
    return client.get(f"/views/new/?next={quote(target)}")


def at_columns(client: RawPathClient, target: str) -> Any:
    inside(client)
    return client.post("/columns/", {"next": target, "columns": "name"})


def at_problem(client: RawPathClient, target: str) -> Any:
    inside(client)
    return client.post("/problems/none/", {"next": target, "action": "wake"})


def at_settings(client: RawPathClient, target: str) -> Any:
    inside(client)
    return client.post(f"/settings/?next={quote(target)}", {"next": target})


PLACES = [
    at_sign_in, at_sign_in_by_address, at_sign_in_page, at_provider_page, at_passkey, at_second_factor,
    at_second_factor_inside, at_confirmation, at_confirmation_page, at_confirmation_by_passkey, at_sign_out,
    at_new_password, at_reset, at_new_view, at_new_view_page, at_columns, at_problem, at_settings,
]  # fmt: skip
# These lead to one page, or say what was done, whatever is asked for.
ASKED_FOR_NOTHING = {at_new_password, at_settings}
WITH_PASSKEY = {at_passkey, at_second_factor, at_confirmation_by_passkey}
_LED_TO = re.compile(r'(?:href|action|formaction|hx-[a-z]+|name="next" value)="([^"]*)"')


def led_to(answer: Any) -> list[str]:
    """Where an answer leads: at once, by its links and forms, and by what it hands on as `next`."""
    found = [answer.headers[name] for name in ("Location", "HX-Redirect") if name in answer.headers]
    if answer.status_code == 200:
        found += [unescape(each) for each in _LED_TO.findall(answer.content.decode())]
    handed_on = [parse_qs(urlsplit(each).query).get("next", []) for each in found]
    return [*found, *(each for texts in handed_on for each in texts)]


def undo(viewer: User) -> None:
    """Let the next address find the same person, with no guess counted."""
    caches["default"].clear()
    SavedView.objects.all().delete()
    viewer.set_password(GIVEN["password"])
    viewer.save()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_no_form_leads_to_another_site(
    viewer: User, settings: Settings, request: pytest.FixtureRequest, place: Place
) -> None:
    settings.HAS_MAIL = True
    if place in WITH_PASSKEY:
        request.getfixturevalue("passkey")
    for target in ELSEWHERE:
        undo(viewer)
        answer = place(RawPathClient(), target)
        assert answer.status_code in (200, 302, 303, 422), (target, answer)
        away = [each for each in led_to(answer) if leads_away(each)]
        # A page may have links to other sites, but none that was asked for.
        asked = [each for each in away if EVIL in each.lower() or "alert" in each]
        assert not asked, (target, asked)
        assert not (away and answer.status_code in (302, 303)), (target, away)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_each_form_leads_somewhere(
    viewer: User, settings: Settings, request: pytest.FixtureRequest, place: Place
) -> None:
    """The places above are reached: an address of the dashboard is followed, or handed on, or not asked for at all."""
    settings.HAS_MAIL = True
    if place in WITH_PASSKEY:
        request.getfixturevalue("passkey")
    wanted = "/?q=wanted" if place is at_problem else "/companies/?q=wanted"
    followed = [each for each in led_to(place(RawPathClient(), wanted)) if "q=wanted" in each]
    assert bool(followed) == (place not in ASKED_FOR_NOTHING)


@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_header_leads_to_another_site(
    sandbox: Sandbox, viewer: User, anonymous_client: RawPathClient, header: str, method: str
) -> None:
    button = f"/companies/{sandbox.company('xero')}/refresh/"
    htmx = {"HX-Request": "true"} if header != "Referer" else {}
    asked = [*ELSEWHERE, "http://testserver//evil.example/", "http://testserver/\\evil.example/"]
    for target in asked:
        # As a server passes it on: bytes as Latin-1, and no line breaks.
        value = re.sub(r"[\r\n\x00]", "", target.encode().decode("latin-1"))
        answer = getattr(anonymous_client, method)(button, headers={header: value, **htmx})
        assert answer.status_code in (204, 302), target
        [sign_in, *back] = led_to(answer)
        assert sign_in.startswith("/accounts/login/?next="), target
        for each in back:
            done = at_sign_in(RawPathClient(), each)
            assert not leads_away(done["Location"]), (target, each)


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/companies",
        "//evil.example/%2e%2e",
        "///evil.example/companies",
        "/\\evil.example/companies",
        "/%5cevil.example/companies",
        "/%2f%2fevil.example/companies",
        "/companies//evil.example",
        "/accounts//evil.example/login",
        "/.//evil.example/companies",
        "http://evil.example/companies",
        "http://evil.example//companies",
    ],
)
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_no_path_leads_to_another_site(viewer: User, path: str, is_signed_in: bool) -> None:
    """A slash that is missing at its end is not added in front of a host."""
    client = RawPathClient()
    if is_signed_in:
        client.force_login(viewer)
    answer = client.get("/companies", RAW_URI=path)
    assert answer.status_code in (301, 302, 400, 404)
    assert not [each for each in led_to(answer) if leads_away(each)]


def test_http_is_redirected_to_the_same_host(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    for path in (
        "//evil.example/companies/",
        "/\\evil.example/",
        "/companies/?next=//evil.example",
    ):
        answer = RawPathClient().get("/companies/", RAW_URI=path)
        assert answer.status_code == 301
        assert urlsplit(answer["Location"]).netloc == "testserver"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/companies/", False),
        ("?a=//evil.example", False),
        ("http://testserver/a", False),
        ("/\\evil.example", True),
        (" \t//evil.example", True),
        ("java\nscript:a", True),
        ("https://testserver/", True),
        ("http:evil.example", True),
    ],
)
def test_what_leads_away_is_told_apart(address: str, expected: bool) -> None:
    assert leads_away(address) == expected
