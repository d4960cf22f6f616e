"""Passkeys: what a browser posts of one is a stranger's JSON, of any shape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms
from django.core.exceptions import ValidationError

from codatdash.signin.guesses import fail


@contextmanager
def _any_shape() -> Iterator[None]:
    """Around the reading of a credential: one of another shape is a wrong one. Raises ValidationError."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValidationError("The passkey was not accepted.", code="incorrect_code") from error


@contextmanager
def _attempt(name: str) -> Iterator[None]:
    """Around the check of a passkey: one that is wrong is in the log and in the audit. Raises ValidationError."""
    try:
        with _any_shape():
            yield
    except ValidationError:
        fail(context.request, name, "passkey")
        raise


class PasskeyForm(forms.LoginWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """Sign-in with a passkey alone."""

    def clean_credential(self) -> Authenticator:
        """The passkey's row. Raises ValidationError."""
        # Whose it is said to be is not known to be true.
        with _attempt(""):
            return super().clean_credential()


class SecondFactorPasskeyForm(forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey after the password."""

    def clean_credential(self) -> Authenticator:
        """The passkey's row. Raises ValidationError."""
        with _attempt(self.user.get_username()):
            return super().clean_credential()


class ConfirmPasskeyForm(forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey once more."""

    def clean_credential(self) -> Authenticator:
        """The passkey's row. Raises ValidationError."""
        with _attempt(self.user.get_username()):
            return super().clean_credential()


class AddPasskeyForm(forms.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and its name."""

    def clean_name(self) -> str:
        """The name, as long as the page allows."""
        return str(super().clean_name())[:100]

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError."""
        with _any_shape():
            return dict(super().clean())
