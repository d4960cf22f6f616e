"""Data quality on PostgreSQL, and what a save asks the index, from a run on SQLite: the same tests."""

import pytest
from django.db import connection

from tests.support.races import run_on_postgresql


@pytest.mark.timeout(600)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql("tests/quality/", "tests/editing/test_lookalikes.py", timeout=580)
