"""What a person may see on PostgreSQL, from a run on SQLite: the same tests."""

import pytest
from django.db import connection

from tests.support.races import run_on_postgresql


@pytest.mark.timeout(600)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql("tests/access/", timeout=580)
