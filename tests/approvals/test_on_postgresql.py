"""Approvals on PostgreSQL, from a run on SQLite."""

import pytest
from django.db import connection

from tests.support.races import run_on_postgresql

TESTS = (
    "tests/approvals/test_deciding.py",
    "tests/approvals/test_ways_round.py",
    "tests/approvals/test_batches.py",
    "tests/approvals/test_pages.py",
    "tests/approvals/test_deputies.py",
    "tests/approvals/test_races.py",
)


@pytest.mark.timeout(600)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql(*TESTS, timeout=580)
