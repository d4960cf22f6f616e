"""The engine of imports on PostgreSQL, from a run on SQLite."""

import pytest
from django.db import connection

from tests.support.races import run_on_postgresql

TESTS = (
    *("test_checking.py", "test_correcting.py", "test_sending.py", "test_uploading.py"),
    "test_whole_way.py",
)


@pytest.mark.timeout(600)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql(
        *(f"tests/spreadsheets/importing/{name}" for name in TESTS),
        "tests/resilience/test_import_kills.py",
        timeout=580,
    )
