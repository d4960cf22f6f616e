"""What the two pictures of the home page show: changes by day and outcome, and how old the copies are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.safestring import SafeString

from customers.formatting import counted, thousands
from customers.home import charts
from customers.home.day_counts import (
    ACCEPTED,
    DIFFERENT,
    OUTCOMES,
    REFUSED,
    RUNNING,
    Day,
    last_days,
)
from customers.home.sources.companies import LINKED, OLD
from customers.models import CompanyState

# From the bottom of a bar up. The style sheet has the colour of each class `color-0`, `color-1` and so on.
_SHOWN = (ACCEPTED, RUNNING, DIFFERENT, REFUSED)
LABELS = {
    ACCEPTED: "Accepted",
    RUNNING: "In progress or unknown",
    DIFFERENT: "Came back different",
    REFUSED: "Refused, not sent or timed out",
}


@dataclass(frozen=True, slots=True)
class ChangesPicture:
    """The changes of the last days. `parts` are (label, its numbers of each day), as the table has them."""

    svg: SafeString
    days: Sequence[Day]
    parts: Sequence[tuple[str, Sequence[int]]]
    accepted: int
    refused: int

    @property
    def is_empty(self) -> bool:
        """Whether there were no changes."""
        return not any(any(numbers) for _, numbers in self.parts)


@dataclass(frozen=True, slots=True)
class AgesPicture:
    """How many copies are how old: (label, number, whether that is old) each."""

    svg: SafeString
    rows: Sequence[tuple[str, int, bool]]


def changes_picture() -> ChangesPicture | None:
    """The changes of the last days by outcome; None until the worker has counted them. At most two queries."""
    days = last_days()
    if not days:
        return None
    places = [OUTCOMES.index(outcome) for outcome in _SHOWN]
    columns = tuple(tuple(day.numbers[place] for place in places) for day in days)
    sums = {
        outcome: sum(day.numbers[place] for day in days) for place, outcome in enumerate(OUTCOMES)
    }
    name = f"Changes of the last {len(days)} days: " + ", ".join(
        f"{thousands(sums[outcome])} {LABELS[outcome].lower()}" for outcome in _SHOWN
    )
    parts = [
        (LABELS[outcome], [column[place] for column in columns])
        for place, outcome in enumerate(_SHOWN)
    ]
    return ChangesPicture(
        charts.stacked_bars(name, columns), days, parts, sums[ACCEPTED], sums[REFUSED]
    )


def ages_picture() -> AgesPicture | None:
    """How old the copies of linked companies are; None where no company is known. One query."""
    now = timezone.now()
    day, week = now - timedelta(days=1), now - timedelta(days=7)
    within = Q(last_sync__gte=day), Q(last_sync__lt=day, last_sync__gte=week)
    later = Q(last_sync__lt=week, last_sync__gte=now - OLD), Q(last_sync__lt=now - OLD)
    numbers = CompanyState.objects.filter(status=LINKED).aggregate(
        a=Count("pk", filter=within[0]),
        b=Count("pk", filter=within[1]),
        c=Count("pk", filter=later[0]),
        d=Count("pk", filter=later[1]),
        e=Count("pk", filter=Q(last_sync=None)),
    )
    labels = (
        "Last 24 hours",
        "1 to 7 days ago",
        "7 to 30 days ago",
        "More than 30 days ago",
        "Never",
    )
    rows = [
        (label, number, label in labels[3:])
        for label, number in zip(labels, numbers.values(), strict=True)
    ]
    if not any(number for _, number, _ in rows):
        return None
    name = "Age of Codat’s copies: " + ", ".join(
        f"{label.lower()} {counted(number, 'company', 'companies')}" for label, number, _ in rows
    )
    bars = tuple((0, number) if is_old else (number, 0) for _, number, is_old in rows)
    return AgesPicture(charts.lying_bars(name, bars), rows)
