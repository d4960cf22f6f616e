"""Forms that check a secret: a throttled guess is refused before anything is computed or compared."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseProblem
from django.http import HttpRequest

from codatdash import throttle
from codatdash.signin.guesses import check_guess, guess_of, log, report

logger = logging.getLogger(__name__)


@contextmanager
def _guessing(guess: throttle.Guess) -> Iterator[None]:
    """Around the check of a guess: raises ValidationError where it is throttled, and logs one that is wrong."""
    check_guess(guess)
    try:
        yield
    except ValidationError:
        log("failed", guess)
        raise
    throttle.forget(guess)


@contextmanager
def _slot() -> Iterator[None]:
    """Around the computing of a password hash. Raises ValidationError where too many are being computed."""
    with throttle.hashing() as has_slot:
        if not has_slot:
            raise ValidationError(
                "Too many people are signing in. Try again in a minute.", code="throttled"
            )
        yield


class SignInForm(account_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    """Name and password. A throttled guess is refused before its hash is computed."""

    def add_prefix(self, field_name: str) -> str:
        """The name of a field's input: browsers and password managers know `username`."""
        return str(super().add_prefix("username" if field_name == "login" else field_name))

    def clean_login(self) -> str:
        """The name as Django stores it."""
        return unicodedata.normalize("NFKC", str(super().clean_login()))

    def clean(self) -> dict[str, Any]:
        """The user is in `user` afterwards. Raises ValidationError."""
        if not settings.LOCAL_PASSWORDS:
            raise ValidationError(f"Sign in with {settings.OIDC_NAME}.", code="no_passwords")
        name = str(self.cleaned_data.get("login") or "")
        if self.errors or not name:
            return dict(self.cleaned_data)
        with _guessing(guess_of(self.request, name)), _slot():
            return dict(super().clean())


class NewPasswordForm(PasswordChangeForm):
    """A new password; guesses of the old one are counted like those of a sign-in."""

    def __init__(self, user: User, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """The old password. Raises ValidationError."""
        name = self.user.get_username()
        with _guessing(guess_of(self.request, name)), _slot():
            try:
                old: str = super().clean_old_password()
            except ValidationError:
                report(self.request, name)
                raise
        return old


class ConfirmPasswordForm(account_forms.ReauthenticateForm):  # type: ignore[misc]
    """One's own password once more, before something that others must not do at an open browser."""

    def clean_password(self) -> str:
        """The password. Raises ValidationError."""
        with _guessing(guess_of(context.request, self.user.get_username())), _slot():
            return str(super().clean_password())


if TYPE_CHECKING:
    _Base = forms.Form
else:
    _Base = object


class _CodeForm(_Base):
    """A code of an app or a recovery code; guesses are counted apart from those of the password."""

    user: User

    def clean_code(self) -> str:
        """The code. Raises ValidationError."""
        name, request = self.user.get_username(), context.request
        with _guessing(guess_of(request, name, "code")):
            try:
                return self._checked_code()
            except ValidationError:
                report(request, name, "code")
                raise

    def _checked_code(self) -> str:
        """The code. Raises ValidationError, also where the cache of the codes that were used is unavailable."""
        try:
            return str(super().clean_code())  # type: ignore[misc]
        except (ValidationError, DatabaseProblem):
            raise
        except Exception as error:  # each cache has errors of its own
            logger.exception("code not checked")
            raise ValidationError(
                "The code cannot be checked now. Use a recovery code or a passkey, or try again later.",
                code="unavailable",
            ) from error


class SecondFactorForm(_CodeForm, mfa_forms.AuthenticateForm):  # type: ignore[misc]
    """The second factor at sign-in."""


class ConfirmCodeForm(_CodeForm, mfa_forms.ReauthenticateForm):  # type: ignore[misc]
    """The second factor once more."""


class ResetForm(account_forms.ResetPasswordForm):  # type: ignore[misc]
    """The address to which a link for a new password goes. The answer is the same for an unknown address."""

    def clean_email(self) -> str:
        """The address. Raises ValidationError."""
        # Each one counts, also of an existing address: it sends a mail.
        check_guess(guess_of(context.request, str(self.cleaned_data["email"]), "reset"))
        email = str(super().clean_email())
        # allauth finds addresses in lower case only. Here they are as an administrator or the provider wrote them.
        found = User.objects.filter(email__iexact=email, is_active=True)
        # The database may take more for the same than the mail server: a dotless i, for one.
        self.users = [user for user in found if user.email.lower() == email.lower()]
        return email
