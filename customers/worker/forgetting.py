"""Deletes old values under the retention policy: of changes, drafts, events, batches, imports, exports; and sessions.

Rows go in pieces, so that saves do not wait long for one transaction.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from customers.models import (
    Approval,
    Batch,
    BatchRow,
    Draft,
    Export,
    Import,
    Lease,
    WebhookEvent,
    Write,
)
from customers.spreadsheets.importing import states as import_states
from customers.writes.leases import WORKER

R = TypeVar("R", Batch, Export)

# Codat may deliver an event again for 28 hours; until then it must be recognised as a repeat.
MIN_EVENT_AGE = timedelta(hours=48)
# The page of the workers shows one that died for so long.
MAX_LOST_AGE = timedelta(days=1)
# Rows of one transaction.
PIECE = 500


# The columns of a row of a batch without its values.
EMPTY_ROW: dict[str, Any] = {
    "customer_name": "",
    "new_name": "",
    "instructions": [],
    "acknowledged": [],
    "problems": [],
    "changes": [],
    "payload": "",
    "before": "",
    "merged": [],
}


def _limit() -> datetime:
    """What is older is forgotten."""
    return timezone.now() - timedelta(days=settings.KEEP_PAYLOADS_DAYS)


def forget_values() -> int:
    """Delete the values of old writes, and of the rows of old batches; how many writes there were.

    Their user, times and outcome stay. A write of that age is not tracked any more where it is unfinished, and not
    confirmed, because its values are needed for that.
    """
    now, limit = timezone.now(), _limit()
    old = Write.objects.filter(created_at__lt=limit, forgotten_at=None)
    # What waits, or is queued, still needs its values.
    needed = Write.State.WAITING, Write.State.QUEUED
    emptied = _in_pieces(old.exclude(state__in=needed), empty_writes)
    ended = Batch.objects.filter(
        created_at__lt=limit,
        forgotten_at=None,
        state__in=(Batch.State.CANCELLED, Batch.State.DONE),
    )
    for batch in ended.iterator():
        rows = BatchRow.objects.filter(batch=batch)
        for first in range(0, rows.aggregate(last=Max("position"))["last"] or 0, PIECE):
            piece = rows.filter(position__gt=first, position__lte=first + PIECE)
            piece.update(**EMPTY_ROW)
        Batch.objects.filter(pk=batch.pk).update(
            forgotten_at=now, question="", instructions=[], note=""
        )
    return emptied


def empty_writes(rows: "QuerySet[Write]") -> int:
    """Delete the values of writes, none of which is queued; how many there were. Who, when and the outcome stay."""
    return rows.update(**_emptied(timezone.now()))


def delete_drafts() -> int:
    """Delete old drafts, and whatever their age those of disabled accounts and of saved forms; how many."""
    saved = Write.objects.filter(submission=OuterRef("submission"))
    of_nobody = Q(updated_at__lt=_limit()) | Q(user__is_active=False) | Exists(saved)
    return _in_pieces(Draft.objects.filter(of_nobody), _delete)


def delete_events() -> int:
    """Delete old events; how many."""
    oldest = min(_limit(), timezone.now() - MIN_EVENT_AGE)
    return _in_pieces(WebhookEvent.objects.filter(received_at__lt=oldest), _delete)


def delete_unstarted_batches() -> int:
    """Delete old batches that were never started; how many. Nothing of them was sent, so they are in no history.

    One that waits for approval stays until the request ends.
    """
    waiting = Approval.objects.filter(batch=OuterRef("pk"), state=Approval.State.WAITING)
    never_started = Batch.objects.filter(
        ~Exists(waiting), state__in=(Batch.State.PREPARING, Batch.State.READY)
    )
    keys = list(never_started.filter(created_at__lt=_limit()).values_list("pk", flat=True))
    # The state again: one may have been started since.
    return sum(bool(_delete(never_started.filter(pk=key))) for key in keys)


def forget_imports() -> int:
    """Delete the files of old imports and their rows, and cancel those that are open; how many there were.

    Who imported what, and which batch it became, stays.
    """
    limit = timezone.now() - timedelta(days=settings.KEEP_IMPORTS_DAYS)
    old = Import.objects.filter(created_at__lt=limit, forgotten_at=None)
    return sum(import_states.expire(source) for source in old.iterator())


def forget_searches() -> int:
    """Delete the words of searches from the old lines of the journal of exports; how many lines there were."""
    return _in_pieces(with_words(Export.objects.filter(created_at__lt=_limit())), empty_questions)


def with_words(rows: "QuerySet[R]") -> "QuerySet[R]":
    """The exports or batches that were selected by the words of a search: they may be values of a customer."""
    return rows.filter(question__regex=r"[?&]q=")


def empty_questions(rows: "QuerySet[R]") -> int:
    """Delete what exports or batches were selected by; how many there were."""
    return rows.update(question="")


def delete_sessions() -> None:
    """Delete expired sessions, as `manage.py clearsessions` does."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def delete_lost_workers() -> int:
    """Delete the leases of workers that died a day ago or earlier; how many."""
    lost = Lease.objects.filter(name__startswith=WORKER, until__lt=Now() - MAX_LOST_AGE)
    return _delete(lost)


def _emptied(now: datetime) -> dict[str, Any]:
    """The new columns of a write: without its values, and with a final state and confirmation."""
    was_not_sent = Q(state=Write.State.SENDING, sent_at=None)
    is_unfinished = Q(state__in=Write.UNFINISHED)
    is_unchecked = Q(confirmation=Write.Confirmation.WAITING)
    return {
        "payload": "",
        "before": "",
        "customer_name": "",
        "error_message": "",
        "validation": [],
        "warnings": [],
        "differences": [],
        "merged": [],
        "forgotten_at": now,
        "resolved_at": Coalesce("resolved_at", Value(now)),
        "state": Case(
            When(was_not_sent, then=Value(Write.State.FAILED)),
            When(is_unfinished, then=Value(Write.State.TIMED_OUT)),
            default=F("state"),
        ),
        "settled_by": Case(
            When(was_not_sent, then=Value("")),
            When(is_unfinished, then=Value(Write.SettledBy.EXPIRY)),
            default=F("settled_by"),
        ),
        "completed_at": Case(When(is_unfinished, then=Value(now)), default=F("completed_at")),
        "confirmation": Case(
            When(is_unchecked, then=Value(Write.Confirmation.ABSENT)), default=F("confirmation")
        ),
        "confirmed_at": Case(When(is_unchecked, then=Value(now)), default=F("confirmed_at")),
    }


def _delete(rows: "QuerySet[Any]") -> int:
    return rows.delete()[0]


def _in_pieces(rows: "QuerySet[Any]", step: Callable[["QuerySet[Any]"], int]) -> int:
    """Apply a step that removes rows from a selection in batches of `PIECE`. Returns the number of rows."""
    done = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:PIECE]):
        taken = step(rows.model.objects.filter(pk__in=keys))
        if not taken:
            # Another process has changed these rows; the next run handles the rest.
            break
        done += taken
    return done
