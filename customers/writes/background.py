"""Background work on the journal: following, confirming, events that are left over, and what remains of it.

Each function is one turn, for the worker's chores and for `manage.py settle_writes`. It may run in any number of
processes at once: each step claims its row, its company, or the sync of its company. A turn ends early once Codat seems
to be unavailable; the next one goes on with what was checked longest ago. Calls to Codat stop near the end of the day's
quota, and the rest is reserved for people.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from typing import NamedTuple, TypeVar

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
from customers.models import WebhookEvent, Write, WriteQuerySet
from customers.service import CustomerService
from customers.writes import tracking, webhooks

log = logging.getLogger(__name__)

State = Write.State

# Codat stops delivering an event after 28 hours; older events are not processed any more.
MAX_EVENT_AGE = timedelta(hours=28)
# After this many consecutive failures Codat is taken to be unavailable. Errors about a single row do not count.
MAX_FAILURES = 5
ROW_ERRORS = (BadRequest, AlreadyInUse, Forbidden, KeyReused, NotFound, NotSynced, UnaddressableId)
# Rows or companies of one turn.
LIMIT = 500

Row = TypeVar("Row", bound=Model)


class Turn(NamedTuple):
    """What a turn did: how many rows were dealt with, how many of them failed, whether it ended early."""

    done: int
    failed: int
    stopped: bool = False


def follow_due(service: CustomerService, *, limit: int = LIMIT) -> Turn:
    """Ask how far the push operations of the pending writes are that are due."""
    return _check_due(Write.objects.filter(state=State.PENDING), service, limit)


def confirm_due(service: CustomerService, *, limit: int = LIMIT) -> Turn:
    """Take the next step of confirming the successful writes that are due."""
    return _check_due(Write.objects.filter(state=State.SUCCESS), service, limit)


def settle_due(service: CustomerService, *, limit: int = LIMIT) -> Turn:
    """End the writes whose sending process died, and send unknown creates again with their keys where that is due."""
    rows = Write.objects.filter(state__in=(State.SENDING, State.UNKNOWN))
    return _check_due(rows, service, limit)


def events_due(service: CustomerService, *, limit: int = LIMIT) -> Turn:
    """Process the events that were received and not processed."""

    def process(event: WebhookEvent) -> None:
        webhooks.apply(event)
        webhooks.process(event, service)

    events = WebhookEvent.objects.filter(
        processed_at=None, received_at__gt=timezone.now() - MAX_EVENT_AGE
    ).order_by("received_at")
    return _each(events[:limit], process)


def _check_due(rows: WriteQuerySet, service: CustomerService, limit: int) -> Turn:
    """Check the writes that are due, those that were checked longest ago first."""

    def check(write: Write) -> None:
        tracking.follow_or_repeat(write, service, by=Write.SettledBy.CRON)

    tracked = rows.filter(is_pending=1).order_by(F("checked_at").asc(nulls_first=True))
    return _each(list(islice(filter(tracking.is_due, tracked.iterator()), limit)), check)


def _each(rows: Iterable[Row], step: Callable[[Row], None]) -> Turn:
    """Apply a step to each row until Codat seems to be unavailable."""
    done = failed = consecutive = 0
    with background():
        for row in rows:
            done += 1
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
                return Turn(done, failed, stopped=True)
    return Turn(done, failed)
