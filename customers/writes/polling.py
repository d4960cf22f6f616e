"""How often Codat is asked about an operation: the push operation of a write, or the sync of a company."""

from datetime import datetime, timedelta

from django.utils import timezone

from customers.models import CompanySync

# (up to this age, poll at this interval). Pages stop polling after the last row.
_INTERVALS = (
    (timedelta(seconds=20), timedelta(seconds=2)),
    (timedelta(minutes=2), timedelta(seconds=5)),
    (timedelta(minutes=10), timedelta(seconds=15)),
    (timedelta(hours=1), timedelta(minutes=1)),
)
# After that only background work polls, without a limit, because desktop software may be off for weeks.
_BACKGROUND_INTERVAL = timedelta(minutes=10)
FIRST_DAY = timedelta(days=1)
_LONGEST_INTERVAL = timedelta(hours=1)
# The shortest interval while Codat's events arrive. They come first; a poll is for one that is late.
_EVENT_INTERVAL = timedelta(seconds=30)
# Events arrive as long as one did in this time. How often that is stored for a company.
_EVENTS_LAST, _EVENT_NOTED = timedelta(days=1), timedelta(minutes=1)


def page_interval(age: timedelta) -> timedelta | None:
    """The interval of a page at this age of the operation; None once pages stop polling."""
    return next((pause for limit, pause in _INTERVALS if age < limit), None)


def is_over(last: datetime, age: timedelta, company_id: str, now: datetime) -> bool:
    """Whether the interval since the last poll is over. One query where that depends on events."""
    background = _BACKGROUND_INTERVAL if age < FIRST_DAY else _LONGEST_INTERVAL
    pause = page_interval(age) or background
    # A tenth early: a browser's timer is not exact.
    if now - last < pause * 0.9:
        return False
    return now - last >= _EVENT_INTERVAL * 0.9 or not events_arrive(company_id, now)


def events_arrive(company_id: str, now: datetime) -> bool:
    """Whether Codat sends events about a company's customers."""
    rows = CompanySync.objects.filter(pk=company_id, event_at__gte=now - _EVENTS_LAST)
    return rows.exists()


def note_event(company_id: str) -> None:
    """Store that an event about a company's customers arrived. Mostly that is known, and costs one query."""
    now = timezone.now()
    known = CompanySync.objects.filter(pk=company_id)
    if known.filter(event_at__gte=now - _EVENT_NOTED).exists() or known.update(event_at=now):
        return
    row = CompanySync(company_id=company_id, event_at=now)
    CompanySync.objects.bulk_create([row], ignore_conflicts=True)
