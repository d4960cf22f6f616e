"""The queries and locks of people on PostgreSQL, from a run on SQLite."""

import pytest
from django.db import connection

from tests.support.races import run_on_postgresql

TESTS = (
    "tests/people/test_accounts.py",
    "tests/people/test_asking.py",
    "tests/people/test_granting.py",
    "tests/people/test_invitations.py",
    "tests/people/test_joining_by_provider.py",
    "tests/people/test_last_seen.py",
    "tests/people/test_pages.py",
    "tests/people/test_races.py",
    "tests/people/test_those_who_see_more.py",
)


@pytest.mark.timeout(600)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql(*TESTS, timeout=580)
