"""The same on PostgreSQL: leases on its clock, workers that are killed, and a server that is away."""

import pytest
from django.db import connection

from tests.support.races import run_on_postgresql

TESTS = ("test_leases.py", "test_chores.py", "test_loop.py", "test_process.py")


@pytest.mark.timeout(600)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql(*(f"tests/worker/{name}" for name in TESTS), timeout=580)
