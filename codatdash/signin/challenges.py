"""The question to a passkey of somebody who is not signed in: kept in a signed cookie until it is answered.

In a session it would be a row of the database for everybody who asks for one. It is answered once: see `_is_first`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core import signing
from django.core.cache import caches
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from customers.codat import cache

# Seconds to answer it; a browser waits for a person for about as long.
SECONDS = 300
_SALT = "codatdash.signin.challenge"


def keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Move what a view has put into a session that is not stored yet into the cookie."""
    session = request.session
    if session.session_key or session.is_empty():
        return
    response.set_cookie(
        settings.PASSKEY_COOKIE,
        signing.dumps(dict(session.items()), salt=_SALT),
        max_age=SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    session.clear()


@contextmanager
def restored(request: HttpRequest) -> Iterator[None]:
    """Have the cookie's content in the session while an answer is checked."""
    session = request.session
    added = {key: value for key, value in _content(request).items() if key not in session}
    if added:
        session.update(added)
    try:
        yield
    finally:
        for key in added:
            session.pop(key, None)


def _content(request: HttpRequest) -> dict[str, object]:
    """What the cookie holds; {} for none, an old or a forged one, and one that was used."""
    cookie = request.COOKIES.get(settings.PASSKEY_COOKIE, "")
    try:
        content = signing.loads(cookie, salt=_SALT, max_age=SECONDS)
    except signing.BadSignature:
        return {}
    return content if isinstance(content, dict) and _is_first(cookie) else {}


def _is_first(cookie: str) -> bool:
    """Whether nobody has answered with this cookie before: neither with the right answer nor with a wrong one.

    While the shared cache is away, each process remembers those that it has seen.
    """
    key = f"challenge-{hashlib.sha256(cookie.encode()).hexdigest()}"
    is_first = cache.add(key, SECONDS)
    return bool(caches["process"].add(key, 1, SECONDS)) if is_first is None else is_first
