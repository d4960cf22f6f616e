"""Named periods of time for a filter, in the reader's time zone: "last week". Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from customers import localisation

LABELS = {
    "": "Any time",
    "today": "Today",
    "yesterday": "Yesterday",
    "week": "This week",
    "last-week": "Last week",
    "month": "This month",
    "last-month": "Last month",
    "7-days": "Last 7 days",
    "30-days": "Last 30 days",
}


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of one day to the end of another; None is open."""

    first: date | None = None
    last: date | None = None

    @property
    def start(self) -> datetime | None:
        """When it begins."""
        return _start(self.first) if self.first else None

    @property
    def end(self) -> datetime | None:
        """When it is over."""
        return _start(self.last + timedelta(days=1)) if self.last and self.last < date.max else None


def named(name: str, now: datetime | None = None) -> Period:
    """A period by its name; an open one for a name that there is not."""
    today = localisation.local(now or timezone.now(), localisation.current().zone).date()
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    periods = {
        "today": Period(today, today),
        "yesterday": Period(today - timedelta(days=1), today - timedelta(days=1)),
        "week": Period(monday, today),
        "last-week": Period(monday - timedelta(days=7), monday - timedelta(days=1)),
        "month": Period(first, today),
        "last-month": Period(before.replace(day=1), before),
        "7-days": Period(today - timedelta(days=6), today),
        "30-days": Period(today - timedelta(days=29), today),
    }
    return periods.get(name, Period())


def _start(day: date) -> datetime | None:
    """When a day begins; None for one that begins before the first moment that a database can hold."""
    moment = datetime.combine(day, time.min, tzinfo=localisation.current().zone)
    try:
        moment.astimezone(UTC)
    except OverflowError:
        # The first day of year 1, in a time zone ahead of UTC.
        return None
    return moment
