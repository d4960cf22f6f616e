"""Finding rows by a part of their text with the help of trigrams: what differs between the databases.

SQLite has them in two tables of FTS5 beside ours, kept by triggers; PostgreSQL in indexes of pg_trgm. Both are made by
migration 0017. They only make it quick: what is found is decided by conditions that every database understands, so
both find the same, also where there are no trigrams.
"""

import functools
from collections.abc import Sequence
from typing import TypeVar

from django.db import connection
from django.db.models import Model, Q, QuerySet

T = TypeVar("T", bound=Model)

# Any of these, of which each is: all of these, of which each is: any of these parts of a text.
Parts = Sequence[Sequence[Sequence[str]]]


def containing(
    rows: "QuerySet[T]", column: str, parts: Parts, *, with_trigrams: bool = True
) -> "QuerySet[T]":
    """The rows whose column contains such parts; the column begins and ends with a blank.

    Without trigrams the rows are read one by one: that is quicker where they are few.
    """
    condition = Q(pk__in=[])
    for groups in parts:
        all_groups = Q()
        for group in groups:
            all_groups &= Q(
                *(Q(**{f"{column}__contains": part}) for part in group), _connector=Q.OR
            )
        condition |= all_groups
    rows = rows.filter(condition)
    # PostgreSQL uses its index for the condition itself.
    if not with_trigrams or connection.vendor != "sqlite":
        return rows
    return _narrowed(rows, _expression(parts))


def _narrowed(rows: "QuerySet[T]", expression: str) -> "QuerySet[T]":
    """The same rows, looked up in the table of trigrams; `expression` is in FTS5's language, "" for none."""
    table = rows.model._meta.db_table
    trigrams = f"{table}_trigrams"
    if not expression or trigrams not in _tables():
        return rows
    return rows.extra(  # noqa: S610  (names of our own; the expression is a parameter)
        tables=[trigrams],
        where=[f"{trigrams}.rowid = {table}.id AND {trigrams} MATCH %s"],
        params=[expression],
    )


@functools.cache
def _tables() -> frozenset[str]:
    """The tables of the database: an old SQLite has no trigrams."""
    return frozenset(connection.introspection.table_names())


def _expression(parts: Parts) -> str:
    found = [_all_of(groups) for groups in parts]
    return " OR ".join(found) if all(found) else ""


def _all_of(groups: Sequence[Sequence[str]]) -> str:
    """The expression for the groups that have trigrams; the others are left to the condition."""
    any_of = [[_trigrams(part) for part in group] for group in groups]
    terms = [f"({' OR '.join(group)})" for group in any_of if all(group)]
    return f"({' AND '.join(terms)})" if terms else ""


def _trigrams(part: str) -> str:
    trigrams = dict.fromkeys(part[at : at + 3] for at in range(len(part) - 2))
    quoted = ['"' + trigram.replace('"', '""') + '"' for trigram in trigrams]
    return f"({' AND '.join(quoted)})" if quoted else ""
