"""The SQLite database holds customers' data: only the user of the dashboard can read its files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.support.programs.processes import finish, start

pytestmark = pytest.mark.django_db(transaction=True)

# Leaves the connection open, so that the files of the write-ahead log are there.
WRITE = """
import django, os
django.setup()
from django.db import connection
connection.cursor().execute("CREATE TABLE IF NOT EXISTS t (x)")
print(sorted((entry.name, oct(entry.stat().st_mode & 0o777)) for entry in os.scandir(os.environ["FOLDER"])))
"""


@pytest.mark.parametrize("existing", [False, True])
def test_only_the_owner_can_read_the_database(tmp_path: Path, existing: bool) -> None:
    database = tmp_path / "db.sqlite3"
    if existing:
        database.touch(mode=0o644)
        database.chmod(0o644)
    url = f"sqlite:///{database}"
    output = finish(start("-c", WRITE, DATABASE_URL=url, FOLDER=str(tmp_path)))
    names = ("db.sqlite3", "db.sqlite3-shm", "db.sqlite3-wal")
    assert output.splitlines()[-1] == str([(name, "0o600") for name in names])
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_reported_by_sqlite(tmp_path: Path) -> None:
    process = start("manage.py", "migrate", DATABASE_URL=f"sqlite:///{tmp_path}/none/db.sqlite3")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output.startswith("The database cannot be used: unable to open database file.")
