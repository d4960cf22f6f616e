"""How far a batch is: its rows by group, and what follows from the counts. Knows no HTTP.

The groups are made here of the states of rows and writes, which two indexes hold: a condition in SQL would read every
write with its values, of which there are thousands.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from customers.models import Batch, BatchRow, Write
from customers.writes.sentences import Mark

RowState, WriteState, Confirmation = BatchRow.State, Write.State, Write.Confirmation

# For the pace: rows that were sent in the last minute, and how many of the last ones are looked at.
_LATELY, _LAST_ROWS = timedelta(minutes=1), 100


@dataclass(frozen=True, slots=True)
class Group:
    """Rows in the same kind of state. `key` is the value of the filter; `mark` its icon and word."""

    key: str
    mark: Mark
    # Of a batch that was started: counted also where there are none.
    is_always_shown: bool = False

    @property
    def label(self) -> str:
        """Its word."""
        return self.mark.label


# In the order of a batch's rows: what needs a person first.
GROUPS: tuple[Group, ...] = (
    Group("unknown", Mark("Unknown", "question", "warn"), is_always_shown=True),
    Group("refused", Mark("Refused", "cross", "bad"), is_always_shown=True),
    Group("different", Mark("Different", "triangle", "warn"), is_always_shown=True),
    Group("invalid", Mark("Needs correction", "cross", "bad")),
    Group("conflict", Mark("Conflict", "triangle", "warn")),
    Group("missing", Mark("Not found", "question", "warn")),
    Group("sent", Mark("Sent", "half", "info"), is_always_shown=True),
    Group("accepted", Mark("Accepted", "half", "info"), is_always_shown=True),
    Group("queued", Mark("Queued", "ring", ""), is_always_shown=True),
    Group("waiting", Mark("Not checked", "ring", "")),
    Group("unchanged", Mark("Unchanged", "dash", "")),
    Group("confirmed", Mark("Confirmed", "tick", "good"), is_always_shown=True),
    Group("not_sent", Mark("Not sent", "dash", ""), is_always_shown=True),
)
BY_KEY = {group.key: group for group in GROUPS}
_OF_WRITES = {
    WriteState.UNKNOWN: "unknown",
    WriteState.FAILED: "refused",
    WriteState.TIMED_OUT: "refused",
    WriteState.SENDING: "sent",
    WriteState.PENDING: "sent",
    WriteState.QUEUED: "queued",
    WriteState.NOT_SENT: "not_sent",
}
_OF_CONFIRMATIONS = {
    Confirmation.DIFFERS: "different",
    Confirmation.ABSENT: "different",
    Confirmation.CONFIRMED: "confirmed",
}
_OF_ROWS = {
    RowState.WAITING: "waiting",
    RowState.CHECKED: "queued",
    RowState.UNCHANGED: "unchanged",
    RowState.INVALID: "invalid",
    RowState.CONFLICT: "conflict",
    RowState.MISSING: "missing",
    RowState.LEFT_OUT: "not_sent",
}
# As they are counted on the page: the way of a row, then what became of it.
_SHOWN = ("waiting", "queued", "sent", "accepted", "confirmed", "different", "refused", "unknown",
          "invalid", "conflict", "missing", "not_sent", "unchanged")  # fmt: skip
# Rows that still move by themselves, or with a person's decision.
_MOVING = ("waiting", "queued", "sent", "accepted", "unknown")
# Rows that a person may take up again while the batch is open: the share that is done does not count them.
_REOPENED = ("invalid", "conflict", "not_sent")
# Rows that may be tried again in another batch. Timed-out rows are not among these: they may still be made, so sending
# them again could make them twice.
RETRIED_STATES = (WriteState.FAILED, WriteState.NOT_SENT)
RETRIED_ROWS = (RowState.INVALID, RowState.CONFLICT)
NEEDS_PERSON = ("unknown", "refused", "different", "invalid", "conflict")


@dataclass(frozen=True, slots=True)
class Progress:
    """The rows of a batch by group.

    `certain` of them cannot change any more, `retried` may be tried again. `pace` is how many are sent a minute.
    `groups` has the key of each row's group, by its position.
    """

    total: int
    counts: Mapping[str, int]
    certain: int = 0
    retried: int = 0
    pace: float = 0
    is_over: bool = False
    is_started: bool = False
    groups: Mapping[int, str] = field(default_factory=dict)

    def positions(self, key: str = "") -> list[int]:
        """The positions of the rows of a group in their order; of all rows those that need a person first."""
        if key:
            return sorted(position for position, group in self.groups.items() if group == key)
        order = {group.key: number for number, group in enumerate(GROUPS)}
        return sorted(self.groups, key=lambda position: (order[self.groups[position]], position))

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
        return self.of("queued") / self.pace if self.pace else None

    @property
    def shown(self) -> list[tuple[Group, int]]:
        """The groups that the page counts, and their numbers."""
        groups = [BY_KEY[key] for key in _SHOWN]
        return [
            (group, self.of(group.key))
            for group in groups
            if self.of(group.key) or (self.is_started and group.is_always_shown)
        ]


def group_of(row: BatchRow, batch: Batch) -> Group:
    """The group of one row, whose write is known."""
    write = (row.write.state, row.write.confirmation) if row.write else None
    return BY_KEY[_key(row.state, write, is_cancelled=batch.state == Batch.State.CANCELLED)]


def _key(row_state: str, write: tuple[str, str] | None, *, is_cancelled: bool) -> str:
    """The key of a row's group. `write` is the state of its write and of the confirmation."""
    if write is None:
        key = _OF_ROWS[RowState(row_state)]
    elif row_state == RowState.CONFLICT:
        key = "conflict"
    elif write[0] == WriteState.SUCCESS:
        key = _OF_CONFIRMATIONS.get(Confirmation(write[1]), "accepted")
    else:
        key = _OF_WRITES[WriteState(write[0])]
    # What a cancelled batch has not sent never will be.
    return "not_sent" if is_cancelled and key in ("queued", "waiting") else key


def progress_of(batch: Batch) -> Progress:
    """How far a batch is. Two queries, both of an index alone, and one for the pace of a batch that runs."""
    rows = BatchRow.objects.filter(batch=batch).order_by().values_list("position", "state")
    row_states = dict(rows)
    found = Write.objects.filter(batch=batch).order_by()
    writes = {
        position or 0: (state, confirmation)
        for position, state, confirmation in found.values_list("position", "state", "confirmation")
    }
    is_cancelled = batch.state == Batch.State.CANCELLED
    groups = {
        position: _key(state, writes.get(position), is_cancelled=is_cancelled)
        for position, state in row_states.items()
    }
    counts = Counter(groups.values())
    total = len(groups)
    if not batch.is_filled and batch.total > total:
        # Rows that are not stored yet.
        counts["not_sent" if is_cancelled else "waiting"] += batch.total - total
        total = batch.total
    # What timed out may still be accepted, and then waits to be confirmed.
    timed_out = sum(state == WriteState.TIMED_OUT for state, _ in writes.values())
    is_running = batch.state == Batch.State.RUNNING
    return Progress(
        total=total,
        counts=dict(counts),
        certain=total - sum(counts[key] for key in (*_MOVING, *_REOPENED)) - timed_out,
        retried=_retried(row_states, writes),
        pace=_pace(batch, writes) if is_running else 0,
        is_over=batch.state not in Batch.OPEN,
        is_started=batch.started_at is not None,
        groups=groups,
    )


def _retried(row_states: Mapping[int, str], writes: Mapping[int, tuple[str, str]]) -> int:
    """How many rows may be tried again; as `following_up.retried_rows` selects them."""
    return sum(
        state != RowState.LEFT_OUT and writes[position][0] in RETRIED_STATES
        if position in writes
        else state in RETRIED_ROWS
        for position, state in row_states.items()
    )


def _pace(batch: Batch, writes: Mapping[int, tuple[str, str]]) -> float:
    """How many rows are sent a minute, by the last ones; 0 where none was sent in the last minute."""
    now = timezone.now()
    sent = sorted(position for position, (state, _) in writes.items() if state not in Write.UNSENT)
    times = list(
        Write.objects.filter(
            batch=batch, position__in=sent[-_LAST_ROWS:], sent_at__gte=now - _LATELY
        ).values_list("sent_at", flat=True)
    )
    if len(times) < _LAST_ROWS:
        return len(times)
    seconds = (now - min(filter(None, times))).total_seconds()
    return len(times) * 60 / max(seconds, 1)
