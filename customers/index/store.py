"""Writes rows of the index. Each function can be repeated: a process may die between any two statements.

Rows go in pieces, so that saves do not wait long on SQLite.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import QuerySet

from customers.index import backends, records, words
from customers.index.question import whole
from customers.models import IndexedCompany, IndexedCustomer, IndexedWord

# Rows of one transaction.
PIECE = 500


class Superseded(Exception):
    """Another process has begun another pass over the company, or the company has left the index."""


def put(source: IndexedCompany, rows: Iterable[IndexedCustomer]) -> int:
    """Add rows of a company, replace those that differ, and note for all that its pass has seen them.

    How many were added or replaced. An ID that occurs twice is stored once. Raises Superseded.
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
    with transaction.atomic():
        # Locked: what an older pass has read does not replace what a newer one has.
        current = IndexedCompany.objects.select_for_update().filter(
            pk=source.pk, pass_number=source.pass_number
        )
        if not current.values_list("pk", flat=True):
            raise Superseded
        columns = ("customer_id", *records.VALUES)
        known = {values[0]: values[1:] for values in stored.values_list(*columns)}
        changed = [row for row in rows if known.get(row.customer_id) != _values(row)]
        stored.exclude(pass_number=source.pass_number).update(pass_number=source.pass_number)
        _add_words(rows)
        IndexedCustomer.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["source", "customer_id"],
            update_fields=[*records.VALUES, "pass_number"],
        )
    return len(changed)


def _values(row: IndexedCustomer) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in records.VALUES)


def _add_words(rows: Iterable[IndexedCustomer]) -> None:
    """Store the words of names, in one order: two processes that store the same ones must not wait for each other."""
    found = {word for row in rows for word in records.name_words(row)}
    new = [IndexedWord(word=whole(word)) for word in sorted(filter(words.may_be_alike, found))]
    IndexedWord.objects.bulk_create(new, ignore_conflicts=True)


def remove_unseen(source: IndexedCompany) -> int:
    """Remove the rows that the company's current pass, which has read everything, has not seen; how many."""
    return _remove(
        IndexedCustomer.objects.filter(source=source, pass_number__lt=source.pass_number)
    )


def remove_customers(source: IndexedCompany) -> int:
    """Remove all rows of a company; how many."""
    return _remove(IndexedCustomer.objects.filter(source=source))


def remove_company(source: IndexedCompany) -> int:
    """Remove a company with its rows; how many rows it had."""
    # First what else would add rows meanwhile.
    IndexedCompany.objects.filter(pk=source.pk).update(pass_number=source.pass_number + 1)
    removed = remove_customers(source)
    IndexedCompany.objects.filter(pk=source.pk).delete()
    return removed


def _remove(rows: "QuerySet[IndexedCustomer]") -> int:
    removed = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:PIECE]):
        removed += IndexedCustomer.objects.filter(pk__in=keys).delete()[0]
    return removed


def forget_words() -> int:
    """Delete the words of names that no customer of the index has any more; how many.

    One that is used again while this runs is stored again by the company's next whole pass.
    """
    used: set[str] = set()
    for text in IndexedCustomer.objects.values_list("searched", flat=True).iterator():
        used.update(text.split())
    stored = IndexedWord.objects.values_list("pk", "word").iterator()
    unused = [pk for pk, word in stored if word.strip() not in used]
    for start in range(0, len(unused), PIECE):
        IndexedWord.objects.filter(pk__in=unused[start : start + PIECE]).delete()
    return len(unused)


def tidy() -> None:
    """Make lookups quick again after much was written."""
    backends.tidy(IndexedCustomer, IndexedWord)


def drop() -> None:
    """Empty the index."""
    backends.clear(IndexedCustomer, IndexedWord, IndexedCompany)
