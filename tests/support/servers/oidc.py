"""A real OpenID provider on loopback, and a person's way through it over real sockets."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import oidc_provider_mock
import requests
from pytest_django import Settings

from codatdash.signin import provider_settings

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
REFRESH = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]+)">')


@contextmanager
def provider() -> Iterator[str]:
    """The issuer of a provider that runs in a thread."""
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


def use(settings: Settings, issuer: str, **others: Any) -> None:
    """Have the dashboard sign in through a provider."""
    settings.OIDC_ISSUER = issuer
    settings.OIDC_NAME = "Example login"
    settings.OIDC_PROVIDER_ID = provider_settings.provider_id(issuer)
    settings.SOCIALACCOUNT_PROVIDERS = provider_settings.providers(
        issuer=issuer, name="Example login", client_id="dashboard", secret="secret"
    )
    for name, value in others.items():
        setattr(settings, name, value)


def set_claims(issuer: str, subject: str, **claims: Any) -> None:
    """What the provider says of a person."""
    answer = requests.put(f"{issuer}/users/{quote(subject)}", json=claims, timeout=10)
    assert answer.status_code == 204


def leave(browser: requests.Session, dashboard: str, **fields: str) -> str:
    """Press the provider's button on the sign-in page; returns the address at the provider."""
    page = browser.get(f"{dashboard}/accounts/login/", timeout=10).text
    token = CSRF.search(page)
    assert token
    data = {"csrfmiddlewaretoken": token[1], "process": "login", **fields}
    answer = browser.post(f"{dashboard}/accounts/provider/login/", data, timeout=10)
    assert answer.status_code == 200, "a redirect would be stopped by the policy"
    address = REFRESH.search(answer.text)
    assert address
    return html.unescape(address[1])


def agree(browser: requests.Session, address: str, subject: str) -> str:
    """Sign in at the provider; returns the address of the dashboard that it sends the browser to."""
    answer = browser.post(address, {"sub": subject}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    return answer.headers["Location"]


def sign_in(
    dashboard: str, subject: str, **fields: str
) -> tuple[requests.Session, requests.Response]:
    """A browser after the whole way, and the dashboard's answer to its return."""
    browser = requests.Session()
    back = agree(browser, leave(browser, dashboard, **fields), subject)
    return browser, browser.get(back, allow_redirects=False, timeout=10)
