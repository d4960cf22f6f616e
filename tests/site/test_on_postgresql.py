"""Sign-in and blank texts on PostgreSQL, from a run on SQLite."""

import pytest
from django.db import connection

from tests.support.races import run_on_postgresql

TESTS = (
    "tests/security/test_blank_texts.py",
    "tests/site/signin/test_passkey_shapes.py",
    "tests/site/signin/test_second_factor.py",
    "tests/site/signin/test_required_factor.py",
    "tests/site/signin/test_provider.py",
    "tests/site/signin/test_own_sessions.py",
    "tests/site/signin/test_password_reset.py",
)


@pytest.mark.timeout(600)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql(*TESTS, timeout=580)
