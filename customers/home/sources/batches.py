"""Problems of batches: those that wait for a person, and those that ended with rows that failed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef

from customers.formatting import counted
from customers.home.problem import KINDS, Action, Author, Problem, key_of
from customers.models import Approval, Batch, Write
from customers.web import links

State, Halt = Batch.State, Batch.Halt

# A batch that ended so long ago is no problem any more: its page still has its rows.
ENDED_AFTER = timedelta(days=30)
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
    unknown = Write.objects.filter(batch=OuterRef("pk"), state=Write.State.UNKNOWN)
    opened = Batch.objects.filter(state__in=(State.READY, State.PAUSED, State.RUNNING))
    # Each page asks this: whether a row is unknown is known from one, their number from thousands.
    # One that waits for a second person is no problem of its author's.
    waiting = Approval.objects.filter(batch=OuterRef("pk"), state=Approval.State.WAITING)
    opened = opened.only(*_COLUMNS).annotate(has_unknown=Exists(unknown)).exclude(Exists(waiting))
    followers = Batch.objects.filter(source=OuterRef("pk"))
    ended = list(
        Batch.objects.filter(state__in=_ENDED, finished_at__gt=now - ENDED_AFTER)
        .only(*_COLUMNS)
        .annotate(is_followed=Exists(followers))
    )
    rows = _rows(ended) if ended else {}
    problems = [_open(batch, has_unknown=batch.has_unknown) for batch in opened]
    for batch in ended:
        # A batch that tries again what failed leaves out what may have arrived.
        if not batch.is_followed:
            number = sum(rows.get((batch.pk, state), 0) for state in Write.FAILED_STATES)
            problems.append(_failed(batch, number))
        problems.append(_unknown(batch, rows.get((batch.pk, Write.State.UNKNOWN), 0)))
    return [problem for problem in problems if problem]


def _rows(batches: Iterable[Batch]) -> dict[tuple[object, str], int]:
    """How many rows of each batch failed, timed out, or have no known outcome. One query, of an index alone."""
    states = (*Write.FAILED_STATES, Write.State.UNKNOWN)
    rows = Write.objects.filter(batch__in=list(batches), state__in=states).order_by()
    counts = rows.values_list("batch", "state").annotate(Count("pk"))
    return {(batch, state): number for batch, state, number in counts}


def _open(batch: Batch, *, has_unknown: bool) -> Problem | None:
    """A batch that waits for a person: to be started or resumed, or to decide about an outcome."""
    if batch.state == State.READY:
        return _problem(batch, "A batch is ready to start", "Look at it", batch.created_at)
    if batch.state == State.PAUSED:
        return _problem(batch, "A batch is paused", "See why", batch.started_at)
    if batch.halted == Halt.REFUSED:
        return _problem(
            batch, "A batch waits: Codat refuses its calls", "See why", batch.started_at
        )
    if has_unknown:
        title = "A batch waits: outcomes are unknown"
        return _problem(batch, title, "Decide", batch.started_at, query="?state=unknown")
    return None


def _unknown(batch: Batch, number: int) -> Problem | None:
    """Rows of a batch that was cancelled before their outcome was known: a person decides about each."""
    if not number:
        return None
    verb = "is" if number == 1 else "are"
    title = f"{'The outcome' if number == 1 else 'The outcomes'} of {counted(number, 'row')} {verb} unknown"
    return _problem(batch, title, "Decide", batch.finished_at, query="?state=unknown", count=number)


def _failed(batch: Batch, failed: int) -> Problem | None:
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
        # A batch has no time at which it was looked at, so it has no owner after a day.
        authors=[Author(batch.user_id, since or batch.created_at)] if batch.user_id else [],
    )
