"""The queries of the home page on PostgreSQL, from a run on SQLite."""

import pytest
from django.db import connection

from tests.support.races import run_on_postgresql

TESTS = (
    "tests/home/test_problems.py",
    "tests/home/test_board.py",
    "tests/home/test_activity.py",
    "tests/home/test_pictures.py",
    "tests/home/test_reading.py",
    "tests/home/test_races.py",
    "tests/writes/test_resolving.py",
)


@pytest.mark.timeout(600)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql(*TESTS, timeout=580)
