"""The signature of an event, as Standard Webhooks defines it: HMAC-SHA-256 over id, time and the raw body.

The library `standardwebhooks` signs text, so it reports a body that is not UTF-8 as a wrong signature, and rejects a
header with one malformed and one valid token. Svix sends several tokens while a secret is rotated.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

# Seconds that an event may be old, or lie in the future.
TOLERANCE = 300
_VERSION = "v1"
_PREFIX = "whsec_"


def is_valid(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether a signature of the header is valid for the body, and its time is recent. `secret` as Svix shows it."""
    event_id, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not event_id or not _is_near(sent):
        return False
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    content = f"{event_id}.{sent}.".encode(errors="surrogateescape") + body
    expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256))
    tokens = headers.get("webhook-signature", "").split()
    matches = [
        hmac.compare_digest(expected, signature.encode(errors="surrogateescape"))
        for version, _, signature in (token.partition(",") for token in tokens)
        if version == _VERSION
    ]
    return any(matches)


def _is_near(seconds: str) -> bool:
    """Whether a time, in whole seconds since 1970, is now within the tolerance."""
    is_number = seconds.isascii() and seconds.isdigit() and len(seconds) <= 12
    return is_number and abs(time.time() - int(seconds)) <= TOLERANCE
