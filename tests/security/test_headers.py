"""The security headers of every response: all addresses, and over a socket what no view answers."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern

from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.security.test_permissions import ADDRESSES, address
from tests.support.servers.deployed import Deployed, deployed

pytestmark = pytest.mark.django_db(transaction=True)

SAME_ORIGIN = ("Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Referrer-Policy")
ALLOWED = {
    "clipboard-write=(self)",
    "publickey-credentials-create=(self)",
    "publickey-credentials-get=(self)",
}
REFUSED = {"camera", "microphone", "geolocation", "payment", "usb", "hid", "serial", "display-capture"}  # fmt: skip


def check(headers: Mapping[str, str], where: str) -> None:
    """What every response has: no other origin may read it, open it, frame it or guess its type."""
    for name in SAME_ORIGIN:
        assert headers[name] == "same-origin", (where, name)
    assert headers["X-Content-Type-Options"] == "nosniff", where
    assert "Access-Control-Allow-Origin" not in headers, where
    assert "frame-ancestors" in headers["Content-Security-Policy"], where
    features = headers["Permissions-Policy"].split(", ")
    refused = {feature.removesuffix("=()") for feature in features if feature not in ALLOWED}
    assert set(features) - {f"{feature}=()" for feature in refused} == ALLOWED, where
    assert refused >= REFUSED, where


@pytest.mark.parametrize("pattern", ADDRESSES, ids=lambda pattern: str(pattern.pattern) or "/")
def test_every_address_has_them(
    pattern: URLPattern,
    sandbox: Sandbox,
    viewer: User,
    anonymous_client: RawPathClient,
    editor_client: RawPathClient,
) -> None:
    """`viewer` is the person of the page of one."""
    url = address(pattern, sandbox)
    for client in (anonymous_client, editor_client):
        for method in (client.get, client.post):
            response: Any = method(url)
            check(response.headers, f"{url} {response.status_code}")
            if response.streaming:
                b"".join(response.streaming_content)  # ends, and closes, the transfer


@pytest.mark.parametrize(
    "path", ["/nowhere/", "/static/nothing.js", "/healthz", "/readyz", "/admin/"]
)
def test_other_paths_have_them(anonymous_client: RawPathClient, path: str) -> None:
    check(anonymous_client.get(path).headers, path)


@pytest.fixture
def site(sandbox: Sandbox, editor: User, tmp_path: Path) -> Iterator[Deployed]:
    """As behind a proxy that terminates TLS."""
    settings = {"BEHIND_TLS_PROXY": "true", "SECURITY_CONTACT": "mailto:security@example.com"}
    # The host's cookie has another name over TLS; no page here needs a session.
    with deployed(editor, tmp_path / "log", SECURE_COOKIES="false", **settings) as site:
        yield site


Get = Callable[..., http.client.HTTPResponse]


@pytest.fixture
def get(site: Deployed) -> Get:
    def request(
        path: str, *, method: str = "GET", scheme: str = "https", **more: str
    ) -> http.client.HTTPResponse:
        response = site.request(path, method, {"X-Forwarded-Proto": scheme} | more)
        response.read()
        return response

    return request


def test_responses_over_a_socket_have_them_and_hsts(get: Get, sandbox: Sandbox) -> None:
    company = sandbox.company("files")
    attachment = f"/companies/{company}/customers/one/attachments/only/"
    for path, status in {
        "/companies/": 200,
        attachment: 200,
        f"{attachment}preview/": 200,
        f"/companies/{company}/customers/export/?format=csv": 200,
        "/static/app.js": 200,
        "/static/favicon.svg": 200,
        "/healthz": 200,
        "/readyz": 200,
        "/.well-known/security.txt": 200,
        "/accounts/login/": 200,
    }.items():
        response = get(path)
        assert response.status == status, path
        check(dict(response.headers), path)
        assert (
            response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        )
    not_allowed = get("/healthz", method="DELETE")
    assert not_allowed.status == 405
    check(dict(not_allowed.headers), "405")


def test_http_is_redirected_to_https_but_for_the_health_checks(get: Get) -> None:
    response = get("/companies/?q=a", scheme="http")
    assert response.status == 301
    assert response.headers["Location"].startswith("https://127.0.0.1")
    assert response.headers["Location"].endswith("/companies/?q=a")
    assert "Strict-Transport-Security" not in response.headers
    for path in ("/healthz", "/readyz"):
        assert get(path, scheme="http").status == 200


def test_a_host_that_is_not_allowed_gets_the_policies_too(get: Get) -> None:
    for scheme in ("http", "https"):
        response = get("/companies/", scheme=scheme, Host="evil.example")
        assert response.status == 400
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Permissions-Policy" in response.headers
        assert "Location" not in response.headers
