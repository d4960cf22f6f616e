"""Delete the values of old changes, drafts and events under the retention policy; for cron."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from customers.models import Draft, WebhookEvent, Write

# Codat may deliver an event again for 28 hours; until then it must be recognised as a repeat.
MIN_EVENT_AGE = timedelta(hours=48)
# Rows of one transaction, so that saves do not wait long for it.
PIECE = 500


class Command(BaseCommand):
    """Deletes payloads, records and findings of old writes, but not their user, times and outcome.

    A write of that age is not tracked any more where it is unfinished, and not confirmed, because its values are
    needed for that. Drafts of disabled accounts and of saved forms are deleted whatever their age.
    """

    help = "Delete the values of writes older than KEEP_PAYLOADS_DAYS, and drafts and events of that age."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many writes were emptied, and how many drafts and events were deleted."""
        now = timezone.now()
        limit = now - timedelta(days=settings.KEEP_PAYLOADS_DAYS)
        emptied = _in_pieces(
            # A queued row of a batch still needs its values.
            Write.objects.filter(created_at__lt=limit, forgotten_at=None).exclude(
                state=Write.State.QUEUED
            ),
            lambda rows: rows.update(**_emptied(now)),
        )
        saved = Write.objects.filter(submission=OuterRef("submission"))
        of_nobody = Q(updated_at__lt=limit) | Q(user__is_active=False) | Exists(saved)
        drafts = _in_pieces(Draft.objects.filter(of_nobody), _delete)
        old_events = WebhookEvent.objects.filter(received_at__lt=min(limit, now - MIN_EVENT_AGE))
        events = _in_pieces(old_events, _delete)
        self.stdout.write(f"{emptied} writes emptied, {drafts} drafts and {events} events deleted")


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
