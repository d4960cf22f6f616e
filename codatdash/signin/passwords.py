"""Passwords: the one form in which they are compared and hashed, and words that do not make one.

Unicode has several spellings of one text: a keyboard may send é as one character or as two. NFKC makes them one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

# Characters. Nobody types a longer one; making one form of it would take long.
_MAX = 1000
# Characters of a word that counts, and those that a password must have beside such words.
_MIN_WORD, _MIN_REST = 4, 8
# The product's own words; the others are the firm's and the person's.
_WORDS = ("codat", "customer", "customers", "dashboard")


def normalised(password: str) -> str:
    """The form of a password that is compared and hashed."""
    return unicodedata.normalize("NFKC", password) if len(password) <= _MAX else password


class NormalisedHasher(PBKDF2PasswordHasher):
    """Django's hasher, of the one form of a password. Hashes from before, of another form, are still right."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """The hash of the password's one form."""
        return super().encode(normalised(password), salt, iterations)

    def verify(self, password: str, encoded: str) -> bool:
        """Whether a password has this hash, in its one form or as it was typed."""
        if super().verify(password, encoded):
            return True
        if password == normalised(password):
            return False
        _, iterations, salt, _ = encoded.split("$", 3)
        return constant_time_compare(encoded, super().encode(password, salt, int(iterations)))


class Normalised:
    """One of Django's rules for passwords, of their one form: full-width letters do not hide a common one."""

    def __init__(self, rule: str, **options: Any) -> None:
        self._rule = import_string(rule)(**options)

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raises ValidationError."""
        self._rule.validate(normalised(password), user)

    def get_help_text(self) -> str:
        """The rule as a sentence."""
        return str(self._rule.get_help_text())


class WordsValidator:
    """Refuses a password that is little more than words of the dashboard, of the firm, or of the person."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raises ValidationError."""
        folded = normalised(password).casefold()
        rest = folded
        for word in sorted(_words(user), key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != folded and len(rest) < _MIN_REST:
            raise ValidationError(
                "The password is little more than names that others can guess.", code="words"
            )

    def get_help_text(self) -> str:
        """The rule as a sentence."""
        return "Your password can’t be little more than names of the dashboard, of your firm or of you."


def _words(user: AbstractBaseUser | None) -> set[str]:
    """The words that do not count, folded: see `docs/security.md`."""
    return {
        word
        for text in (*_WORDS, *_texts(user))
        for word in re.split(r"[\W_]+", normalised(text).casefold())
        if len(word) >= _MIN_WORD
    }


def _texts(user: AbstractBaseUser | None) -> Iterator[str]:
    """Names of the firm and of the person."""
    yield from (settings.PRODUCT_NAME, *settings.PASSWORD_WORDS)
    if settings.HAS_DASHBOARD_URL:
        yield urlsplit(settings.DASHBOARD_URL).hostname or ""
    if isinstance(user, User):
        yield from (user.get_username(), user.get_full_name(), user.email)
