"""What another site makes a browser send is refused at every address, allauth's included, before anything is done."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from pytest_django import Settings

from codatdash.signin.urls import urlpatterns as signin_patterns
from customers.access.roles import Role
from customers.models import Batch, Draft, Export, Grant, Import, Invitation, Note, Write
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.security.test_permissions import ADDRESSES, address
from tests.support.people import person
from tests.support.servers import oidc

pytestmark = pytest.mark.django_db

# A status that nothing else has: the token was looked at, and was wrong.
REFUSED = 499
# Codat posts here without a browser; its signature is checked instead.
WITHOUT_TOKEN = {"webhooks"}
TABLES = (User, Session, Draft, Write, Batch, Import, Export, Note, Grant, Invitation)
VALUES = {
    "<provider:provider_id>": "provider",
    "<int:pk>": "1",
    r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[-0-9A-Za-z]+)/$": "password/reset/1-a/",
}
SIGN_IN = [pattern for pattern in signin_patterns if isinstance(pattern, URLPattern)]
ALL = [*ADDRESSES, *SIGN_IN]


def refuse(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a wrong token, which is told apart from every other one."""
    return HttpResponse(reason, status=REFUSED)


@pytest.fixture(autouse=True)
def _sites(settings: Settings) -> None:
    """Every address exists, and a refusal is told apart."""
    settings.CSRF_FAILURE_VIEW = f"{__name__}.refuse"
    settings.HAS_MAIL = True
    oidc.use(settings, "http://localhost:9")


def url_of(pattern: URLPattern, sandbox: Sandbox) -> str:
    if pattern not in SIGN_IN:
        return address(pattern, sandbox)
    route = str(pattern.pattern)
    for name, value in VALUES.items():
        route = route.replace(name, value)
    assert "<" not in route, f"give {route} a value"
    return f"/accounts/{route}"


def signed_in() -> RawPathClient:
    """The browser of somebody who may do everything."""
    client = RawPathClient(enforce_csrf_checks=True)
    client.force_login(person("lead", Role.ADMINISTRATOR))
    User.objects.filter(username="lead").update(is_superuser=True)
    return client


def token_of(client: RawPathClient) -> str:
    page = client.get("/accounts/logout/").content.decode()
    [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    return str(token)


def counts() -> list[int]:
    return [model._default_manager.count() for model in TABLES]


def status(answer: Any) -> int:
    if answer.streaming:
        b"".join(answer.streaming_content)  # ends, and closes, the transfer
    return int(answer.status_code)


@pytest.mark.parametrize("pattern", ALL, ids=lambda pattern: str(pattern.pattern) or "/")
def test_a_post_of_another_site_is_refused(
    pattern: URLPattern, sandbox: Sandbox, viewer: User
) -> None:
    """`viewer` is the person of the page of one."""
    url, client = url_of(pattern, sandbox), signed_in()
    token, stranger = token_of(client), token_of(signed_in_as_viewer(viewer))
    before = counts()
    form = {"action": "save", "submission": str(uuid.uuid4()), "end": "all", "read": "all"}
    evil = {"Origin": "https://evil.example"}
    expected = 401 if pattern.name in WITHOUT_TOKEN else REFUSED
    sandbox.clear_calls()
    for attempt in (
        client.post(url, form),
        client.post(url, {**form, "csrfmiddlewaretoken": ""}),
        client.post(url, {**form, "csrfmiddlewaretoken": "a" * 64}),
        client.post(url, {**form, "csrfmiddlewaretoken": stranger}),
        client.post(url, form, headers={"X-CSRFToken": stranger}),
        client.post(f"{url}?csrfmiddlewaretoken={token}", form),
        client.post(url, {**form, "csrfmiddlewaretoken": token}, headers=evil),
        client.post(url, {**form, "csrfmiddlewaretoken": token}, headers={"Origin": "null"}),
        client.post(url, "<a/>", content_type="text/plain"),
        client.post(url, form, headers={"HX-Request": "true"}),
    ):
        assert status(attempt) == expected, attempt.request
    # A page that takes a file asks for the sign-in first.
    assert status(RawPathClient(enforce_csrf_checks=True).post(url, form)) in (expected, 302)
    for method in ("PUT", "PATCH", "DELETE"):
        assert status(client.generic(method, url, "{}")) in (expected, 405), method
    assert counts() == before
    assert sandbox.calls == []
    # It was the token: a post with its own one is answered by the page.
    if expected == REFUSED:
        with_token = client.post(url, {"csrfmiddlewaretoken": token, "action": "none"})
        assert status(with_token) != REFUSED


def signed_in_as_viewer(viewer: User) -> RawPathClient:
    client = RawPathClient(enforce_csrf_checks=True)
    client.force_login(viewer)
    return client


def test_behind_tls_a_post_names_where_it_comes_from(viewer: User) -> None:
    client = signed_in_as_viewer(viewer)
    form = {"csrfmiddlewaretoken": token_of(client)}

    def post(**headers: str) -> int:
        return status(client.post("/accounts/logout/", form, secure=True, headers=headers))

    assert post() == REFUSED
    for referer in (
        "https://evil.example/",
        "http://testserver/",
        "https://testserver.evil.example/",
        "https://testserver@evil.example/",
        "//testserver/",
        "null",
    ):
        assert post(Referer=referer) == REFUSED, referer
    assert post(Referer="https://testserver/") == 302


def test_an_upload_that_is_not_read_does_nothing_whatever_its_token(
    sandbox: Sandbox, settings: Settings
) -> None:
    """Its length alone refuses it, before the form and its token are read."""
    client, url = signed_in(), f"/companies/{sandbox.company('qbo')}/imports/new/"
    before = counts()
    answer = client.post(url, {"file": "a"}, CONTENT_LENGTH=str(10**10))
    assert status(answer) == 413
    assert counts() == before
