"""The entries of the audit, and its tables without their triggers: for tests that tamper, and for emptying them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from django.db import connection, transaction

from customers.models import AuditEntry

_MIGRATION = import_module("customers.migrations.0026_audit")
_STATEMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sqlite": (_MIGRATION.SQLITE_REVERSE, _MIGRATION.SQLITE),
    "postgresql": (_MIGRATION.POSTGRESQL_REVERSE, _MIGRATION.POSTGRESQL),
}


def entries(*kinds: str) -> list[AuditEntry]:
    """The entries of these kinds, the newest last."""
    return list(AuditEntry.objects.filter(kind__in=kinds).order_by("id"))


def only(kind: str) -> AuditEntry:
    """The one entry of this kind."""
    (entry,) = entries(kind)
    return entry


@contextmanager
def unprotected() -> Iterator[Any]:
    """A cursor without the triggers, as somebody has it who owns the database. In a transaction."""
    drop, create = _STATEMENTS[connection.vendor]
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in drop:
            cursor.execute(statement)
        yield cursor
        for statement in create:
            cursor.execute(statement)
