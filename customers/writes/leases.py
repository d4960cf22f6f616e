"""Turns that one process at a time has: sending the batches of a company, a chore, being counted as a worker.

A lease is a row. It is taken by one conditional UPDATE, on the database's clock, so that processes on several hosts
agree about the time. A process that dies loses its leases when they end.
"""

import os
import socket
import uuid
from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.db.models.functions import Now

from customers.models import Lease

# The lease of a worker: this prefix and the worker's name. It lasts `ALIVE` from the last sign of life.
WORKER, ALIVE = "worker:", timedelta(seconds=20)
# The lease of a chore: this prefix and the chore's name.
CHORE = "chore:"
# Without a sign of life for this long, a page says that no worker is running. cron starts one every minute.
SEEN_LATELY = timedelta(minutes=2)
# Characters of the columns.
_MAX_NAME, _MAX_MESSAGE = 200, 1000


def new_holder() -> str:
    """A name for this process or thread that no other has: the host, the process, and a random part."""
    return f"{socket.gethostname()[:50]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def take(name: str, *, holder: str, lasts: timedelta) -> bool:
    """Take a lease that is due and free, has ended, or is the holder's own; whether it was taken."""
    name = name[:_MAX_NAME]
    free = Q(holder="") | Q(holder=holder) | Q(until__lt=Now())
    due = Q(due_at=None) | Q(due_at__lte=Now())
    rows = Lease.objects.filter(free, due, name=name)
    values = {"holder": holder, "until": Now() + lasts, "ran_at": Now()}
    if rows.update(**values):
        return True
    if Lease.objects.filter(name=name).exists():
        return False
    Lease.objects.bulk_create([Lease(name=name)], ignore_conflicts=True)
    return bool(rows.update(**values))


def renew(name: str, *, holder: str, lasts: timedelta, message: str | None = None) -> bool:
    """Extend a lease that the holder still has; False where it has ended or is another's.

    `message` replaces the stored one, None leaves it.
    """
    held = Lease.objects.filter(name=name[:_MAX_NAME], holder=holder, until__gte=Now())
    stored = {} if message is None else {"message": message[:_MAX_MESSAGE]}
    return bool(held.update(until=Now() + lasts, **stored))


def give_back(
    name: str,
    *,
    holder: str,
    due_in: timedelta | None = None,
    took_ms: int = 0,
    done: int = 0,
    failed: int = 0,
    message: str = "",
) -> None:
    """Return a lease, with what the turn did. `due_in` is when it is due again, None for immediately."""
    Lease.objects.filter(name=name[:_MAX_NAME], holder=holder).update(
        holder="",
        until=None,
        due_at=Now() + due_in if due_in is not None else None,
        took_ms=took_ms,
        done=done,
        failed=failed,
        message=message[:_MAX_MESSAGE],
    )


def drop(name: str, *, holder: str) -> None:
    """Delete a lease that the holder has: of a worker that ends."""
    Lease.objects.filter(name=name[:_MAX_NAME], holder=holder).delete()


def is_worker_alive() -> bool:
    """Whether a worker gave a sign of life lately, so that work may be left to it."""
    return Lease.objects.filter(name__startswith=WORKER, until__gte=Now()).exists()


def last_seen_worker() -> datetime | None:
    """When a worker last gave a sign of life; None where none is running, or the last one ended properly.

    Any page may ask: a batch that waits for a worker says how long ago one was seen.
    """
    until: datetime | None = Lease.objects.filter(name__startswith=WORKER).aggregate(
        until=Max("until")
    )["until"]
    return until - ALIVE if until else None


def last_worked() -> datetime | None:
    """When a worker last gave a sign of life or began a chore, also one that cron ran for a round; None for never."""
    ran_at = Lease.objects.filter(name__startswith=CHORE).aggregate(at=Max("ran_at"))["at"]
    return max(filter(None, (ran_at, last_seen_worker())), default=None)
