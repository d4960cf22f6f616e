"""`python -m bench.programs.fill_journal <rows>`: writes a journal of so many finished changes into the database.

A tenth of them are of the company `HUNDRED`; half are confirmed, nearly all of the others resolved; all were saved by
the first user, one a minute. The database is SQLite, which copies one row in one statement.
"""

import sys
import uuid
from datetime import UTC, datetime

import django

_COPY = """
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < %s)
    INSERT INTO {table} ({columns})
    SELECT {values} FROM number, {table} AS original WHERE original.id = %s
"""


def main(rows: int) -> None:
    """Fill the database that the settings name."""
    django.setup()
    from django.db import connection

    from customers.models import Write

    original = _first_row()
    replaced = _replaced_columns()
    columns = [
        field.column
        for field in Write._meta.concrete_fields
        if field.column and not field.generated
    ]
    statement = _COPY.format(
        table=Write._meta.db_table,
        columns=", ".join(columns),
        values=", ".join(replaced.get(column, f"original.{column}") for column in columns),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [rows - 1, original.hex])
        # As an operator may do; the planner must not get worse by it.
        cursor.execute("ANALYZE")


def _first_row() -> uuid.UUID:
    """Create the row that is copied; its ID."""
    from django.contrib.auth.models import User

    from bench.upstream import HUNDRED
    from customers.models import Write

    user, now = User.objects.get(), datetime.now(UTC)
    write = Write.objects.create(
        user=user,
        username=user.get_username(),
        company_id=HUNDRED,
        company_name="Hundred",
        customer_id="1",
        customer_name="Customer 1",
        kind=Write.Kind.UPDATE,
        payload='{"customerName": "Customer 1"}',
        before="{}",
        state=Write.State.SUCCESS,
        created_at=now,
        sent_at=now,
        completed_at=now,
    )
    return write.pk


def _replaced_columns() -> dict[str, str]:
    """The columns that differ from the first row's, as SQL over the number `n` of the copy."""
    others = [str(uuid.UUID(int=n)) for n in range(1000, 1009)]
    companies = " ".join(f"WHEN {n} THEN '{other}'" for n, other in enumerate(others, 1))
    random_id = "lower(hex(randomblob(16)))"
    minutes_before = (
        "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', original.created_at, '-' || n || ' minutes')"
    )
    return {
        "id": random_id,
        "submission": random_id,
        "idempotency_key": random_id,
        "company_id": f"CASE n %% 10 {companies} ELSE original.company_id END",
        "customer_id": "CAST(n %% 5000 AS TEXT)",
        "created_at": minutes_before,
        "confirmation": "CASE (n / 10) %% 2 WHEN 0 THEN 'confirmed' ELSE 'absent' END",
        "confirmed_at": f"CASE (n / 10) %% 2 WHEN 0 THEN {minutes_before} END",
        # Of those that were not found one in a thousand is still a problem.
        "resolved_at": f"CASE n %% 1000 WHEN 15 THEN NULL ELSE {minutes_before} END",
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
