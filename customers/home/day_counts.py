"""Counts the changes of each day by outcome, for the picture on the home page. Work of the worker.

The page reads these few rows: counting the journal for each page would take longer the more there is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count
from django.utils import timezone

from customers import formatting, localisation
from customers.models import ChangesOfDay, Write

State, Confirmation = Write.State, Write.Confirmation

DAYS = 14
# Today and yesterday are counted each time, an earlier day once more after this time: an outcome may come late.
RECOUNT_AFTER = timedelta(hours=6)
ACCEPTED, DIFFERENT, REFUSED, RUNNING = OUTCOMES = ("accepted", "different", "refused", "running")
_OF_STATES = {
    State.WAITING: RUNNING,
    State.QUEUED: RUNNING,
    State.SENDING: RUNNING,
    State.PENDING: RUNNING,
    State.UNKNOWN: RUNNING,
    State.FAILED: REFUSED,
    State.TIMED_OUT: REFUSED,
}


@dataclass(frozen=True, slots=True)
class Day:
    """How many changes of one day have each outcome."""

    day: date
    numbers: tuple[int, ...]

    @property
    def label(self) -> str:
        """The day as the reader writes it."""
        return formatting.day(self.day.isoformat())


def last_days() -> Sequence[Day]:
    """The last days, the oldest first, as they were counted; () where they never were."""
    days = _days()
    counted: dict[date, Counter[str]] = {}
    for row in ChangesOfDay.objects.filter(day__gte=days[0]):
        counted.setdefault(row.day, Counter())[row.outcome] = row.number
    if not counted:
        return ()
    return [
        Day(day, tuple(counted.get(day, Counter())[outcome] for outcome in OUTCOMES))
        for day in days
    ]


def count() -> int:
    """Count the days that are due; how many."""
    now = timezone.now()
    days = _days()
    fresh = set(
        ChangesOfDay.objects.filter(counted_at__gt=now - RECOUNT_AFTER).values_list(
            "day", flat=True
        )
    )
    due = [day for day in days if day >= days[-2] or day not in fresh]
    rows = [
        ChangesOfDay(day=day, outcome=outcome, number=numbers[outcome], counted_at=now)
        for day in due
        for numbers in [_count(day)]
        for outcome in OUTCOMES
    ]
    ChangesOfDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["day", "outcome"],
        update_fields=["number", "counted_at"],
    )
    ChangesOfDay.objects.filter(day__lt=days[0]).delete()
    return len(due)


def _count(day: date) -> Counter[str]:
    """The changes that were saved on a day, by outcome. Those that were never sent are none."""
    saved = Write.objects.filter(created_at__gte=_start(day), created_at__lt=_start(day, 1))
    groups = saved.order_by().values_list("state", "confirmation").annotate(number=Count("pk"))
    numbers = Counter[str]()
    for state, confirmation, number in groups:
        if state != State.NOT_SENT:
            numbers[_outcome(state, confirmation)] += number
    return numbers


def _outcome(state: str, confirmation: str) -> str:
    if confirmation in (Confirmation.DIFFERS, Confirmation.ABSENT):
        return DIFFERENT
    return _OF_STATES.get(State(state), ACCEPTED)


def _days() -> list[date]:
    """The last days in the dashboard's own time zone, today last."""
    with localisation.defaults():
        today = localisation.local(timezone.now(), localisation.current().zone).date()
    return [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def _start(day: date, more: int = 0) -> datetime:
    """When a day begins, or one so many days later."""
    with localisation.defaults():
        zone = localisation.current().zone
    return datetime.combine(day + timedelta(days=more), time.min, tzinfo=zone)
