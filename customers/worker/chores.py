"""The periodic work: a table of chores, each run by one worker at a time, and how one of them is run.

A chore's lease says when it is due. It is run by whichever worker takes the lease. One that dies meanwhile loses it,
and the next one runs the chore again, so every chore can be repeated. A chore that was missed is due at once.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from customers.approvals import deciding, sending_approved
from customers.audit import chains
from customers.batches import states
from customers.home import day_counts, notes, reading, syncing
from customers.home.problems import problems
from customers.index import rechecking, store
from customers.models import Approval, Batch, IndexedWord, Lease, WebhookEvent, Write
from customers.notices import digests, facts, following, inbox, sending
from customers.quality import comparing
from customers.service import CustomerService
from customers.worker import forgetting
from customers.worker.turns import ShouldStop, Turn, Turns
from customers.writes import background
from customers.writes.leases import CHORE

State = Write.State

# A chore that ended with an error is due again after its interval, within these bounds.
SHORTEST_RETRY, LONGEST_RETRY = timedelta(seconds=10), timedelta(minutes=10)
DAILY = timedelta(days=1)
COMPANY_EVENTS = "company-events"
# Between two looks for a chore; and how much after its interval the next look is, so that it is due then.
SHORTEST_LOOK, LONGEST_LOOK = timedelta(seconds=0.9), timedelta(minutes=1)
MARGIN = timedelta(milliseconds=50)

Counts = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Chore:
    """One kind of periodic work. `label` is what it does, for people.

    `run` returns how many rows were done, and how many failed; it ends early where the function that it gets says so.
    `is_wanted` is a cheap look whether there is anything to do.
    """

    name: str
    label: str
    interval: timedelta
    run: Callable[[CustomerService, ShouldStop], Counts]
    is_wanted: Callable[[], bool] = lambda: True

    @property
    def lease(self) -> str:
        """The name of its lease."""
        return f"{CHORE}{self.name}"


def _is_pending(*states: str) -> Callable[[], bool]:
    return lambda: Write.objects.filter(state__in=states, is_pending=1).exists()


def _has_events() -> bool:
    oldest = timezone.now() - background.MAX_EVENT_AGE
    return WebhookEvent.objects.filter(processed_at=None, received_at__gt=oldest).exists()


def _has_open_batches() -> bool:
    return Batch.objects.filter(state=Batch.State.RUNNING).exists() or _left_queued().exists()


def _left_queued() -> "QuerySet[Write]":
    """Queued rows of cancelled batches: the process that cancelled them died before it ended these."""
    return Write.objects.filter(batch__state=Batch.State.CANCELLED, state=State.QUEUED)


def _journal(
    part: Callable[..., background.Turn],
) -> Callable[[CustomerService, ShouldStop], Counts]:
    """A part of the background work on the journal as a chore."""

    def run(service: CustomerService, should_stop: ShouldStop) -> Counts:
        turn = part(service, should_stop=should_stop)
        return turn.done, turn.failed

    return run


def _finish_batches(_: CustomerService, __: ShouldStop) -> Counts:
    """End the batches of which nothing is left to do, and the queued rows of cancelled ones."""
    cancelled = Batch.objects.filter(pk__in=_left_queued().values("batch"))
    done = sum(states.end_queued(batch) for batch in cancelled)
    running = Batch.objects.filter(state=Batch.State.RUNNING)
    return done + sum(states.finish(batch) for batch in running), 0


def _expire_approvals(_: CustomerService, __: ShouldStop) -> Counts:
    return deciding.expire_due(), 0


def _has_waiting_approvals() -> bool:
    return Approval.objects.filter(state=Approval.State.WAITING).exists()


def _forget(_: CustomerService, __: ShouldStop) -> Counts:
    counts = (
        forgetting.forget_values(),
        forgetting.delete_drafts(),
        forgetting.delete_events(),
        forgetting.delete_unstarted_batches(),
        forgetting.forget_imports(),
        forgetting.forget_searches(),
        inbox.delete_old(),
        sending.delete_old(),
        facts.delete_old(),
        comparing.forget(),
    )
    return sum(counts), 0


def _chain_audit(_: CustomerService, should_stop: ShouldStop) -> Counts:
    return chains.extend(should_stop), 0


def _forget_audit(_: CustomerService, __: ShouldStop) -> Counts:
    return chains.forget_old(), 0


def _tidy_index(_: CustomerService, __: ShouldStop) -> Counts:
    """Delete the words of names that no customer has any more, and make lookups quick again."""
    done = store.forget_words()
    store.tidy()
    return done, 0


def _recheck(_: CustomerService, should_stop: ShouldStop) -> Counts:
    return rechecking.recheck(should_stop), 0


def _compare(_: CustomerService, should_stop: ShouldStop) -> Counts:
    return comparing.work(should_stop), 0


def _end_sessions(_: CustomerService, __: ShouldStop) -> Counts:
    forgetting.delete_sessions()
    return forgetting.delete_lost_workers(), 0


def _read_companies(service: CustomerService, should_stop: ShouldStop) -> Counts:
    return reading.read_all(service, should_stop), 0


def _read_company_events(service: CustomerService, should_stop: ShouldStop) -> Counts:
    return reading.read_events(service, should_stop), 0


def _has_company_events() -> bool:
    lease = Lease.objects.filter(name=f"{CHORE}{COMPANY_EVENTS}").first()
    return reading.has_events(lease.ran_at if lease else None)


def _sync(service: CustomerService, should_stop: ShouldStop) -> Counts:
    return syncing.work(service, should_stop), 0


def _keep_problems(service: CustomerService, _: ShouldStop) -> Counts:
    return notes.keep(problems(service.quota())), 0


def _count_days(_: CustomerService, __: ShouldStop) -> Counts:
    return day_counts.count(), 0


def _tell_facts(_: CustomerService, should_stop: ShouldStop) -> Counts:
    return facts.tell_facts(should_stop), 0


def _send_messages(_: CustomerService, should_stop: ShouldStop) -> Counts:
    return sending.send_due(should_stop)


def _put_digests(_: CustomerService, __: ShouldStop) -> Counts:
    return digests.put_digests(), 0


def _follow_notices(_: CustomerService, should_stop: ShouldStop) -> Counts:
    return following.follow(should_stop), 0


def _seconds(number: int) -> timedelta:
    return timedelta(seconds=number)


# The more urgent ones first.
CHORES: tuple[Chore, ...] = (
    Chore(
        "events",
        "Process Codat’s events",
        _seconds(1),
        _journal(background.events_due),
        _has_events,
    ),
    Chore(
        "follow",
        "Follow sent changes",
        _seconds(5),
        _journal(background.follow_due),
        _is_pending(State.PENDING),
    ),
    Chore(
        "confirm",
        "Confirm accepted changes",
        _seconds(5),
        _journal(background.confirm_due),
        _is_pending(State.SUCCESS),
    ),
    Chore(
        "approved",
        "Send approved changes",
        _seconds(5),
        sending_approved.send_queued,
        sending_approved.has_queued,
    ),
    Chore(
        "approvals",
        "End requests for approval that have expired",
        _seconds(300),
        _expire_approvals,
        _has_waiting_approvals,
    ),
    Chore("batches", "Finish batches", _seconds(5), _finish_batches, _has_open_batches),
    Chore(
        "settle",
        "Settle interrupted and unknown changes",
        _seconds(60),
        _journal(background.settle_due),
        _is_pending(State.SENDING, State.UNKNOWN),
    ),
    Chore(
        COMPANY_EVENTS,
        "Take over events about companies",
        _seconds(5),
        _read_company_events,
        _has_company_events,
    ),
    Chore("syncs", "Sync companies for people", _seconds(5), _sync, syncing.has_work),
    # Both look at all that there is, also where nothing happened: of 10,000 companies a quarter of a second.
    Chore("problems", "Record which problems began and ended", _seconds(60), _keep_problems),
    Chore("tell", "Tell people what happened", _seconds(15), _tell_facts),
    Chore(
        "send", "Send mail and messages to channels", _seconds(2), _send_messages, sending.has_work
    ),
    Chore("digests", "Make daily digests", _seconds(60), _put_digests, digests.has_work),
    Chore(
        "follow-up",
        "Tell others what nobody has read",
        _seconds(600),
        _follow_notices,
        following.has_work,
    ),
    Chore("company-states", "Read companies and their connections", _seconds(600), _read_companies),
    Chore("day-counts", "Count changes by day", _seconds(300), _count_days),
    Chore(
        "index",
        "Tidy the index of customers",
        DAILY,
        _tidy_index,
        IndexedWord.objects.exists,
    ),
    Chore(
        "rules",
        "Check customers again by new rules",
        _seconds(60),
        _recheck,
        rechecking.is_wanted,
    ),
    Chore(
        "duplicates",
        "Compare customers that were read, for duplicates",
        _seconds(30),
        _compare,
        comparing.is_wanted,
    ),
    Chore("forget", "Delete old values, drafts, events, imports and messages", DAILY, _forget),
    Chore("audit", "Chain the audit’s entries", _seconds(5), _chain_audit, chains.has_new),
    Chore("forget-audit", "Delete old entries of the audit", DAILY, _forget_audit),
    Chore("sessions", "Delete expired sessions", DAILY, _end_sessions),
)


def due(table: Iterable[Chore]) -> list[Chore]:
    """The chores that have something to do, that are due, and that nobody runs."""
    return [chore for chore in table if chore.is_wanted() and _is_free(chore)]


def _is_free(chore: Chore) -> bool:
    is_taken = ~Q(holder="") & Q(until__gte=Now())
    return not Lease.objects.filter(Q(due_at__gt=Now()) | is_taken, name=chore.lease).exists()


class Looks:
    """When each chore is looked for next in this process: an idle worker asks the database little.

    Twice in a chore's interval, though at most every second and at least every minute. Its threads share the looks.
    """

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, chore: Chore) -> bool:
        """Whether it is time to look for a chore; then this thread does."""
        pause = min(max(chore.interval / 2, SHORTEST_LOOK), LONGEST_LOOK)
        with self._lock:
            now = time.monotonic()
            if now < self._next.get(chore.name, now):
                return False
            self._next[chore.name] = now + pause.total_seconds()
            return True

    def ran(self, chore: Chore) -> None:
        """A chore has run: it is looked for when it is due again."""
        pause = min(chore.interval, LONGEST_LOOK) + MARGIN
        with self._lock:
            self._next[chore.name] = time.monotonic() + pause.total_seconds()


def run(
    chore: Chore,
    service: CustomerService,
    turns: Turns,
    *,
    holder: str,
    should_stop: ShouldStop = lambda: False,
) -> Turn | None:
    """Run a chore, unless another thread or process does; what it did."""

    def work(turn: Turn) -> None:
        turn.due_in = min(max(chore.interval, SHORTEST_RETRY), LONGEST_RETRY)
        turn.done, turn.failed = chore.run(service, lambda: turn.is_lost or should_stop())
        turn.due_in = chore.interval

    return turns.run(chore.lease, work, holder=holder)
