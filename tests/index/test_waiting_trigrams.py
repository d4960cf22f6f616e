"""What keeps searches quick after the index was written to. `test_on_postgresql.py` runs it there, too."""

import pytest
from django.db import connection

from customers.index import store
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
    counts = {IndexedCustomer: 90, IndexedWord: 2}
    for model, count in counts.items():
        table = model._meta.db_table
        statement = "SELECT gin_clean_pending_list(to_regclass(%s))"
        assert value(statement, f"{table}_trigrams") == 0
        assert value("SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", table) == count


@on_postgresql
@pytest.mark.parametrize("table", TABLES)
def test_the_tables_are_vacuumed_early(table: str) -> None:
    statement = "SELECT reloptions::text FROM pg_class WHERE oid = to_regclass(%s)"
    assert "autovacuum_vacuum_insert_scale_factor=0.02" in str(value(statement, table))
    assert "gin_pending_list_limit=64" in str(value(statement, f"{table}_trigrams"))
