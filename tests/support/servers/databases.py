"""The database of the tests: migrated once and copied, in memory where there is room, emptied table by table."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

import django
import psycopg
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from psycopg.sql import SQL, Identifier

from customers.models import AuditEntry
from tests.support.audit import unprotected

# Names the database on PostgreSQL that several runs copy: the first of them makes it.
TEMPLATE = "TESTS_TEMPLATE"

_ROOT = Path(settings.BASE_DIR)
_VAR = _ROOT / "var"
_MEMORY = Path("/dev/shm")
# Bytes that have to be free there: a container may have few.
_ROOM = 2 * 1024**3
_NAME = "codatdash-tests-"
# Made after migrations, from the models: no test changes them.
_KEPT = (ContentType, Permission)
# Its triggers let nobody delete a row.
_PROTECTED = AuditEntry._meta.db_table


def create() -> None:
    """Make the database of this process, and connect to it from here on."""
    if connection.vendor == "sqlite":
        _create_sqlite()
    else:
        _create_postgresql()


def destroy() -> None:
    """Delete the database of this process."""
    connection.close()
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        for suffix in ("", "-wal", "-shm"):
            Path(f"{name}{suffix}").unlink(missing_ok=True)
    else:
        with _server() as server:
            _drop(server, name)


def copy_to(place: Path) -> None:
    """Write a migrated SQLite database, so that a dashboard need not make it. On PostgreSQL there is none to copy."""
    if (template := _template()).exists():
        shutil.copyfile(template, place)


def empty() -> None:
    """Delete what tests have committed.

    Django's own flush goes through every table, and then makes the permissions anew.
    """
    quote = connection.ops.quote_name
    with transaction.atomic(), contextlib.ExitStack() as stack, connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})"
                for table in _tables()
            )
        )
        tables = [table for (table,) in cursor.fetchall()]
        if _PROTECTED in tables:
            stack.enter_context(unprotected())
        # In any order: foreign keys are checked at the end of the transaction.
        for table in tables:
            cursor.execute(f"DELETE FROM {quote(table)}")


@cache
def _tables() -> tuple[str, ...]:
    """All tables of models but those that are kept."""
    kept = {model._meta.db_table for model in _KEPT}
    return tuple(sorted(set(connection.introspection.django_table_names()) - kept))


def _create_sqlite() -> None:
    folder = _folder()
    _remove_left(folder)
    name = folder / f"{_NAME}{os.getpid()}.sqlite3"
    template = _template()
    with (_VAR / "test-template.lock").open("w") as lock:
        # Of processes that start together, one migrates.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if template.exists():
            shutil.copyfile(template, name)
        else:
            connection.settings_dict["TEST"]["NAME"] = str(name)
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            _keep(template)
    connection.close()
    connection.settings_dict["NAME"] = str(name)


@cache
def _template() -> Path:
    """The database that processes copy. Its name is made from all of the code, once in a process."""
    return _VAR / f"test-template-{_fingerprint()}.sqlite3"


def _keep(template: Path) -> None:
    """Store a copy of the database in place of those of earlier code."""
    for older in _VAR.glob("test-template-*.sqlite3"):
        older.unlink()
    unfinished = template.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(unfinished)])
    unfinished.rename(template)


def _folder() -> Path:
    """Where SQLite's file is: in memory, where no commit waits for a disk, if there is room."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        return _MEMORY
    return _VAR


def _remove_left(folder: Path) -> None:
    """Delete the files of processes that were killed."""
    for file in folder.glob(f"{_NAME}*"):
        process = int(file.name.removeprefix(_NAME).partition(".")[0])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)
        except PermissionError:
            continue


def _fingerprint() -> str:
    """Changes with whatever migrations are made of: the product's code, packages, SQLite itself."""
    found = hashlib.sha256(f"{django.__version__} {sqlite3.sqlite_version}".encode())
    code = [path for room in ("codatdash", "customers") for path in (_ROOT / room).rglob("*.py")]
    for path in [_ROOT / "requirements.txt", *sorted(code)]:
        found.update(str(path.relative_to(_ROOT)).encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _create_postgresql() -> None:
    known = connection.settings_dict
    name = known["TEST"]["NAME"] or f"test_{known['NAME']}"
    template = os.environ.get(TEMPLATE)
    with _server() as server:
        if template:
            # Of runs that start together, one migrates. The lock ends with the connection.
            server.execute("SELECT pg_advisory_lock(hashtext(%s))", [template])
        _drop(server, name)
        if template and _exists(server, template):
            _copy(server, template, name)
        else:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
            if template:
                _copy(server, name, template)
        # A server that loses its power is no subject of a test.
        server.execute(
            SQL("ALTER DATABASE {} SET synchronous_commit = off").format(Identifier(name))
        )
    known["NAME"] = name


def _server() -> psycopg.Connection[Any]:
    """A connection to the server beside the tests' database."""
    known = connection.settings_dict
    return psycopg.connect(
        host=known["HOST"],
        port=known["PORT"] or 5432,
        user=known["USER"],
        password=known["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    )


def _exists(server: psycopg.Connection[Any], name: str) -> bool:
    found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return found.fetchone() is not None


def _copy(server: psycopg.Connection[Any], source: str, name: str) -> None:
    server.execute(
        SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(source))
    )


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
