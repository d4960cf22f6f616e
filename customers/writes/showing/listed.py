"""The changes that stand in the rows of a list: those that are pending, and those that ended a moment ago."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from string import hexdigits
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from customers.models import Write
from customers.web import links
from customers.web.origins.list_origin import Origin, kept, read_position
from customers.writes import sentences, tracking

# Changes of one list; the change history has the others.
MAX_LISTED = 100
# For how long a list shows the end of a change: one that was read back, and one that failed and was not looked at.
CONFIRMED_FOR, FAILED_FOR = timedelta(minutes=10), timedelta(days=7)
# Digits of a change's ID that name it in an address.
_KEY_LENGTH = 8

# The IDs of the single changes that a list shows, newest first: pending, read back lately, failed and not looked at. A
# union, and not a condition with OR: each part then has its own index. The order is outside: SQLite would read each
# part in it, and so all changes of the company. Written by hand, on our own table, for a row of the bench, "The list
# page, to the admin's": Django takes 0.7 ms to put this statement together, a tenth of the page. What needs attention
# includes what is pending; a condition on the state would make SQLite use an index that has the rows of batches, too.
_SINGLES = """
    SELECT id, created_at FROM (
        SELECT id, created_at FROM customers_write
            WHERE company_id = %s AND is_pending = 1 AND batch_id IS NULL
        UNION
        SELECT id, created_at FROM customers_write
            WHERE company_id = %s AND confirmed_at >= %s AND batch_id IS NULL
        UNION
        SELECT id, created_at FROM customers_write
            WHERE company_id = %s AND needs_attention = 1 AND created_at >= %s AND decision = ''
    ) AS listed ORDER BY created_at DESC LIMIT %s
"""
# A batch may have thousands of rows: a list reads those of its own customers. Without an order, which would make
# PostgreSQL read all changes in it.
_ROWS_OF_BATCHES = """
    SELECT id FROM customers_write
        WHERE company_id = %s AND customer_id IN ({}) AND batch_id IS NOT NULL AND (
            is_pending = 1 OR confirmed_at >= %s
            OR (state IN (%s, %s) AND created_at >= %s AND seen_at IS NULL AND decision = '')
        )
"""


def listed_writes(company_id: str, customer_ids: Sequence[str] = ()) -> list[Write]:
    """The changes of a company's customers that a list shows, oldest first. At most three queries.

    Rows of batches are those of the list's own customers. A failed change is left out where its author has looked at
    it, a person has decided about it, or a later change followed.
    """
    now = timezone.now()
    adapted = connection.ops.adapt_datetimefield_value
    confirmed, failed = adapted(now - CONFIRMED_FOR), adapted(now - FAILED_FOR)
    states = [*map(str, Write.FAILED_STATES)]
    with connection.cursor() as cursor:
        cursor.execute(
            _SINGLES, [company_id, company_id, confirmed, company_id, failed, MAX_LISTED]
        )
        ids = [pk for pk, _ in cursor.fetchall()]
        if customer_ids:
            places = ", ".join(["%s"] * len(customer_ids))
            cursor.execute(
                _ROWS_OF_BATCHES.format(places),
                [company_id, *customer_ids, confirmed, *states, failed],
            )
            ids += [pk for (pk,) in cursor.fetchall()]
    return _read(ids, company_id) if ids else []


def rows_of_batches(company_id: str, keys: Iterable[str]) -> list[Write]:
    """The rows of batches among the changes that a list shows, each by its `row_key`. One query at most."""
    wanted = Q()
    for key in keys:
        if len(key) == _KEY_LENGTH and not set(key) - set(hexdigits):
            wanted |= Q(pk__range=(UUID(key.ljust(32, "0")), UUID(key.ljust(32, "f"))))
    if not wanted:
        return []
    rows = Write.objects.filter(wanted, company_id=company_id, batch__isnull=False)
    return list(rows.order_by("created_at", "pk"))


def _read(ids: Sequence[UUID], company_id: str) -> list[Write]:
    """The changes with these IDs, oldest first, without those that were followed by others."""
    later = Write.objects.filter(
        company_id=company_id,
        customer_id=OuterRef("customer_id"),
        created_at__gt=OuterRef("created_at"),
    ).exclude(customer_id="")
    retries = Write.objects.filter(retry_of=OuterRef("pk"))
    rows = Write.objects.filter(pk__in=ids).annotate(
        is_followed=Exists(later), is_retried=Exists(retries)
    )
    return [write for write in rows.order_by("created_at", "pk") if not _is_superseded(write)]


def _is_superseded(write: Any) -> bool:
    """Whether a failed change, with the annotations of `listed_writes`, was followed by another."""
    return write.state in Write.FAILED_STATES and (write.is_followed or write.is_retried)


def state_context(write: Write, *, may_write: bool, origin: Origin | None) -> dict[str, Any]:
    """The context of `writes/_row_state.html`: the state of one change in its row. `origin` is the list, at the row."""
    form = links.form(
        write.company_id, write.customer_id if write.kind == Write.Kind.UPDATE else ""
    )
    may_fix = may_write and write.state == Write.State.FAILED and bool(write.payload)
    return {
        "write": write,
        "mark": sentences.mark(write),
        "url": kept(links.write(write.company_id, write.pk), origin),
        "fix_url": kept(f"{form}?write={write.pk}", origin) if may_fix else "",
    }


def poll_context(origin: Origin, writes: list[Write], shown: Mapping[str, int]) -> dict[str, Any]:
    """The context of `writes/_rows_poll.html`: where a list's changes are loaded again, and when.

    `origin` is the list. `shown` are the changes that have a row on the page, as `row_key`, each with the position of
    its row, 0 for none. `pending_seconds` is None where they are not loaded again; then `is_waiting` says whether one
    of them may still end.
    """
    url = links.pending(
        origin.company_id,
        shown=listed_key(writes),
        rows=[f"{key}.{at}" for key, at in shown.items()],
    )
    return {
        "pending_url": kept(url, origin),
        "pending_seconds": tracking.shortest_interval(writes),
        "pending_read_at": timezone.now(),
        "is_waiting": any(write.is_pending for write in writes),
    }


def read_rows(text: str) -> dict[str, int]:
    """The changes that have a row on a page, as `poll_context` writes them into the address of the poll."""
    pairs = (part.partition(".") for part in text.split(",")[:MAX_LISTED])
    return {key: read_position(at) for key, _, at in pairs}


def listed_key(writes: Iterable[Write]) -> str:
    """A short text that differs where a list has to read its customers again: a change began, or one ended.

    Rows of batches do not count: they end one after the other, and each read is a call to Codat.
    """
    singles = (write for write in writes if not write.batch_id)
    parts = ",".join(sorted(f"{write.pk}{write.is_pending}" for write in singles))
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def row_key(write: Write) -> str:
    """A short text for one of a list's changes."""
    return str(write.pk)[:_KEY_LENGTH]
