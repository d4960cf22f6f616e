"""The queries of notifications on PostgreSQL, from a run on SQLite."""

import pytest
from django.db import connection

from tests.support.races import run_on_postgresql

TESTS = (
    "tests/notices/test_telling.py",
    "tests/notices/test_facts.py",
    "tests/notices/test_following.py",
    "tests/notices/test_digests.py",
    "tests/notices/test_sending.py",
    "tests/notices/test_pages.py",
    "tests/notices/test_killed_sender.py",
)


@pytest.mark.timeout(600)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql(*TESTS, timeout=580)
