"""Guesses of passwords, codes and reset addresses: slowed down by `throttle`, and logged, one line each."""

from __future__ import annotations

import logging
import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from codatdash import throttle
from customers.formatting import counted

logger = logging.getLogger(__name__)

# Days for which a browser is recognised as one that has signed in to an account.
KNOWN_DAYS = 90
_SALT = "codatdash.signin.known-browser"


def check_guess(guess: throttle.Guess) -> None:
    """Count a guess. Raises ValidationError (code `throttled`) where it is throttled."""
    wait = throttle.count(guess)
    if wait:
        log("blocked", guess)
        when = counted(wait, "second") if wait < 120 else f"{wait // 60 + 1} minutes"
        raise ValidationError(
            f"There were too many attempts. Try again in {when}.", code="throttled"
        )


def guess_of(request: HttpRequest, name: str, what: str = "password") -> throttle.Guess:
    """The guess of a `what` of `name` in this request."""
    browser = ""
    cookie = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE, "")
    try:
        known = signing.loads(cookie, salt=_SALT, max_age=KNOWN_DAYS * 24 * 3600)
    except signing.BadSignature:
        known = None
    if isinstance(known, list) and len(known) == 2 and known[0] == name:
        browser = str(known[1])
    return throttle.Guess(name, throttle.client_address(request), browser, what)


def remember_browser(response: HttpResponseBase, guess: throttle.Guess) -> None:
    """Set the cookie that lets this browser be recognised as one of the guess's name."""
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE,
        signing.dumps([guess.name, guess.browser or secrets.token_urlsafe(16)], salt=_SALT),
        max_age=KNOWN_DAYS * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def fail(request: HttpRequest, name: str, what: str, reason: str = "") -> None:
    """A sign-in or a confirmation that failed without a guess that waits: by a passkey, or at the provider.

    Each has its line in the log. The audit has as many as it would have of wrong passwords: none of those that would
    have had to wait, so that nobody floods it. `reason` is in words of the dashboard's own.
    """
    guess = guess_of(request, name, what)
    log("failed", guess)
    if not throttle.count(guess):
        report(request, name, what, reason)


def report(request: HttpRequest, name: str, what: str = "", reason: str = "") -> None:
    """Say that somebody failed to sign in, or to confirm who they are, as Django does: the audit records it."""
    facts = {User.USERNAME_FIELD: name, "method": what, "reason": reason}
    user_login_failed.send(sender=__name__, credentials=facts, request=request)


def log(outcome: str, guess: throttle.Guess, method: str = "") -> None:
    """One line per attempt. A name that no account has is left out: it may be a password typed into the wrong field.

    `method` is what was signed in with; by default, what was guessed.
    """
    user = User.objects.filter(username=guess.name).only("pk").first()
    facts = {
        "event": f"sign-in {outcome}",
        "account": guess.name if user else "",
        "user": user.pk if user else None,
        "address": guess.address,
        "known_browser": bool(guess.browser),
        "method": method or guess.what,
    }
    level = logging.INFO if outcome == "succeeded" else logging.WARNING
    logger.log(level, "sign-in", extra={"facts": facts})
