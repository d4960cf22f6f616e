"""Counts the changes of each day by outcome, for the picture on the home page. Work of the worker.

The page reads these few rows, those of all companies together or of the ones that the person sees: counting the
journal for each page would take longer the more there is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Sum
from django.utils import timezone

from customers import formatting, localisation, scope
from customers.models import ChangesOfDay, Write

State, Confirmation = Write.State, Write.Confirmation

DAYS = 14
# Today and yesterday are counted each time, an earlier day once more after this time: an outcome may come late.
RECOUNT_AFTER = timedelta(hours=6)
# Rows of one statement.
_PIECE = 500
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
    """The last days in the companies of the scope, the oldest first, as they were counted; () where they never were."""
    days = _days()
    rows = ChangesOfDay.objects.filter(day__gte=days[0])
    if scope.current().is_everything:
        rows = rows.filter(company_id="")
    counted: dict[date, Counter[str]] = {}
    for day, outcome, number in rows.values_list("day", "outcome").annotate(Sum("number")):
        counted.setdefault(day, Counter())[outcome] = number
    if not counted and not ChangesOfDay.everywhere.filter(day__gte=days[0]).exists():
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
        ChangesOfDay.objects.filter(company_id="", counted_at__gt=now - RECOUNT_AFTER).values_list(
            "day", flat=True
        )
    )
    due = [day for day in days if day >= days[-2] or day not in fresh]
    rows = [
        ChangesOfDay(
            day=day,
            company_id=company_id,
            outcome=outcome,
            number=numbers[outcome],
            counted_at=now,
        )
        for day in due
        for company_id, numbers in _count(day).items()
        for outcome in OUTCOMES
    ]
    ChangesOfDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["company_id", "day", "outcome"],
        update_fields=["number", "counted_at"],
        batch_size=_PIECE,
    )
    ChangesOfDay.objects.filter(day__lt=days[0]).delete()
    return len(due)


def _count(day: date) -> dict[str, Counter[str]]:
    """The changes that were saved on a day, by outcome: of each company by its ID, and "" for all of them.

    Those that were never sent are none; a company that has no other has zeros.
    """
    saved = Write.objects.filter(created_at__gte=_start(day), created_at__lt=_start(day, 1))
    groups = saved.order_by().values_list("company_id", "state", "confirmation")
    counts = {"": Counter[str]()}
    for company_id, state, confirmation, number in groups.annotate(Count("pk")):
        of_company = counts.setdefault(company_id, Counter())
        if state != State.NOT_SENT:
            for numbers in (counts[""], of_company):
                numbers[_outcome(state, confirmation)] += number
    return counts


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
