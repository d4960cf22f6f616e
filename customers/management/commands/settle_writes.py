"""Track the writes that no page polls, and process unprocessed events; for cron."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import F, Model
from django.utils import timezone

from customers.codat.errors import (
    AlreadyInUse,
    BadRequest,
    CodatError,
    Forbidden,
    KeyReused,
    NotFound,
    NotSynced,
    UnaddressableId,
)
from customers.codat.http.quota import background
from customers.models import WebhookEvent, Write
from customers.service import default_service
from customers.writes import tracking, webhooks

log = logging.getLogger(__name__)

# Codat stops delivering an event after 28 hours; older events are not processed any more.
MAX_EVENT_AGE = timedelta(hours=28)
# After this many consecutive failures Codat is taken to be unavailable. Errors about a single row do not count.
MAX_FAILURES = 5
ROW_ERRORS = (BadRequest, AlreadyInUse, Forbidden, KeyReused, NotFound, NotSynced, UnaddressableId)

Row = TypeVar("Row", bound=Model)


class Command(BaseCommand):
    """Polls Codat for each tracked write that is due, and processes the unprocessed events.

    Safe to run concurrently: a write's step claims its row, and processing an event is idempotent. The writes that
    were checked longest ago come first, so that writes without progress do not delay the others.
    """

    help = "Track unfinished writes, confirm successful ones, process unprocessed events."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--limit`: how many rows at most in one run."""
        parser.add_argument("--limit", type=int, default=500)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many writes were checked, and for how many rows Codat did not answer."""
        service, limit = default_service(), options["limit"]

        def process_event(event: WebhookEvent) -> None:
            webhooks.apply(event)
            webhooks.process(event, service)

        def check_write(write: Write) -> None:
            tracking.follow_or_repeat(write, service, by=Write.SettledBy.CRON)

        events = WebhookEvent.objects.filter(
            processed_at=None, received_at__gt=timezone.now() - MAX_EVENT_AGE
        ).order_by("received_at")
        tracked = Write.objects.filter(is_pending=1).order_by(F("checked_at").asc(nulls_first=True))
        due = list(islice(filter(tracking.is_due, tracked.iterator()), limit))
        # Near the end of the day's quota background calls stop, and the rest is reserved for people.
        with background():
            unanswered = self._each(events[:limit], process_event)
            unanswered += self._each(due, check_write)
        self.stdout.write(f"{len(due)} writes checked, {unanswered} not answered")

    def _each(self, rows: Iterable[Row], step: Callable[[Row], None]) -> int:
        """Apply a step to each row until Codat seems to be unavailable. Returns how many rows failed."""
        failed = consecutive = 0
        for row in rows:
            try:
                step(row)
                consecutive = 0
            except CodatError as error:
                failed += 1
                consecutive = 0 if isinstance(error, ROW_ERRORS) else consecutive + 1
                log.warning("%s %s: %s", type(row).__name__, row.pk, error)
            except Exception:  # An error of one row must not stop the others.
                failed += 1
                log.exception("%s %s", type(row).__name__, row.pk)
            if consecutive == MAX_FAILURES:
                self.stdout.write("Codat is unavailable: stopped early.")
                break
        return failed
