"""Forget what was sent, once it is old enough; for cron."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from customers.models import Draft, WebhookEvent, Write

# Codat may deliver an event again for 28 hours, and it must be known as handled then.
EVENTS_STAY = timedelta(hours=48)


class Command(BaseCommand):
    """Empties payloads, records and findings of finished writes; who, when and outcome stay.

    What is still on its way, undecided or waiting to be compared keeps what it needs, however old.
    """

    help = (
        "Forget the payloads of writes older than KEEP_PAYLOADS_DAYS, and drafts and events as old."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many rows were emptied or deleted. Unfinished writes keep what they need."""
        now = timezone.now()
        limit = now - timedelta(days=settings.KEEP_PAYLOADS_DAYS)
        forgotten = (
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
                forgotten_at=now,
            )
        )
        drafts, _ = Draft.objects.filter(updated_at__lt=limit).delete()
        events, _ = WebhookEvent.objects.filter(
            received_at__lt=min(limit, now - EVENTS_STAY)
        ).delete()
        self.stdout.write(
            f"{forgotten} writes emptied, {drafts} drafts and {events} events deleted"
        )
