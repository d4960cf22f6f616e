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
from django.db.models import Model, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from customers.index.question import whole
from customers.index.words import ALIKE_END, may_be_alike

# Any of these, of which each is: all of these, of which each is: any of these parts of a text.
Parts = Sequence[Sequence[Sequence[str]]]


def condition(column: str, parts: Parts) -> Q:
    """The condition that a column contains such parts, for rows that are read one by one.

    Written so that no trigrams serve it: PostgreSQL takes each text for a rare one, and would look up all rows with a
    common one before it sorts them.
    """
    any_of = Q(pk__in=[])
    for groups in parts:
        all_of = Q()
        for group in groups:
            contains = (GreaterThan(StrIndex(column, Value(part)), 0) for part in group)
            all_of &= Q(*contains, _connector=Q.OR)
        any_of |= all_of
    return any_of


def among(keys: Sequence[int]) -> Q:
    """The condition that a row has one of some keys. One parameter: a database takes some milliseconds to read 500."""
    if connection.vendor == "postgresql":
        return Q(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [list(keys)]))
    return Q(pk__in=keys)


def find(model: type[Model], column: str, parts: Parts, limit: int, value: str = "id") -> list[Any]:
    """The values of another column of rows whose column contains such parts; so many at most, in no order.

    The column begins and ends with a blank.
    """
    statement, parameters = _found(model, column, parts, limit, [value])
    return [row[0] for row in _rows(statement, parameters)]


def first(
    model: type[Model], column: str, parts: Parts, order: str, number: int, *, limit: int
) -> list[int] | None:
    """The keys of the first rows whose column contains such parts, in the order of another column, then of the key.

    None where there are more than `limit` in all.
    """
    found, parameters = _found(model, column, parts, limit + 1, ["id", order])
    statement = (
        f"SELECT id, count(*) OVER () FROM ({found}) AS found ORDER BY {order}, id LIMIT {number}"  # noqa: S608
    )
    rows = _rows(statement, parameters)
    return None if rows and rows[0][1] > limit else [row[0] for row in rows]


# Bytes of a column up to which it is in PostgreSQL's index of its order (migration 0033), beside the order itself.
_IN_ORDER = 1_400


def read(model: type[Model], column: str, parts: Parts, order: str, number: int) -> list[int]:
    """The same as `first` for parts that many rows contain: it reads the rows in order, from the beginning."""
    table = model._meta.db_table
    sql, parameters = _compared(column, parts, is_indexed=False)
    in_order = f"ORDER BY {order}, id LIMIT {number}"
    select = f"SELECT id, {order} FROM {table} WHERE {sql}"  # noqa: S608
    if connection.vendor == "sqlite":
        return [row[0] for row in _rows(f"{select} {in_order}", parameters)]
    # The index has the column itself: in the table each row of an order is on another page.
    length = f"octet_length({column})"
    short = f"{select} AND {length} <= {_IN_ORDER} {in_order}"
    long = f"{select} AND {length} > {_IN_ORDER} {in_order}"
    both = f"SELECT id FROM (({short}) UNION ALL ({long})) AS found {in_order}"  # noqa: S608
    return [row[0] for row in _rows(both, [*parameters, *parameters])]


def _rows(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement selects."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _found(
    model: type[Model], column: str, parts: Parts, limit: int, values: Sequence[str]
) -> tuple[str, list[Any]]:
    """The statement that finds rows, so many at most, and its parameters."""
    table = source = model._meta.db_table
    sql, parameters = _compared(f"{table}.{column}", parts, is_indexed=True)
    if connection.vendor == "sqlite":
        trigrams, expression = f"{table}_trigrams", _expression(parts)
        if expression and trigrams in _tables():
            source += f" JOIN {trigrams} ON {trigrams}.rowid = {table}.id"
            sql, parameters = f"{trigrams} MATCH %s AND {sql}", [expression, *parameters]
    columns = ", ".join(f"{table}.{value}" for value in values)
    statement = f"SELECT {columns} FROM {source} WHERE {sql}"  # noqa: S608
    if connection.vendor == "postgresql":
        # Planned without the limit, and read only up to it.
        statement = f"WITH found AS MATERIALIZED ({statement}) SELECT * FROM found"  # noqa: S608
    return f"{statement} LIMIT {limit}", parameters


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
    sql, parameters = _compared(f"{table}.{column}", parts, is_indexed=False)
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


def _compared(column: str, parts: Parts, *, is_indexed: bool) -> tuple[str, list[Any]]:
    """The condition in SQL, and its parameters. `is_indexed`: PostgreSQL looks up what it has indexes of."""
    contains = _indexed if is_indexed and connection.vendor == "postgresql" else _contains
    any_of, parameters = [], []
    for groups in parts:
        found = [contains(column, group) for group in groups]
        any_of.append(" AND ".join(f"({sql})" for sql, _ in found))
        parameters += [value for _, values in found for value in values]
    return f"({' OR '.join(any_of) or '1 = 0'})", parameters


def _contains(column: str, group: Sequence[str]) -> tuple[str, list[Any]]:
    """The condition that a column contains one of some parts."""
    function = "instr" if connection.vendor == "sqlite" else "strpos"
    return " OR ".join([f"{function}({column}, %s) > 0"] * len(group)), list(group)


def _indexed(column: str, group: Sequence[str]) -> tuple[str, list[Any]]:
    """The same for PostgreSQL's indexes: of trigrams, and of whole words that may be alike (migration 0033).

    A dozen words take it ten times as long by their trigrams.
    """
    words = [part.strip() for part in group if part == whole(part.strip())]
    words = [word for word in words if may_be_alike(word)]
    others = [part for part in group if part not in map(whole, words)]
    conditions, parameters = [f"{column} LIKE %s"] * len(others), list[Any]()
    parameters += [f"%{_escaped(part)}%" for part in others]
    if words:
        split = f"string_to_array(btrim(split_part({column}, '{ALIKE_END}', 1)), ' ')"
        conditions.append(f"{split} && %s::text[]")
        parameters.append(words)
    return " OR ".join(conditions), parameters


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
                for index in (trigrams, f"{table}_words"):
                    # Where there is none it is null, and nothing is done.
                    cursor.execute("SELECT gin_clean_pending_list(to_regclass(%s))", [index])
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
