"""The engine of batches on PostgreSQL, from a run on SQLite."""

import pytest
from django.db import connection

from tests.support.races import run_on_postgresql

TESTS = (
    "tests/batches/test_sending.py",
    "tests/resilience/test_batch_kills.py::test_workers_that_are_killed_at_any_moment_lose_and_double_nothing",
)


@pytest.mark.timeout(600)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql(*TESTS, timeout=580)
