"""Many threads at the same moment, and the same tests on PostgreSQL."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import environ
import psycopg
import pytest
from django.db import connection, connections
from psycopg.sql import SQL, Identifier

from tests.support.patience import PATIENCE
from tests.support.programs import processes
from tests.support.servers import databases

NESTED = "TESTS_ON_POSTGRESQL"
# Set by pytest-xdist in the processes that it starts.
_IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
# The migrated database that the runs of all processes copy.
_TEMPLATE = f"journal_template_{os.getppid() if _IS_WORKER else os.getpid()}"


def all_at_once(jobs: Iterable[Callable[[], Any]]) -> list[Any]:
    """Run each job in a thread with its own database connection, all started at the same moment."""
    jobs = list(jobs)
    line = threading.Barrier(len(jobs))

    def work(job: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()  # Connected before the start.
            line.wait(timeout=PATIENCE)
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(work, jobs))


def run_on_postgresql(*tests: str, timeout: float = 280) -> None:
    """Run tests in a database of their own on PostgreSQL. Skips where there is none."""
    assert NESTED not in os.environ, "never within itself"
    # A separate database: several runs may share a server. Tests run in the database `test_<name>`.
    address = urlsplit(_postgresql())._replace(path=f"/journal_{os.getpid()}").geturl()
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--show-capture=no", *tests],
        cwd=processes.ROOT,
        env=os.environ
        | {
            "DATABASE_URL": address,
            databases.TEMPLATE: _TEMPLATE,
            NESTED: "1",
            "DJANGO_SETTINGS_MODULE": "codatdash.settings",
        },
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-1000:]
    assert " passed" in run.stdout


def drop_template() -> None:
    """Delete the database that the runs have copied, where there was one, once no process needs it."""
    if _IS_WORKER or NESTED in os.environ:
        return
    with contextlib.suppress(psycopg.Error), _server() as server:
        name = Identifier(_TEMPLATE)
        server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _postgresql() -> str:
    """The address of a PostgreSQL server that can be reached; skips where there is none."""
    try:
        _server().close()
    except psycopg.Error as error:
        pytest.skip(f"skipped: no PostgreSQL at TEST_POSTGRES_URL ({type(error).__name__})")
    return _address()


def _server() -> psycopg.Connection[Any]:
    known = environ.Env.db_url_config(_address())
    return psycopg.connect(
        host=known["HOST"],
        port=known["PORT"] or 5432,
        user=known["USER"],
        password=known["PASSWORD"] or None,
        dbname=known["NAME"],
        connect_timeout=3,
        autocommit=True,
    )


def _address() -> str:
    return os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
