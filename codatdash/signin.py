"""Sign-in, sign-out and password change: Django's own, with guesses slowed down and every attempt logged."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator

from codatdash import throttle

logger = logging.getLogger(__name__)

# Days for which a browser is recognised as one that has signed in to an account.
KNOWN_DAYS = 90
_SALT = "codatdash.signin.known-browser"


def check_guess(guess: throttle.Guess) -> None:
    """Count a guess. Raises ValidationError (code `throttled`) where it is throttled."""
    wait = throttle.count(guess)
    if wait:
        _log("blocked", guess)
        when = f"{wait} seconds" if wait < 120 else f"{wait // 60 + 1} minutes"
        raise ValidationError(
            f"There were too many attempts. Try again in {when}.", code="throttled"
        )


class SignInForm(AuthenticationForm):
    """Name and password. A throttled guess is refused before its hash is computed."""

    def clean(self) -> dict[str, Any]:
        """The signed-in user is in `get_user()`. Raises ValidationError."""
        name = str(self.cleaned_data.get("username") or "")
        if self.request is None:
            raise ValidationError("Sign in from the sign-in page.", code="throttled")
        guess = guess_of(self.request, name)
        if name and self.cleaned_data.get("password"):
            check_guess(guess)
        with throttle.hashing() as has_slot:
            if not has_slot:
                raise ValidationError(
                    "Too many people are signing in. Try again in a minute.", code="throttled"
                )
            try:
                return super().clean()
            except ValidationError:
                _log("failed", guess)
                raise

    def get_invalid_login_error(self) -> ValidationError:
        """The error of a wrong name or password."""
        return ValidationError(
            "The user name or password is wrong. Both may be case-sensitive.", code="invalid_login"
        )


class NewPasswordForm(PasswordChangeForm):
    """A new password; guesses of the old one are counted like those of a sign-in."""

    def __init__(self, user: User, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """The old password. Raises ValidationError."""
        guess = guess_of(self.request, self.user.get_username())
        check_guess(guess)
        old: str = super().clean_old_password()
        throttle.forget(guess)
        return old


@method_decorator(login_not_required, name="dispatch")
class SignInView(views.LoginView):
    """The sign-in page."""

    form_class = SignInForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and remember this browser."""
        name = form.get_user().get_username()
        guess = guess_of(self.request, name)
        response = super().form_valid(form)
        throttle.forget(guess)
        _log("succeeded", guess)
        response.set_cookie(
            settings.KNOWN_BROWSER_COOKIE,
            signing.dumps([name, guess.browser or secrets.token_urlsafe(16)], salt=_SALT),
            max_age=KNOWN_DAYS * 24 * 3600,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """The page with its error; 429 where the attempt was not checked."""
        response = super().form_invalid(form)
        if form.has_error("__all__", "throttled"):
            response.status_code = 429
        return response


class PasswordView(views.PasswordChangeView):
    """Change of one's own password. Afterwards the same page confirms it."""

    form_class = NewPasswordForm
    success_url = "/accounts/password/?changed"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        changed = self.request.method == "GET" and "changed" in self.request.GET
        return super().get_context_data(**kwargs) | {"changed": changed}


@login_not_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out by POST. By GET: the sign-in page for someone who is signed out, else a page with a button."""
    if request.method == "POST":
        return views.LogoutView.as_view()(request)
    if not request.user.is_authenticated:
        return redirect(settings.LOGIN_URL)
    return render(request, "registration/sign_out.html")


def guess_of(request: HttpRequest, name: str) -> throttle.Guess:
    """The guess of a password for `name` in this request."""
    browser = ""
    cookie = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE, "")
    try:
        known = signing.loads(cookie, salt=_SALT, max_age=KNOWN_DAYS * 24 * 3600)
    except signing.BadSignature:
        known = None
    if isinstance(known, list) and len(known) == 2 and known[0] == name:
        browser = str(known[1])
    return throttle.Guess(name, throttle.client_address(request), browser)


def _log(outcome: str, guess: throttle.Guess) -> None:
    """One line per attempt. A name that no account has is left out: it may be a password typed into the wrong field."""
    user = User.objects.filter(username=guess.name).only("pk").first()
    facts = {
        "event": f"sign-in {outcome}",
        "account": guess.name if user else "",
        "user": user.pk if user else None,
        "address": guess.address,
        "known_browser": bool(guess.browser),
    }
    level = logging.INFO if outcome == "succeeded" else logging.WARNING
    logger.log(level, "sign-in", extra={"facts": facts})
