"""Writes rows of the index. Each function can be repeated: a process may die between any two statements."""

from collections.abc import Iterable, Sequence

from django.db import transaction

from customers.index import records, similar
from customers.index.question import whole
from customers.models import IndexedCompany, IndexedCustomer, IndexedWord

# Rows of one statement and, so that saves do not wait long on SQLite, of one transaction.
PIECE = 500


def put(source: IndexedCompany, rows: Sequence[IndexedCustomer]) -> int:
    """Add rows of a company, replace those that differ, and note for all that its pass has seen them.

    How many were added or replaced. An ID that occurs twice is stored once.
    """
    changed = 0
    unique = list({row.customer_id: row for row in rows}.values())
    for start in range(0, len(unique), PIECE):
        changed += _put(source, unique[start : start + PIECE])
    return changed


def _put(source: IndexedCompany, rows: Sequence[IndexedCustomer]) -> int:
    stored = IndexedCustomer.objects.filter(
        source=source, customer_id__in=[row.customer_id for row in rows]
    )
    known = {values[0]: values[1:] for values in stored.values_list("customer_id", *records.VALUES)}
    changed = [row for row in rows if known.get(row.customer_id) != values_of(row)]
    with transaction.atomic():
        stored.exclude(pass_number=source.pass_number).update(pass_number=source.pass_number)
        _add_words(changed)
        IndexedCustomer.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["source", "customer_id"],
            update_fields=[*records.VALUES, "pass_number"],
        )
    return len(changed)


def values_of(row: IndexedCustomer) -> tuple[object, ...]:
    """What a row has of its customer."""
    return tuple(getattr(row, name) for name in records.VALUES)


def _add_words(rows: Iterable[IndexedCustomer]) -> None:
    """Store the words of names, in one order: two processes that store the same ones must not wait for each other."""
    found = similar.storable(word for row in rows for word in records.name_words(row))
    new = [IndexedWord(word=whole(word)) for word in sorted(found)]
    IndexedWord.objects.bulk_create(new, ignore_conflicts=True)
