"""Problems of batches: those that wait for a person, and those that ended with rows that failed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Q

from customers.batches.estimate import counted
from customers.home.problem import KINDS, Action, Author, Problem, key_of
from customers.models import Batch, Write
from customers.web import links

State, Halt = Batch.State, Batch.Halt

# A batch that ended so long ago is no problem any more: its page still has its rows.
ENDED_AFTER = timedelta(days=30)
_FAILED = (*Write.FAILED_STATES, Write.State.UNKNOWN)
_ENDED = (State.DONE, State.CANCELLED)
_COLUMNS = (
    "id",
    "user",
    "company_id",
    "company_name",
    "title",
    "state",
    "halted",
    "message",
    "created_at",
    "started_at",
    "finished_at",
)


def batch_problems(now: datetime) -> list[Problem]:
    """The problems of batches. Three queries, of the few that are open or ended lately."""
    opened = Batch.objects.filter(state__in=(State.READY, State.PAUSED, State.RUNNING))
    ended = Batch.objects.filter(
        state__in=_ENDED, finished_at__gt=now - ENDED_AFTER, followers=None
    )
    batches = [*opened.only(*_COLUMNS), *ended.only(*_COLUMNS)]
    failed, unknown = _failed_rows(batches)
    problems = (
        _ended(batch, failed.get(batch.pk, 0) + unknown.get(batch.pk, 0))
        if batch.state in _ENDED
        else _open(batch, unknown.get(batch.pk, 0))
        for batch in batches
    )
    return [problem for problem in problems if problem]


def _failed_rows(batches: Iterable[Batch]) -> tuple[dict[object, int], dict[object, int]]:
    """How many rows of each batch failed, and of how many the outcome is unknown. One query, of an index alone."""
    rows = Write.objects.filter(batch__in=list(batches), state__in=_FAILED).order_by()
    is_unknown = Q(state=Write.State.UNKNOWN)
    counts = list(
        rows.values("batch").annotate(
            unknown=Count("pk", filter=is_unknown), failed=Count("pk", filter=~is_unknown)
        )
    )
    return (
        {row["batch"]: row["failed"] for row in counts},
        {row["batch"]: row["unknown"] for row in counts},
    )


def _open(batch: Batch, unknown: int) -> Problem | None:
    """A batch that waits for a person: to be started or resumed, or to decide about an outcome."""
    if batch.state == State.READY:
        return _problem(batch, "A batch is ready to start", "Look at it", batch.created_at)
    if batch.state == State.PAUSED:
        return _problem(batch, "A batch is paused", "See why", batch.started_at)
    if batch.halted == Halt.REFUSED:
        return _problem(
            batch, "A batch waits: Codat refuses its calls", "See why", batch.started_at
        )
    if unknown:
        title = f"A batch waits: {counted(unknown, 'outcome')} unknown"
        return _problem(batch, title, "Decide", batch.started_at, query="?state=unknown")
    return None


def _ended(batch: Batch, failed: int) -> Problem | None:
    if not failed:
        return None
    title = f"{counted(failed, 'row')} of a batch failed"
    return _problem(
        batch,
        title,
        f"See {counted(failed, 'row')}",
        batch.finished_at,
        query="?state=refused",
        kind="batch-failed",
        count=failed,
    )


def _problem(
    batch: Batch,
    title: str,
    label: str,
    since: datetime | None,
    *,
    query: str = "",
    kind: str = "batch",
    count: int = 1,
) -> Problem:
    detail = f"{batch.title}: {batch.message}" if batch.message else batch.title
    return Problem(
        key=key_of(kind, str(batch.pk)),
        kind=KINDS[kind],
        title=title,
        detail=detail,
        company_id=batch.company_id,
        company_name=batch.company_name,
        since=since or batch.created_at,
        latest=since or batch.created_at,
        count=count,
        action=Action(label, links.batch(batch.company_id, batch.pk) + query),
        # A batch has no time at which it was looked at, so it belongs to nobody after a day.
        authors=[Author(batch.user_id, since or batch.created_at)] if batch.user_id else [],
    )
