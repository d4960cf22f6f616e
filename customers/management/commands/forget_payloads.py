"""Delete the values of old changes, drafts and events under the retention policy; for cron."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from customers.models import Draft, WebhookEvent, Write

# Codat may deliver an event again for 28 hours; until then it must be recognised.
MIN_EVENT_AGE = timedelta(hours=48)
# Rows of one transaction, so that nobody who saves waits long for it.
PIECE = 500


class Command(BaseCommand):
    """Deletes payloads, records and findings of old writes; user, times and outcome stay.

    A write that is still unfinished at that age is given up, one that waits for its confirmation is not checked any
    more: without its values nothing could be compared. Drafts of accounts that are disabled, and of forms that were
    saved, are deleted at any age.
    """

    help = "Delete the values of writes older than KEEP_PAYLOADS_DAYS, and drafts and events of that age."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many writes were emptied, and how many drafts and events were deleted."""
        now = timezone.now()
        limit = now - timedelta(days=settings.KEEP_PAYLOADS_DAYS)
        emptied = _in_pieces(
            Write.objects.filter(created_at__lt=limit, forgotten_at=None),
            lambda rows: rows.update(**_emptied(now)),
        )
        saved = Write.objects.filter(submission=OuterRef("submission"))
        of_nobody = Q(updated_at__lt=limit) | Q(user__is_active=False) | Exists(saved)
        drafts = _in_pieces(Draft.objects.filter(of_nobody), _delete)
        old_events = WebhookEvent.objects.filter(received_at__lt=min(limit, now - MIN_EVENT_AGE))
        events = _in_pieces(old_events, _delete)
        self.stdout.write(f"{emptied} writes emptied, {drafts} drafts and {events} events deleted")


def _emptied(now: datetime) -> dict[str, Any]:
    """The columns of a write without its values, and without anything that is still to happen to it."""
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
    """Take a step that removes rows from a selection, a piece at a time; for how many rows it was taken."""
    done = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:PIECE]):
        taken = step(rows.model.objects.filter(pk__in=keys))
        if not taken:
            # Another process was quicker; its rows are gone at the next run.
            break
        done += taken
    return done
