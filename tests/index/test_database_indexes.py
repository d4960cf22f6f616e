"""What keeps searches quick: indexes of the database, and their upkeep. `test_on_postgresql.py` runs it there, too."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.index import backends, store
from customers.models import IndexedCustomer, IndexedWord
from tests.support.index import indexed

pytestmark = pytest.mark.django_db

TABLES = [model._meta.db_table for model in (IndexedCustomer, IndexedWord)]
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL alone")


def value(statement: str, *parameters: str) -> object:
    """The first value that a statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]


@on_postgresql
def test_after_tidying_nothing_waits_and_the_planner_knows_how_much_there_is() -> None:
    indexed("one", *({"id": str(n), "customerName": f"Heron Otter {n}"} for n in range(90)))
    store.tidy()
    waiting = "SELECT gin_clean_pending_list(to_regclass(%s))"
    assert value(waiting, "customers_indexedcustomer_words") == 0
    counts = {IndexedCustomer: 90, IndexedWord: 2}
    for model, count in counts.items():
        table = model._meta.db_table
        assert value(waiting, f"{table}_trigrams") == 0
        assert value("SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", table) == count


@on_postgresql
@pytest.mark.parametrize("table", TABLES)
def test_the_tables_are_vacuumed_early(table: str) -> None:
    statement = "SELECT reloptions::text FROM pg_class WHERE oid = to_regclass(%s)"
    assert "autovacuum_vacuum_insert_scale_factor=0.02" in str(value(statement, table))
    assert "gin_pending_list_limit=64" in str(value(statement, f"{table}_trigrams"))


PARTS = [[[" heron ", " hern "]]]


@on_postgresql
@pytest.mark.parametrize(
    ("index", "look"),
    [
        ("words", lambda: backends.find(IndexedCustomer, "searched", PARTS, 10)),
        ("read", lambda: backends.read(IndexedCustomer, "searched", PARTS, "name_key", 10)),
        ("read_long", lambda: backends.read(IndexedCustomer, "searched", PARTS, "name_key", 10)),
    ],
)
def test_a_look_uses_the_index_that_was_made_for_it(
    index: str, look: Callable[[], list[int]]
) -> None:
    """Nothing else would fail where an expression is not written as in the migration: it would only be slow."""
    indexed("one", {"id": "1", "customerName": "Heron Otter"})
    with CaptureQueriesContext(connection) as queries:
        assert len(look()) == 1
    [query] = queries.captured_queries
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {query['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"customers_indexedcustomer_{index} " in plan
