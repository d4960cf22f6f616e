"""Delete the values of old changes, drafts and events under the retention policy; for cron."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from customers.models import Draft, WebhookEvent, Write

# Codat may deliver an event again for 28 hours; until then it must be recognised.
MIN_EVENT_AGE = timedelta(hours=48)


class Command(BaseCommand):
    """Deletes payloads, records and findings of finished writes; user, times and outcome stay.

    Unfinished writes and those that wait for their confirmation keep their values at any age.
    """

    help = "Delete the values of writes older than KEEP_PAYLOADS_DAYS, and drafts and events of that age."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many writes were emptied, and how many drafts and events were deleted."""
        now = timezone.now()
        limit = now - timedelta(days=settings.KEEP_PAYLOADS_DAYS)
        emptied = (
            Write.objects.filter(created_at__lt=limit, forgotten_at=None)
            .exclude(state__in=Write.UNFINISHED)
            .exclude(confirmation=Write.Confirmation.WAITING)
            .update(
                payload="",
                before="",
                customer_name="",
                error_message="",
                validation=[],
                warnings=[],
                differences=[],
                merged=[],
                forgotten_at=now,
            )
        )
        drafts, _ = Draft.objects.filter(updated_at__lt=limit).delete()
        events, _ = WebhookEvent.objects.filter(
            received_at__lt=min(limit, now - MIN_EVENT_AGE)
        ).delete()
        self.stdout.write(f"{emptied} writes emptied, {drafts} drafts and {events} events deleted")
