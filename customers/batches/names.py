"""Names that rows give to customers: neither two rows of a batch nor a row and a save give one name unnoticed.

A row that creates or renames a customer has a `new_name`, as `folded_name` makes it. Code that decides about such a row
holds the lock of that name, as a person's save does (`editing/save.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from urllib.parse import quote

from django.db.models import Q

from customers.batches import states
from customers.codat.text import folded_name
from customers.editing.same_name import SameNameCustomer
from customers.editing.save import SameName
from customers.models import Batch, BatchRow, Write
from customers.writes.save_lock import customer_lock, name_lock

# Customers of a name that a sentence names.
_MAX_NAMED = 3


def locks_of(batch: Batch, rows: Iterable[BatchRow]) -> Iterator[str]:
    """The names of the locks that exclude saves of the rows' customers, and of customers of their new names."""
    for row in rows:
        if row.customer_id:
            yield customer_lock(batch.company_id, row.customer_id)
        if row.new_name:
            yield name_lock(batch.company_id, row.new_name)


def twins(row: BatchRow, name: str) -> list[BatchRow]:
    """The other rows of the batch that would give a customer this name and are not sent yet.

    Of those that were sent, a check finds the writes.
    """
    others = BatchRow.objects.filter(
        Q(write=None) | Q(write__state=Write.State.QUEUED),
        batch=row.batch_id,
        new_name=name,
        state=BatchRow.State.CHECKED,
    )
    return list(others.exclude(pk=row.pk).order_by("position"))


def give_way(later: Iterable[BatchRow], earlier: BatchRow) -> None:
    """Let rows that were checked before an earlier one of their name need a person, so that the first one is sent."""
    ids = [row.pk for row in later]
    BatchRow.objects.filter(pk__in=ids, write=None, state=BatchRow.State.CHECKED).update(
        state=BatchRow.State.INVALID,
        problems=[states.problem(_twin_text(earlier))],
        new_name="",
        payload="",
        before="",
    )


def as_same_name(found: Iterable[BatchRow]) -> tuple[SameNameCustomer, ...]:
    """Rows of the batch as customers of the same name, which a person may acknowledge."""
    return tuple(SameNameCustomer(f"row:{row.position}", _twin_text(row)) for row in found)


def sentence(outcome: SameName) -> str:
    """Which customers have the name of a row already."""
    if not outcome.customers:
        return "We could not check whether another customer has this name."
    named = [_text(each) for each in outcome.customers[:_MAX_NAMED]]
    more = len(outcome.customers) - len(named)
    return " ".join([*named, f"And {more} more."] if more else named)


def _text(other: SameNameCustomer) -> str:
    if other.key.startswith("row:"):
        return other.name
    if other.write is not None:
        return f"{other.write.username} has saved a customer of this name: {other.name}."
    return f"Another customer has this name: {other.name} ({other.customer_id})."


def _twin_text(row: BatchRow) -> str:
    return f"Row {row.position} of this batch has this name, too."


def taken_since(batch: Batch, rows: Iterable[BatchRow]) -> dict[int, str]:
    """The rows whose new name somebody gave to another customer after their check: who did, by primary key.

    Rows of this batch are not looked at: their check does that (`twins`). Nor is who has been acknowledged.
    """
    named = [row for row in rows if row.new_name and row.checked_at]
    if not named:
        return {}
    since = min(filter(None, (row.checked_at for row in named)))
    others = _pending_names(batch, since)
    found = {}
    for row in named:
        for write in others.get(row.new_name, ()):
            if not _is_own_or_acknowledged(row, write):
                found[row.pk] = (
                    f"{write.username} saved a customer of this name after the batch was checked."
                )
    return found


def _pending_names(batch: Batch, since: datetime) -> Mapping[str, list[Write]]:
    """The writes of others that Codat's copy may not have shown at a moment, by the folded names of their customers."""
    writes = Write.objects.pending(batch.company_id, read_at=since).exclude(batch=batch)
    found: dict[str, list[Write]] = {}
    for write in writes.only("customer_id", "customer_name", "username"):
        found.setdefault(folded_name(write.customer_name), []).append(write)
    return found


def _is_own_or_acknowledged(row: BatchRow, write: Write) -> bool:
    keys = {str(write.pk)}
    if write.customer_id:
        if write.customer_id == row.customer_id:
            return True
        keys.add(f"customer:{quote(write.customer_id, safe='')}")
    return bool(keys & set(row.acknowledged)) or write.pk == row.retry_of_id
