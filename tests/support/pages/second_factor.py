"""Signing in with a second factor, as a browser does it."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from typing import Any

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


def passkey_data(name: str = "Mine") -> dict[str, Any]:
    """What is stored of a passkey: the answer of a browser to its registration, with a key that signs nothing."""
    point = bytes.fromhex("215820") + bytes(32) + bytes.fromhex("225820") + bytes(32)
    key = bytes.fromhex("a5010203262001") + point  # an elliptic curve, ES256, P-256
    attested = bytes(16) + bytes([0, 1]) + b"A" + key
    data = bytes(32) + bytes([0x41]) + bytes(4) + attested
    attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data
    client = json.dumps({"type": "webauthn.create", "challenge": "QQ", "origin": "https://a"})
    response = {
        "clientDataJSON": base64_text(client.encode()),
        "attestationObject": base64_text(attestation),
    }
    credential = {"id": "QQ", "rawId": "QQ", "type": "public-key", "response": response}
    return {"name": name, "credential": credential, "passwordless": True}


def base64_text(data: bytes) -> str:
    """Binary data as browsers post it: in base64 for addresses, without the padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")
