"""The rows about the index of customers: the slowest searches on both databases, its size, and its box in a browser."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench import search_box
from bench.report import Row, milliseconds
from bench.testbed import Server, Testbed

COMPANIES, CUSTOMERS = 1_000, 500
# A server in which a database can be made; without one, its rows are missing.
POSTGRESQL = os.environ.get("BENCH_POSTGRESQL", "postgres://postgres@127.0.0.1:5432/postgres")
MIB = 2**20


def rows(testbed: Testbed, upstream: Server, *, quick: bool) -> list[Row]:
    """The rows of each database; it is filled for them."""
    sizes = (20, 50) if quick else (COMPANIES, CUSTOMERS)
    file = testbed.folder / "search.sqlite3"
    env = _filled(testbed, upstream, f"sqlite:///{file}", sizes)
    took, _ = _search(testbed, env)
    found = [_took("SQLite", took, 100, sizes), _size("SQLite", file.stat().st_size, sizes)]
    found.append(search_box.row_of(testbed, env, sizes, rounds=1 if quick else 5))
    with _postgresql() as url:
        if url:
            env = _filled(testbed, upstream, url, sizes)
            took, size = _search(testbed, env)
            found += [_took("PostgreSQL", took, 40, sizes), _size("PostgreSQL", size, sizes)]
    return found


def _filled(testbed: Testbed, upstream: Server, url: str, sizes: tuple[int, int]) -> dict[str, str]:
    """The settings of a database with the index in it."""
    env = testbed.settings(upstream) | {
        "DJANGO_SETTINGS_MODULE": "codatdash.settings",
        "DATABASE_URL": url,
        "DATABASE_TIMEOUT": "0",
        "INDEX_CUSTOMERS": "true",
    }
    testbed.prepare(env)
    testbed.run(["-m", "bench.programs.fill_index", *map(str, sizes)], env)
    return env


def _search(testbed: Testbed, env: dict[str, str]) -> tuple[float, int]:
    """Seconds of the 95th percentile, and bytes of the database where it is a server."""
    took, size = testbed.run(["-m", "bench.programs.search_once"], env).split()[-2:]
    return float(took), int(size)


def _took(database: str, seconds: float, must: float, sizes: tuple[int, int]) -> Row:
    return Row(
        f"Search of all customers on {database}, p95",
        seconds * 1000,
        must,
        unit="ms",
        dashboard=milliseconds(seconds),
        note=f"{sizes[0]:,} companies × {sizes[1]:,} customers",
    )


def _size(database: str, size: int, sizes: tuple[int, int]) -> Row:
    note = f"{sizes[0] * sizes[1]:,} customers"
    return Row(f"The index on disk, {database}", size / MIB, 600, unit="MiB", note=note)


@contextmanager
def _postgresql() -> Iterator[str]:
    """The address of an empty database, "" where no server answers; it is dropped afterwards."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    try:
        server = psycopg.connect(POSTGRESQL, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        print("  no PostgreSQL server: its rows are missing", file=sys.stderr, flush=True)
        yield ""
        return
    with server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(POSTGRESQL)._replace(path=f"/{name}").geturl()
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            server.execute(drop)
