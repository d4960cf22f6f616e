"""Signing in with a second factor, as a browser does it."""

from __future__ import annotations

import re

from tests.conftest import RawPathClient
from tests.support.totp import code

LOGIN, SECURITY, APP = "/accounts/login/", "/accounts/security/", "/accounts/security/app/"
FACTOR = "/accounts/second-factor/"


def sign_in(client: RawPathClient, name: str = "editor", **more: str) -> str:
    """The address to which a right password leads."""
    data = {"username": name, "password": f"{name}-password", **more}
    return str(client.post(LOGIN, data)["Location"])


def set_up(client: RawPathClient) -> str:
    """Set up an authenticator app; returns its key."""
    page = client.get(APP).content.decode()
    [secret] = re.findall(r'<code class="totp-key">([A-Z2-7]+)</code>', page)
    answer = client.post(APP, {"code": code(secret)})
    assert answer["Location"] == "/accounts/security/codes/"
    return str(secret)
