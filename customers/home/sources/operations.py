"""Problems of the dashboard itself: no worker, no events from Codat, few calls left today."""

from datetime import datetime, timedelta

from django.conf import settings

from customers.codat.http.quota import RateLimit
from customers.formatting import thousands
from customers.home.problem import KINDS, Action, Problem
from customers.models import WebhookEvent, Write
from customers.web import links
from customers.web.context_processors import LOW_QUOTA
from customers.writes import leases

# A worker gives a sign of life several times a minute; `work --once` is run by cron.
WORKER_SEEN = timedelta(minutes=5)
# Events are missed where so many changes have ended since the last one, and this time has passed.
SILENT_AFTER, MISSED_EVENTS = timedelta(hours=1), 3
_LOOKED_AT = timedelta(days=2)


def operation_problems(quota: RateLimit | None, now: datetime) -> list[Problem]:
    """The problems of the dashboard itself. `quota` is the day's as last read."""
    found = (_worker(now), _webhooks(now), _quota(quota))
    return [problem for problem in found if problem]


def _worker(now: datetime) -> Problem | None:
    """No worker is alive, and none did a chore lately."""
    if leases.is_worker_alive():
        return None
    seen = leases.last_worked()
    if seen and now - seen < WORKER_SEEN:
        return None
    return Problem(
        key="worker",
        kind=KINDS["worker"],
        title="No worker is running",
        detail="Batches are not sent, and changes are not followed.",
        since=seen,
        latest=seen,
        action=Action("See what to do", links.problem("worker")),
    )


def _webhooks(now: datetime) -> Problem | None:
    """Changes ended, and Codat's events about them did not arrive."""
    if not settings.CODAT_WEBHOOK_SECRET:
        return None
    last = (
        WebhookEvent.objects.order_by("-received_at").values_list("received_at", flat=True).first()
    )
    since = max(filter(None, (last, now - _LOOKED_AT)))
    polled = (Write.SettledBy.POLL, Write.SettledBy.CRON)
    # Those that ended after it, and long enough ago for their event to have arrived.
    ended = Write.objects.filter(
        created_at__gt=since, completed_at__lt=now - SILENT_AFTER, settled_by__in=polled
    )
    missed = ended[:MISSED_EVENTS].count()
    if missed < MISSED_EVENTS:
        return None
    return Problem(
        key="webhooks",
        kind=KINDS["webhooks"],
        title="Codat’s events do not arrive",
        detail=f"{missed} or more changes ended without one.",
        since=last,
        latest=last,
        action=Action("See what to do", links.problem("webhooks")),
    )


def _quota(quota: RateLimit | None) -> Problem | None:
    """Few of the day's calls are left."""
    if quota is None or quota.remaining > quota.limit * LOW_QUOTA:
        return None
    return Problem(
        key="quota",
        kind=KINDS["quota"],
        title="Few calls to Codat are left today",
        detail=f"{thousands(quota.remaining)} of {thousands(quota.limit)}. They are renewed at midnight UTC.",
        action=Action("See what to do", links.problem("quota")),
    )
