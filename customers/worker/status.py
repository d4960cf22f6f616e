"""What the workers do, for the page of the administrators: who is alive, when each chore ran, what waits how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import simplejson
from django.db.models import Count, Min
from django.db.models.functions import Now
from django.utils import timezone

from customers.models import Batch, Import, IndexedCompany, Lease, Write
from customers.notices.sending import Outbox, outbox
from customers.worker.chores import CHORES, Chore
from customers.worker.slices import INDEX, KINDS
from customers.writes import tracking
from customers.writes.leases import ALIVE, SEEN_LATELY, WORKER, last_worked

# Pending changes that are looked at for the one that is due for the longest time.
MAX_PENDING = 500
# What says whether a change is due: not its values, since the page asks every five seconds.
_OF_DUE = (
    "state",
    "confirmation",
    "created_at",
    "sent_at",
    "checked_at",
    "completed_at",
    "batch",
    "company_id",
)


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A worker. `doing` are sentences without a full stop; `error` is its last error, "" for none."""

    name: str
    since: datetime | None
    seen: datetime | None
    is_alive: bool
    doing: list[str]
    error: str
    error_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChoreStatus:
    """A chore and its last run; `lease` is None where it never ran.

    `is_waiting` until its time has come; then it is due where there is something to do.
    """

    chore: Chore
    lease: Lease | None
    is_running: bool
    is_waiting: bool
    is_due: bool


@dataclass(frozen=True, slots=True)
class Lag:
    """What waits: queued rows of running batches, and changes that ought to have been checked by now.

    `has_more` where more changes are pending than were looked at, so that more may be due.
    """

    queued: int
    oldest_queued: datetime | None
    due: int
    oldest_due: datetime | None
    has_more: bool


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, at one moment of the database's clock."""

    workers: list[WorkerStatus]
    chores: list[ChoreStatus]
    lag: Lag
    outbox: Outbox
    worked_lately: bool

    @property
    def has_worker(self) -> bool:
        """Whether a worker is alive, or cron has run a round lately."""
        return self.worked_lately or any(worker.is_alive for worker in self.workers)


def status() -> Status:
    """What the workers do now."""
    # Not those of the index that nobody has: each company has one.
    leases = list(Lease.objects.exclude(name__startswith=INDEX, holder="").annotate(now=Now()))
    by_name = {lease.name: lease for lease in leases}
    now = leases[0].now if leases else timezone.now()
    running = [lease for lease in leases if lease.holder and lease.until and lease.until >= now]
    worked = last_worked()
    return Status(
        workers=[_worker(lease, running, now) for lease in leases if lease.name.startswith(WORKER)],
        chores=[_chore(chore, by_name.get(chore.lease), now) for chore in CHORES],
        lag=_lag(),
        outbox=outbox(),
        worked_lately=worked is not None and now - worked <= SEEN_LATELY,
    )


def _worker(lease: Lease, running: Sequence[Lease], now: datetime) -> WorkerStatus:
    name = lease.name.removeprefix(WORKER)
    error = _error(lease.message)
    return WorkerStatus(
        name=name,
        since=lease.ran_at,
        seen=lease.until - ALIVE if lease.until else None,
        is_alive=lease.until is not None and lease.until >= now,
        # The threads of a worker have its name and their own.
        doing=[_doing(held) for held in running if held.holder.startswith(f"{name}/")],
        error=f"{error.get('what')}: {error.get('error')}" if error else "",
        error_at=datetime.fromisoformat(error["at"]) if error else None,
    )


def _error(text: str) -> dict[str, Any]:
    """The last error as `loop.py` stores it, {} for none. The column holds at most 1,000 characters."""
    try:
        error = simplejson.loads(text)
        return error if isinstance(error, dict) else {}
    except ValueError:
        return {}


def _doing(lease: Lease) -> str:
    """What a turn is for."""
    for chore in CHORES:
        if lease.name == chore.lease:
            return chore.label
    for kind in KINDS:
        if lease.name.startswith(kind.prefix):
            company_id = lease.name.removeprefix(kind.prefix)
            return f"{kind.label} of {_company_name(company_id)}"
    return lease.name


def _company_name(company_id: str) -> str:
    """The name of a company that is in the index or has a batch or an import, else its ID."""
    indexed = IndexedCompany.objects.filter(company_id=company_id).first()
    if indexed is not None and indexed.name:
        return indexed.name
    batch = Batch.objects.filter(company_id=company_id).first()
    job = batch or Import.objects.filter(company_id=company_id).first()
    return job.company_name if job else company_id


def _chore(chore: Chore, lease: Lease | None, now: datetime) -> ChoreStatus:
    is_running = bool(lease and lease.holder and lease.until and lease.until >= now)
    is_waiting = lease is not None and lease.due_at is not None and lease.due_at > now
    return ChoreStatus(
        chore=chore,
        lease=lease,
        is_running=is_running,
        is_waiting=is_waiting,
        is_due=not (is_waiting or is_running) and chore.is_wanted(),
    )


def _lag() -> Lag:
    queued = Write.objects.filter(state=Write.State.QUEUED, batch__state=Batch.State.RUNNING)
    waiting = queued.aggregate(number=Count("pk"), oldest=Min("created_at"))
    pending = Write.objects.filter(is_pending=1).only(*_OF_DUE).order_by("checked_at")
    looked_at = list(pending[:MAX_PENDING])
    due = [write for write in looked_at if tracking.is_due(write)]
    since = [write.checked_at or write.sent_at or write.created_at for write in due]
    return Lag(
        queued=waiting["number"],
        oldest_queued=waiting["oldest"],
        due=len(due),
        oldest_due=min(since, default=None),
        has_more=len(looked_at) == MAX_PENDING,
    )
