"""What is posted as a passkey may have any shape, also inside its binary data: it is a wrong one, never a 500."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.cache import caches

from tests.conftest import RawPathClient
from tests.support.pages.second_factor import FACTOR, LOGIN, base64_text, set_up, sign_in

pytestmark = pytest.mark.django_db
PASSKEY, ADD, CONFIRM = (
    "/accounts/login/passkey/",
    "/accounts/security/passkeys/add/",
    "/accounts/confirm/passkey/",
)
DEEP = 100_000
# Attested data, and extensions; the binary data behind the flags is CBOR.
_ATTESTED, _EXTENDED = 0x40, 0x80


def authenticator_data(flags: int, rest: bytes) -> bytes:
    """The data of a device: a hash, flags, a counter, and what the flags announce."""
    return bytes(32) + bytes([flags]) + bytes(4) + rest


def credential(client_data: bytes = b"", data: bytes = bytes(37), attestation: bytes = b"") -> str:
    """A credential as a browser posts it."""
    said = client_data or json.dumps({"type": "webauthn.get", "challenge": "A"}).encode()
    response = {
        "clientDataJSON": base64_text(said),
        "authenticatorData": base64_text(data),
        "attestationObject": base64_text(attestation),
        "signature": base64_text(b"x"),
        "userHandle": base64_text(b"1"),
    }
    return json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response})


SHAPES = {
    "deep": "[" * DEEP,
    "digits": "9" * 5000,
    "not-a-number": '{"id": NaN}',
    "null-character": '{"id": "a\\u0000"}',
    "half-a-character": '{"id": "\\ud800"}',
    "client-data-deep": credential(client_data=b"[" * DEEP),
    "client-data-digits": credential(client_data=b"9" * 5000),
    "data-cut": credential(data=bytes(5)),
    "data-without-key": credential(data=authenticator_data(_ATTESTED, bytes(18))),
    "data-with-half-a-key": credential(data=authenticator_data(_ATTESTED, bytes(18) + b"\xa1\x01")),
    "data-deep": credential(data=authenticator_data(_EXTENDED, b"\x81" * DEEP)),
    "attestation-empty": credential(),
    "attestation-cut": credential(attestation=b"\xa3"),
    "attestation-cut-number": credential(attestation=b"\x1b"),
    "attestation-deep": credential(attestation=b"\x81" * DEEP),
}
shapes = pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)


@pytest.fixture(autouse=True)
def _no_guesses_yet() -> None:
    for alias in ("default", "process"):
        caches[alias].clear()


@shapes
def test_at_sign_in(editor: User, anonymous_client: RawPathClient, text: str) -> None:
    anonymous_client.get(PASSKEY, headers={"Accept": "application/json"})
    answer = anonymous_client.post(PASSKEY, {"credential": text})
    assert answer["Location"] == LOGIN
    assert 'role="alert"' in anonymous_client.get(LOGIN).content.decode()


@shapes
def test_where_one_is_added(editor: User, text: str) -> None:
    client = RawPathClient()
    sign_in(client)
    client.get(ADD)
    answer = client.post(ADD, {"name": "Mine", "credential": text, "passwordless": "on"})
    assert answer.status_code == 422
    assert not Authenticator.objects.exists()


@shapes
def test_after_the_password_and_where_it_is_confirmed(editor: User, text: str) -> None:
    owner = RawPathClient()
    sign_in(owner)
    set_up(owner)
    client = RawPathClient()
    assert sign_in(client) == FACTOR
    assert client.post(FACTOR, {"credential": text}).status_code == 422
    assert owner.post(CONFIRM, {"credential": text}).status_code < 500
