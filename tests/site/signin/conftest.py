"""What the tests of signing in share."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches

from tests.conftest import RawPathClient
from tests.support.pages.second_factor import set_up, sign_in


@pytest.fixture(autouse=True)
def _no_guesses_yet() -> None:
    """Nobody has guessed a password or a code lately."""
    for alias in ("default", "process"):
        caches[alias].clear()


@pytest.fixture
def secret(editor: User) -> str:
    """The key of the editor's authenticator app."""
    client = RawPathClient()
    sign_in(client)
    return set_up(client)
