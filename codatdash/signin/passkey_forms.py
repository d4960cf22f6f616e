"""Passkeys: what a browser posts of one is a stranger's JSON, of any shape."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms
from django.core.exceptions import ValidationError
from django.forms import HiddenInput, JSONField

from codatdash.signin.guesses import fail

_NOT_ACCEPTED = "The passkey was not accepted."
# What the JSON and the binary data in it can be: of another type, cut, nested without end, a number without end.
_SHAPES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
# A null character, or half of a character, as JSON says it: PostgreSQL stores neither. No passkey has them.
_NOT_STORABLE = re.compile(r"\\u(?:0000|d[89a-f])")


@contextmanager
def _any_shape() -> Iterator[None]:
    """Around the reading of a credential: one of another shape is a wrong one. Raises ValidationError."""
    try:
        yield
    except _SHAPES as error:
        raise ValidationError(_NOT_ACCEPTED, code="incorrect_code") from error


class CredentialField(JSONField):
    """The hidden field that a script fills with a credential."""

    widget = HiddenInput

    def to_python(self, value: Any) -> Any:
        """The credential, of any shape. Raises ValidationError."""
        with _any_shape():
            credential = super().to_python(value)
            if _NOT_STORABLE.search(json.dumps(credential, allow_nan=False)):
                raise ValidationError(_NOT_ACCEPTED, code="incorrect_code")
        return credential


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

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        """The passkey's row. Raises ValidationError."""
        # Whose it is said to be is not known to be true.
        with _attempt(""):
            return super().clean_credential()


class SecondFactorPasskeyForm(forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey after the password."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        """The passkey's row. Raises ValidationError."""
        with _attempt(self.user.get_username()):
            return super().clean_credential()


class ConfirmPasskeyForm(forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey once more."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        """The passkey's row. Raises ValidationError."""
        with _attempt(self.user.get_username()):
            return super().clean_credential()


class AddPasskeyForm(forms.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and its name."""

    credential = CredentialField()

    def clean_name(self) -> str:
        """The name, as long as the page allows."""
        return str(super().clean_name())[:100]

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError."""
        with _any_shape():
            return dict(super().clean())
