"""Finding rows by parts of their text with the help of trigrams: what differs between the databases.

SQLite has the trigrams in tables of FTS5 beside ours, kept by triggers; PostgreSQL in indexes of pg_trgm. Migration
0017 makes both. They only make it quick: each part is compared with the text itself, so all databases find the same,
also one without trigrams.

The statements are written here because the ORM has no words for FTS5's tables, nor for what keeps PostgreSQL from
reading all rows in an order where a text is rarer than it estimates. Names of tables and columns are the models' own,
everything else is a parameter.
"""

import functools
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Q

# Any of these, of which each is: all of these, of which each is: any of these parts of a text.
Parts = Sequence[Sequence[Sequence[str]]]


def condition(column: str, parts: Parts) -> Q:
    """The condition that a column contains such parts, for rows that are read one by one."""
    any_of = Q(pk__in=[])
    for groups in parts:
        all_of = Q()
        for group in groups:
            all_of &= Q(*(Q(**{f"{column}__contains": part}) for part in group), _connector=Q.OR)
        any_of |= all_of
    return any_of


def find(model: type[Model], column: str, parts: Parts, limit: int, value: str = "id") -> list[Any]:
    """The values of another column of rows whose column contains such parts; so many at most, in no order.

    The column begins and ends with a blank.
    """
    table, is_sqlite = model._meta.db_table, connection.vendor == "sqlite"
    source = table
    sql, parameters = _compared(f"{table}.{column}", parts, is_sqlite=is_sqlite)
    if is_sqlite:
        trigrams, expression = f"{table}_trigrams", _expression(parts)
        if expression and trigrams in _tables():
            source += f" JOIN {trigrams} ON {trigrams}.rowid = {table}.id"
            sql, parameters = f"{trigrams} MATCH %s AND {sql}", [expression, *parameters]
        statement = f"SELECT {table}.{value} FROM {source} WHERE {sql} LIMIT {limit}"  # noqa: S608
    else:
        # Planned without the limit, and read only up to it.
        statement = (
            f"WITH found AS MATERIALIZED (SELECT {value} FROM {table} WHERE {sql})"  # noqa: S608
            f" SELECT {value} FROM found LIMIT {limit}"
        )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()]


# Rows of a sample. Of an estimate that fewer of them contain the parts nothing can be said, and of more parts than
# so many the sample costs what it saves.
_SAMPLED, _MIN_FOUND, _MAX_PARTS = 1_000, 15, 3


def is_common(model: type[Model], column: str, parts: Parts, number: int) -> bool:
    """Whether so many rows or more contain such parts, as a sample of PostgreSQL's table says.

    It only tells which way is quicker. SQLite looks rows up so quickly that it does not need to know.
    """
    count = sum(len(group) for groups in parts for group in groups)
    if connection.vendor == "sqlite" or count > _MAX_PARTS:
        return False
    table = model._meta.db_table
    sql, parameters = _compared(f"{table}.{column}", parts, is_sqlite=False)
    rows = "(SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s))"
    statement = (
        f"SELECT count(*) FILTER (WHERE {sql}), count(*), {rows} FROM {table}"  # noqa: S608
        f" TABLESAMPLE SYSTEM (CASE WHEN {rows} >= %s THEN 100.0 * %s / {rows} ELSE 0 END)"
        " REPEATABLE (1)"
    )
    least = max(number, _SAMPLED)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, table, table, least, _SAMPLED, table])
        found, sampled, all_rows = cursor.fetchone()
    return bool(found >= _MIN_FOUND and found * all_rows >= number * sampled)


def _compared(column: str, parts: Parts, *, is_sqlite: bool) -> tuple[str, list[str]]:
    """The condition in SQL, and its parameters."""
    contains = f"instr({column}, %s) > 0" if is_sqlite else f"{column} LIKE %s"
    any_of, parameters = [], []
    for groups in parts:
        any_of.append(" AND ".join(f"({' OR '.join([contains] * len(group))})" for group in groups))
        parameters += [part for group in groups for part in group]
    if not is_sqlite:
        parameters = [f"%{_escaped(part)}%" for part in parameters]
    return f"({' OR '.join(any_of) or '1 = 0'})", parameters


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@functools.cache
def _tables() -> frozenset[str]:
    """The tables of the database: an old SQLite has no trigrams."""
    return frozenset(connection.introspection.table_names())


def _expression(parts: Parts) -> str:
    """The parts in FTS5's language; "" where some rows that contain them have none of its trigrams."""
    found = [_all_of(groups) for groups in parts]
    return " OR ".join(found) if all(found) else ""


def _all_of(groups: Sequence[Sequence[str]]) -> str:
    """The expression for the groups that have trigrams; the others are left to the condition."""
    any_of = [[_trigrams(part) for part in group] for group in groups]
    terms = [f"({' OR '.join(group)})" for group in any_of if all(group)]
    return f"({' AND '.join(terms)})" if terms else ""


def _trigrams(part: str) -> str:
    # Each third one, and the last, cover the part. All would find fewer rows to compare, and take longer to look up.
    last = len(part) - 3
    places = [*range(0, last, 3), last] if last >= 0 else []
    trigrams = dict.fromkeys(part[at : at + 3] for at in places)
    quoted = ['"' + trigram.replace('"', '""') + '"' for trigram in trigrams]
    return f"({' AND '.join(quoted)})" if quoted else ""


def clear(*models: type[Model]) -> None:
    """Empty tables at once, with their trigrams."""
    tables = [model._meta.db_table for model in models]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(tables)}")
            return
        for table in tables:
            _clear(cursor, table)


def _clear(cursor: Any, table: str) -> None:
    """Empty a table of SQLite without its triggers, which would remove the trigrams row by row."""
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table]
    )
    triggers = cursor.fetchall()
    for name, _ in triggers:
        cursor.execute(f"DROP TRIGGER {name}")
    cursor.execute(f"DELETE FROM {table}")  # noqa: S608
    if triggers:
        trigrams = f"{table}_trigrams"
        cursor.execute(f"INSERT INTO {trigrams}({trigrams}) VALUES ('delete-all')")  # noqa: S608
    for _, statement in triggers:
        cursor.execute(statement)


# Pages that one statement merges: a fraction of a second, in which nobody can save.
_MERGED = 200
# Statements at most: more than a table of trigrams needs.
_MAX_MERGES = 1_000


def tidy(*models: type[Model]) -> None:
    """Have the database put in order what was written since: a lookup reads it piece by piece until then."""
    for model in models:
        table = model._meta.db_table
        trigrams = f"{table}_trigrams"
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Without trigrams it is null, and nothing is done.
                cursor.execute("SELECT gin_clean_pending_list(to_regclass(%s))", [trigrams])
                cursor.execute(f"ANALYZE {table}")
        elif trigrams in _tables():
            _merge(f"INSERT INTO {trigrams}({trigrams}, rank) VALUES ('merge', %s)")  # noqa: S608


def _merge(statement: str) -> None:
    pages = -_MERGED
    for _ in range(_MAX_MERGES):
        with connection.cursor() as cursor:
            before = _changes(cursor)
            cursor.execute(statement, [pages])
            # A negative number begins a merge of all, a positive one continues it. Fewer changes than two: it is done.
            if pages > 0 and _changes(cursor) - before < 2:
                return
        pages = _MERGED


def _changes(cursor: Any) -> int:
    cursor.execute("SELECT total_changes()")
    return int(cursor.fetchone()[0])
