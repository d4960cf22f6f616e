"""How far a batch is: its rows by group, in one query, and what follows from the counts. Knows no HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from customers.models import Batch, BatchRow, Write
from customers.writes.sentences import Mark

RowState, WriteState = BatchRow.State, Write.State

# For the pace: rows that were sent in the last minute.
_LATELY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows in the same kind of state. `key` is the value of the filter; `mark` its icon and word."""

    key: str
    mark: Mark
    condition: Q
    # Of a batch that was started: counted also where there are none.
    is_always_shown: bool = False

    @property
    def label(self) -> str:
        """Its word."""
        return self.mark.label


def _write(*states: str, **conditions: object) -> Q:
    return Q(write__state__in=states, **conditions)


def _row(state: str) -> Q:
    return Q(write=None, state=state)


_UNREAD = (Write.Confirmation.DIFFERS, Write.Confirmation.ABSENT)
_UNCONFIRMED = (Write.Confirmation.WAITING, Write.Confirmation.NONE)

# In the order of a batch's rows: what needs a person first. A row is in the first group whose condition holds.
GROUPS: tuple[Group, ...] = (
    Group(
        "unknown",
        Mark("Unknown", "question", "warn"),
        _write(WriteState.UNKNOWN),
        is_always_shown=True,
    ),
    Group(
        "refused",
        Mark("Refused", "cross", "bad"),
        _write(*Write.FAILED_STATES),
        is_always_shown=True,
    ),
    Group(
        "different",
        Mark("Different", "triangle", "warn"),
        _write(WriteState.SUCCESS, write__confirmation__in=_UNREAD),
        is_always_shown=True,
    ),
    Group("invalid", Mark("Needs correction", "cross", "bad"), _row(RowState.INVALID)),
    Group("conflict", Mark("Conflict", "triangle", "warn"), Q(state=RowState.CONFLICT)),
    Group("missing", Mark("Not found", "question", "warn"), _row(RowState.MISSING)),
    Group(
        "sent",
        Mark("Sent", "half", "info"),
        _write(WriteState.SENDING, WriteState.PENDING),
        is_always_shown=True,
    ),
    Group(
        "accepted",
        Mark("Accepted", "half", "info"),
        _write(WriteState.SUCCESS, write__confirmation__in=_UNCONFIRMED),
        is_always_shown=True,
    ),
    Group(
        "queued",
        Mark("Queued", "ring", ""),
        _write(WriteState.QUEUED) | _row(RowState.CHECKED),
        is_always_shown=True,
    ),
    Group("waiting", Mark("Not checked", "ring", ""), _row(RowState.WAITING)),
    Group("unchanged", Mark("Unchanged", "dash", ""), _row(RowState.UNCHANGED)),
    Group(
        "confirmed",
        Mark("Confirmed", "tick", "good"),
        _write(WriteState.SUCCESS),
        is_always_shown=True,
    ),
    Group("not_sent", Mark("Not sent", "dash", ""), Q(pk__isnull=False), is_always_shown=True),
)
BY_KEY = {group.key: group for group in GROUPS}
# As they are counted on the page: the way of a row, then what became of it.
_SHOWN = ("waiting", "queued", "sent", "accepted", "confirmed", "different", "refused", "unknown",
          "invalid", "conflict", "missing", "not_sent", "unchanged")  # fmt: skip
# Rows that still move by themselves, or with a person's decision.
_MOVING = ("waiting", "queued", "sent", "accepted", "unknown")
# Rows that a person may take up again while the batch is open: the share that is done does not count them.
_REOPENED = ("invalid", "conflict", "not_sent")
NEEDS_PERSON = ("unknown", "refused", "different", "invalid", "conflict")


@dataclass(frozen=True, slots=True)
class Progress:
    """The rows of a batch by group, and how many were sent in the last minute. `certain` cannot change any more."""

    total: int
    counts: Mapping[str, int]
    certain: int = 0
    sent_lately: int = 0
    is_over: bool = False
    is_started: bool = False

    def of(self, key: str) -> int:
        """How many rows are in a group."""
        return self.counts.get(key, 0)

    @property
    def checked(self) -> int:
        """Rows whose check has ended."""
        return self.total - self.of("waiting")

    @property
    def moving(self) -> int:
        """Rows that still move by themselves, or with a decision about their outcome."""
        return sum(self.of(key) for key in _MOVING)

    @property
    def finished(self) -> int:
        """Rows that do not move any more. While the batch is open, those that a person may take up again are not."""
        return self.total - self.moving if self.is_over else self.certain

    @property
    def percent(self) -> int:
        """The share of rows that are certain, rounded down: it never goes back. 100 only for a batch that has ended."""
        if not self.total or (self.is_over and not self.moving):
            return 100
        return min(self.certain * 100 // self.total, 99)

    @property
    def is_only_waiting(self) -> bool:
        """Whether nothing is sent any more, and what was sent is waited for."""
        return not self.of("queued") and not self.of("waiting") and self.moving > 0

    @property
    def needs_person(self) -> int:
        """Rows that a person has to look at."""
        return sum(self.of(key) for key in NEEDS_PERSON)

    @property
    def minutes_left(self) -> float | None:
        """Until the queued rows are sent, at the pace of the last minute; None where nothing was sent in it."""
        return self.of("queued") / self.sent_lately if self.sent_lately else None

    @property
    def shown(self) -> list[tuple[Group, int]]:
        """The groups that the page counts, and their numbers."""
        groups = [BY_KEY[key] for key in _SHOWN]
        return [
            (group, self.of(group.key))
            for group in groups
            if self.of(group.key) or (self.is_started and group.is_always_shown)
        ]


def number_of(key: str) -> int:
    """The place of a group in `GROUPS`."""
    return next(number for number, group in enumerate(GROUPS) if group.key == key)


def _groups(batch: Batch) -> list[Group]:
    """The groups of a batch's rows: what a cancelled one has not sent never will be."""
    if batch.state != Batch.State.CANCELLED:
        return [*GROUPS]
    return [group for group in GROUPS if group.key not in ("queued", "waiting")]


def grouped_rows(batch: Batch) -> "QuerySet[Any]":
    """The rows of a batch, each with the number of its group as `group`: its place in `GROUPS`."""
    cases = [When(group.condition, then=Value(number_of(group.key))) for group in _groups(batch)]
    # The last condition holds for every row.
    group = Case(*cases, default=Value(number_of("not_sent")), output_field=IntegerField())
    return BatchRow.objects.filter(batch=batch).annotate(group=group)


def progress_of(batch: Batch) -> Progress:
    """How far a batch is. One query for its rows, and one for the pace of one that runs."""
    rows = grouped_rows(batch).order_by().values("group")
    timed_out = Count("pk", filter=Q(write__state=WriteState.TIMED_OUT))
    counts: dict[str, int] = {}
    late = 0
    for row in rows.annotate(rows=Count("pk"), timed_out=timed_out):
        counts[GROUPS[row["group"]].key] = row["rows"]
        late += row["timed_out"]
    total = sum(counts.values())
    open_rows = sum(counts.get(key, 0) for key in (*_MOVING, *_REOPENED))
    is_over = batch.state not in Batch.OPEN
    lately = 0
    if batch.state == Batch.State.RUNNING:
        since = timezone.now() - _LATELY
        lately = Write.objects.filter(batch=batch, sent_at__gte=since).count()
    return Progress(
        total=total,
        counts=counts,
        # What timed out may still be accepted, and then waits to be confirmed.
        certain=total - open_rows - late,
        sent_lately=lately,
        is_over=is_over,
        is_started=batch.started_at is not None,
    )
