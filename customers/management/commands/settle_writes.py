"""Settle the writes that no browser watches; for cron."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import F, Model, Q
from django.utils import timezone

from customers.codat.client import background
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
from customers.models import WebhookEvent, Write
from customers.service import default_service
from customers.writes import tracking, webhooks

log = logging.getLogger(__name__)

# Codat itself stops delivering an event after 28 hours: what was not handled by then never will be.
EVENTS_LAST = timedelta(hours=28)
# So many failures in a row mean that Codat is away, unless they are of these kinds, which are about one row.
MOST_FAILURES = 5
OF_ONE_ROW = (BadRequest, AlreadyInUse, Forbidden, KeyReused, NotFound, NotSynced, UnaddressableId)

Row = TypeVar("Row", bound=Model)


class Command(BaseCommand):
    """Asks Codat after each followed write that is due, and handles the events left over.

    Safe to run twice at once: a write's step claims its row, and an event is as good twice as once.
    Writes not asked after for longest come first, so that a few that cannot be settled never keep
    the others waiting.
    """

    help = "Settle unfinished writes, confirm successful ones, handle events left over."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--limit`: how many rows at most in one run."""
        parser.add_argument("--limit", type=int, default=500)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many writes were looked at, and how many Codat could not be asked about."""
        service, limit = default_service(), options["limit"]

        def settle_event(event: WebhookEvent) -> None:
            webhooks.note(event)
            webhooks.handle(event, service)

        def settle_write(write: Write) -> None:
            tracking.check(write, service, by="cron")

        events = WebhookEvent.objects.filter(
            handled_at=None, received_at__gt=timezone.now() - EVENTS_LAST
        ).order_by("received_at")
        followed = Write.objects.filter(
            Q(state__in=Write.UNFINISHED) | Q(confirmation=Write.Confirmation.WAITING)
        ).order_by(F("checked_at").asc(nulls_first=True))
        due = list(islice(filter(tracking.is_due, followed.iterator()), limit))
        # People go first: near the end of the day's quota Codat is not asked from here.
        with background():
            unanswered = self._each(events[:limit], settle_event)
            unanswered += self._each(due, settle_write)
        self.stdout.write(f"{len(due)} writes looked at, {unanswered} not answered")

    def _each(self, rows: Iterable[Row], settle: Callable[[Row], None]) -> int:
        """Settle row by row until Codat seems to be away; how many failed."""
        failed = in_a_row = 0
        for row in rows:
            try:
                settle(row)
                in_a_row = 0
            except CodatError as error:
                failed += 1
                in_a_row = 0 if isinstance(error, OF_ONE_ROW) else in_a_row + 1
                log.warning("%s %s: %s", type(row).__name__, row.pk, error)
            except Exception:  # One row that cannot be settled must not keep the others.
                failed += 1
                log.exception("%s %s", type(row).__name__, row.pk)
            if in_a_row == MOST_FAILURES:
                self.stdout.write("Codat seems to be away: stopped early.")
                break
        return failed
