"""Tells people what became of their changes, batches and imports, and which connections broke. Work of the worker.

These facts are written by pages, webhook events and the worker, each by a conditional UPDATE. So they are read from
where they stand, and what was told is a row of `ToldCause`, written in one transaction with the messages: a fact is
told once, also where a worker dies or two work at the same time, and none is missed while no worker runs. What was
overcome before the worker looked is not told, and what its person has seen on a page is not, either.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from customers.formatting import thousands
from customers.models import Approval, Batch, BatchStep, CompanyState, Import, ToldCause, Write
from customers.notices.kinds import Kind
from customers.notices.people import owners, subscribers
from customers.notices.telling import tell
from customers.web import links

State, Confirmation, Halt = Write.State, Write.Confirmation, Batch.Halt

# The cause that says since when facts are told: what was earlier than this feature is not.
BEGAN = "began"
# What happened so long ago is not told any more; what was told is remembered for longer.
OLDEST, KEEP = timedelta(days=30), timedelta(days=90)
# A worker may settle an unknown outcome by itself, and a person may be about to go on with an import.
UNKNOWN_AFTER = IMPORT_AFTER = timedelta(minutes=5)
_LINKED, _PENDING = "Linked", "PendingAuth"
# Facts of each sort in one turn.
MAX_FACTS = 500

_FAILED = {
    State.FAILED: "A change was refused",
    State.TIMED_OUT: "A change timed out",
    State.UNKNOWN: "The outcome of a change is unknown",
}
_DIFFERENT = {
    Confirmation.DIFFERS: "A change came back different",
    Confirmation.ABSENT: "A changed customer was not found after the sync",
}
_NOT_APPROVED = Approval.State.RETURNED, Approval.State.EXPIRED, Approval.State.VOID
_HALTS = {
    Halt.QUOTA: "A batch waits: the day’s calls are used up",
    Halt.REFUSED: "A batch waits: Codat refuses the dashboard’s calls",
    Halt.UNKNOWN: "A batch waits: an outcome is unknown",
}
# Of the causes of these: the prefix, and the columns.
_HALTED = "batch-waits", "id", "halted"
_IMPORTS = {
    Import.State.UNREADABLE: "An import could not be read",
    Import.State.COLUMNS: "An import waits for its columns to be matched",
    Import.State.CHECKED: "An import was checked and waits for you",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that people are told, once: what `tell` needs."""

    kind: Kind
    cause: str
    company_id: str
    people: list[int | None]
    title: str
    link: str


def tell_facts(should_stop: Callable[[], bool], now: datetime | None = None) -> int:
    """Tell the facts that nobody was told yet; how many there were."""
    now = now or timezone.now()
    began = ToldCause.objects.filter(pk=BEGAN).first()
    since = max(began.at, now - OLDEST) if began else now - OLDEST
    done = 0
    for fact in _facts(since, now):
        if should_stop():
            break
        done += _tell(fact)
    return done


def delete_old() -> int:
    """Forget what was told so long ago that it is not looked at any more; how many.

    A batch that waits is looked at as long as it does, so what was told of it stays.
    """
    old = ToldCause.objects.filter(at__lt=timezone.now() - KEEP).exclude(pk=BEGAN)
    still = _named(_halted(), *_HALTED).filter(cause=OuterRef("pk"))
    return old.filter(~Exists(still)).delete()[0]


def _tell(fact: Fact) -> int:
    with transaction.atomic():
        _, is_new = ToldCause.objects.get_or_create(pk=fact.cause)
        if is_new:
            tell(
                fact.kind,
                cause=fact.cause,
                company_id=fact.company_id,
                people=fact.people,
                title=fact.title,
                link=fact.link,
            )
    return int(is_new)


def _facts(since: datetime, now: datetime) -> Iterator[Fact]:
    yield from _changes(since, now)
    yield from _ended_batches(since)
    yield from _waiting_batches(since)
    yield from _imports(since, now)
    yield from _connections(since)


def _untold(rows: "QuerySet[Any]", prefix: str, *parts: str) -> "QuerySet[Any]":
    """The rows that nobody was told of, each with its `cause`."""
    told = ToldCause.objects.filter(pk=OuterRef("cause"))
    return _named(rows, prefix, *parts).filter(~Exists(told))[:MAX_FACTS]


def _named(rows: "QuerySet[Any]", prefix: str, *parts: str) -> "QuerySet[Any]":
    """The rows, each with its `cause`: a prefix and the values of columns."""
    cause: list[Any] = [Value(prefix)]
    for part in parts:
        cause += [Value(":"), Cast(part, CharField())]
    named: QuerySet[Any] = rows.order_by().annotate(cause=Concat(*cause, output_field=CharField()))
    return named


def _changes(since: datetime, now: datetime) -> Iterator[Fact]:
    at = Coalesce("confirmed_at", "completed_at", "created_at")
    rows = Write.objects.filter(is_problem=1, seen_at=None).annotate(happened_at=at)
    rows = rows.filter(happened_at__gte=since)
    rows = rows.exclude(state=State.UNKNOWN, created_at__gt=now - UNKNOWN_AFTER)
    # Its author was told of the decision.
    rows = rows.exclude(approval__state__in=_NOT_APPROVED)
    for write in _untold(rows, "change", "id", "state", "confirmation"):
        failed = _FAILED.get(State(write.state))
        yield Fact(
            Kind.CHANGE_FAILED if failed else Kind.CHANGE_DIFFERENT,
            write.cause,
            write.company_id,
            [write.user_id],
            failed or _DIFFERENT[Confirmation(write.confirmation)],
            links.write(write.company_id, write.pk),
        )


def _ended_batches(since: datetime) -> Iterator[Fact]:
    ended = Batch.objects.filter(state=Batch.State.DONE, finished_at__gte=since)
    for batch in _untold(ended, "batch-finished", "id"):
        failed = Write.objects.filter(
            batch=batch.pk, state__in=(*Write.FAILED_STATES, State.UNKNOWN)
        ).count()
        rows = "1 failure" if failed == 1 else f"{thousands(failed)} failures"
        title = f"A batch finished with {rows}" if failed else "A batch finished"
        yield _of_batch(batch, batch.cause, title)


def _waiting_batches(since: datetime) -> Iterator[Fact]:
    """Batches that the worker paused, by the pause, and those that wait, by the reason: neither is told twice."""
    paused = BatchStep.objects.filter(
        batch__state=Batch.State.PAUSED,
        action=BatchStep.Action.PAUSE,
        user=None,
        at__gte=since,
    )
    for step in _untold(paused.select_related("batch"), "batch-paused", "id"):
        yield _of_batch(step.batch, step.cause, "A batch was paused")
    for batch in _untold(_halted(), *_HALTED):
        yield _of_batch(batch, batch.cause, _HALTS[Halt(batch.halted)])


def _halted() -> "QuerySet[Batch]":
    """The batches that wait for a reason which people are told, since whenever."""
    return Batch.objects.filter(state=Batch.State.RUNNING, halted__in=list(_HALTS))


def _of_batch(batch: Batch, cause: str, title: str) -> Fact:
    link = links.batch(batch.company_id, batch.pk)
    return Fact(Kind.BATCH, cause, batch.company_id, [batch.user_id], title, link)


def _imports(since: datetime, now: datetime) -> Iterator[Fact]:
    """Imports that nobody has gone on with, by their state."""
    waiting = Import.objects.filter(
        state__in=list(_IMPORTS), changed_at__gte=since, changed_at__lte=now - IMPORT_AFTER
    )
    for source in _untold(waiting, "import", "id", "state"):
        yield Fact(
            Kind.IMPORT,
            source.cause,
            source.company_id,
            [source.user_id],
            _IMPORTS[Import.State(source.state)],
            links.import_page(source.company_id, source.pk),
        )


def _connections(since: datetime) -> Iterator[Fact]:
    """Connections that were linked and are not any more, or have an error; not those that nobody has authorised yet."""
    well = Q(status=_LINKED, error="") | Q(status__in=("", _PENDING))
    broken = CompanyState.objects.filter(broken_at__gte=since).exclude(well)
    for state in _untold(broken, "connection", "company_id", "broken_at"):
        ours = owners(state.company_id)
        # The other people first: the cause without an ending says that all of them were told.
        for kind, cause, people in (
            (Kind.ANY_CONNECTION, f"{state.cause}:any", subscribers(Kind.ANY_CONNECTION) - ours),
            (Kind.CONNECTION, state.cause, ours),
        ):
            title = "A company’s connection broke"
            link = links.customers(state.company_id)
            yield Fact(kind, cause, state.company_id, list(people), title, link)
