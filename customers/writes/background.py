"""Background work on the journal: following, confirming, events that are left over, and what remains of it.

Each function is one turn, for the worker's chores and for `manage.py settle_writes`. It may run in any number of
processes at once: each step claims its row, its company, or the sync of its company. A turn ends early once Codat seems
to be unavailable; the next one goes on with what was checked longest ago. Calls to Codat stop near the end of the day's
quota, and the rest is reserved for people. `should_stop` ends a turn before its next row.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import NamedTuple

from django.db import InterfaceError, OperationalError
from django.db.models import Count, F, Min, Q
from django.utils import timezone

from customers.codat.errors import CodatError
from customers.codat.http.quota import background
from customers.models import WebhookEvent, Write, WriteQuerySet
from customers.service import CustomerService
from customers.writes import following, tracking
from customers.writes.confirming import reading_back
from customers.writes.events import webhooks
from customers.writes.row_errors import ROW_ERRORS

log = logging.getLogger(__name__)

State = Write.State

# Codat stops delivering an event after 28 hours; older events are not processed any more.
MAX_EVENT_AGE = timedelta(hours=28)
# After this many consecutive failures Codat is taken to be unavailable. Errors about a single row do not count.
MAX_FAILURES = 5
# Rows or companies of one turn.
LIMIT = 500


# A label for the log, and a function that returns how many rows it dealt with. Raises CodatError.
Step = tuple[str, Callable[[], int]]
ShouldStop = Callable[[], bool]


def _never() -> bool:
    return False


class Turn(NamedTuple):
    """What a turn did: how many rows were dealt with, how many steps failed, whether it ended early."""

    done: int
    failed: int
    stopped: bool = False


def follow_due(
    service: CustomerService, *, limit: int = LIMIT, should_stop: ShouldStop = _never
) -> Turn:
    """Ask how far the push operations of the pending writes are that are due."""
    steps = following.due_steps(service, by=Write.SettledBy.CRON)
    return _each(((step.label, step.run) for step in steps[:limit]), should_stop)


def confirm_due(
    service: CustomerService, *, limit: int = LIMIT, should_stop: ShouldStop = _never
) -> Turn:
    """Take the next step of confirming the successful writes that are due."""
    rows = Write.objects.filter(
        state=State.SUCCESS, is_pending=1, confirmation=Write.Confirmation.WAITING
    )
    companies = rows.order_by().values("company_id")
    companies = companies.annotate(
        number=Count("pk"), singles=Count("pk", filter=Q(batch=None)), oldest=Min("completed_at")
    )
    few, many = list[str](), list[str]()
    for company in companies.order_by("oldest"):
        is_few = company["number"] == company["singles"] <= reading_back.FEW
        (few if is_few else many).append(company["company_id"])
    steps: list[Step] = [
        (f"company {company_id}", partial(reading_back.confirm_company, company_id, service))
        for company_id in many
    ]
    steps += _due_rows(rows.filter(company_id__in=few), service)
    return _each(steps[:limit], should_stop)


def settle_due(
    service: CustomerService, *, limit: int = LIMIT, should_stop: ShouldStop = _never
) -> Turn:
    """End the writes whose sending process died, and send unknown creates again with their keys where that is due."""
    rows = Write.objects.filter(state__in=(State.SENDING, State.UNKNOWN), is_pending=1)
    return _each(islice(_due_rows(rows, service), limit), should_stop)


def events_due(
    service: CustomerService, *, limit: int = LIMIT, should_stop: ShouldStop = _never
) -> Turn:
    """Process the events that were received and not processed."""

    def process(event: WebhookEvent) -> int:
        webhooks.apply(event)
        webhooks.process(event, service)
        return 1

    events = WebhookEvent.objects.filter(
        processed_at=None, received_at__gt=timezone.now() - MAX_EVENT_AGE
    ).order_by("received_at")
    steps = ((f"event {event.pk}", partial(process, event)) for event in events[:limit])
    return _each(steps, should_stop)


def _due_rows(rows: WriteQuerySet, service: CustomerService) -> Iterator[Step]:
    """The steps of the writes that are due, those that were checked longest ago first."""

    def check(write: Write) -> int:
        tracking.follow_or_repeat(write, service, by=Write.SettledBy.CRON)
        return 1

    for write in rows.order_by(F("checked_at").asc(nulls_first=True)).iterator():
        if tracking.is_due(write):
            yield f"write {write.pk}", partial(check, write)


def _each(steps: Iterable[Step], should_stop: ShouldStop) -> Turn:
    """Take each step until Codat seems to be unavailable. Raises the errors of a database that is away."""
    done = failed = consecutive = 0
    with background():
        for label, step in steps:
            if should_stop():
                break
            try:
                done += step()
                consecutive = 0
            except CodatError as error:
                failed += 1
                consecutive = 0 if isinstance(error, ROW_ERRORS) else consecutive + 1
                log.warning("%s: %s", label, error)
            except (OperationalError, InterfaceError):
                raise
            except Exception:  # An error of one row must not stop the others.
                failed += 1
                log.exception("%s", label)
            if consecutive == MAX_FAILURES:
                return Turn(done, failed, stopped=True)
    return Turn(done, failed)
