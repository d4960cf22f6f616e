"""The sync of a company's customers: one row, and one pull operation at Codat, for all changes that wait for it.

    never asked ──> being asked ──> running ──> ended ──> being asked ──> ...
                        └──> ended                        (Codat refused)

Whoever wants a sync (a page, an event, `settle_writes`, the worker) joins the running one, or claims the row by one
conditional UPDATE and asks Codat. Polls are claimed in the same way: one for each interval, however many want to know.
An event ends a sync without a poll.
"""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from customers.codat import refreshes
from customers.codat.errors import CodatError, NotFound
from customers.codat.text import db_safe
from customers.codat.types import PullOperation
from customers.models import CompanyState, CompanySync, IndexedCompany
from customers.service import CustomerService
from customers.writes import polling

# Longer than a call takes: after it, the process that asked is assumed dead.
_ASKING_LASTS = timedelta(minutes=2)
# Desktop software may be off for days. A sync that has not ended after this time is given up.
MAX_WAIT = timedelta(days=7)
# The pause after a failed sync before another one is asked for.
RETRY_PAUSE = timedelta(minutes=1)
# In these states Codat has not begun to read the accounting software.
_NOT_READING = ("Initial", "Queued")
# The difference between the clocks of this machine and Codat at which an event still ends a sync.
_EVENT_SKEW = timedelta(seconds=10)


def current(company_id: str) -> CompanySync:
    """The row of a company."""
    sync = CompanySync.objects.filter(pk=company_id).first()
    if sync is None:
        CompanySync.objects.bulk_create([CompanySync(pk=company_id)], ignore_conflicts=True)
        sync = CompanySync.objects.get(pk=company_id)
    return sync


def is_running(sync: CompanySync) -> bool:
    """Whether Codat is reading, or has been asked to, as far as is known."""
    if sync.asked_at is None or sync.ended_at is not None:
        return False
    return timezone.now() - sync.asked_at < (MAX_WAIT if sync.refresh_id else _ASKING_LASTS)


def has_ended(sync: CompanySync, refresh_id: str) -> bool:
    """Whether a pull operation that was the company's has ended: it did, or another one followed."""
    return sync.refresh_id != refresh_id or not is_running(sync)


def can_be_joined(sync: CompanySync, completed_at: datetime) -> bool:
    """Whether a running sync will read what was written by `completed_at`."""
    if not (is_running(sync) and sync.refresh_id and sync.asked_at):
        return False
    return sync.asked_at >= completed_at or sync.status in _NOT_READING


def may_ask(sync: CompanySync) -> bool:
    """Whether another sync may be asked for: none is running, and none failed a moment ago."""
    if is_running(sync):
        return False
    failed = refreshes.has_failed(sync.status)
    return not (failed and sync.asked_at and timezone.now() - sync.asked_at <= RETRY_PAUSE)


def look(
    company_id: str, service: CustomerService, *, since: datetime, at_once: bool = False
) -> CompanySync:
    """The company's sync, after a poll if it is running and one is due, or `at_once`. Raises CodatError.

    `since` is when the newest change that waits for it was accepted: somebody may be looking at it.
    """
    sync = current(company_id)
    if is_running(sync) and sync.refresh_id and (at_once or _is_due(sync, since)):
        _poll(sync, service)
    return sync


def ask(sync: CompanySync, service: CustomerService) -> bool:
    """Ask Codat for a sync; False where another process has done so since the row was read. Raises CodatError."""
    asked_at = timezone.now()
    unchanged = CompanySync.objects.filter(
        pk=sync.pk, asked_at=sync.asked_at, refresh_id=sync.refresh_id, ended_at=sync.ended_at
    )
    claimed = unchanged.update(
        refresh_id="",
        asked_at=asked_at,
        ended_at=None,
        progress=0,
        status="",
        checks=0,
        checked_at=None,
    )
    if claimed:
        asking = CompanySync.objects.filter(pk=sync.pk, asked_at=asked_at, refresh_id="")
        try:
            pull = service.refresh_customers(company_id=sync.company_id)
        except CodatError:
            asking.update(ended_at=timezone.now())
            raise
        asking.update(refresh_id=db_safe(pull.get("id"), 64), **_values(pull))
    sync.refresh_from_db()
    return bool(claimed)


def end_by_event(company_id: str, *, status: str, at: datetime) -> bool:
    """End a running sync with the contents of an event that Codat sent at a time; whether one ended."""
    running = CompanySync.objects.filter(
        pk=company_id, ended_at=None, asked_at__lte=at + _EVENT_SKEW
    )
    return bool(
        running.exclude(refresh_id="").update(
            status=db_safe(status, 100), progress=100, ended_at=timezone.now()
        )
    )


def _is_due(sync: CompanySync, since: datetime) -> bool:
    now = timezone.now()
    asked_at = sync.asked_at or now
    age = now - max(asked_at, since)
    return polling.is_over(sync.checked_at or asked_at, age, sync.company_id, now)


def _poll(sync: CompanySync, service: CustomerService) -> None:
    """Read how far the sync is, unless another process has done so since the row was read."""
    running = CompanySync.objects.filter(pk=sync.pk, refresh_id=sync.refresh_id, ended_at=None)
    claimed = running.filter(checks=sync.checks).update(
        checks=F("checks") + 1, checked_at=timezone.now()
    )
    if claimed:
        try:
            pull = service.get_pull_operation(
                company_id=sync.company_id, dataset_id=sync.refresh_id
            )
        except NotFound:
            # Codat has deleted the pull operation, so it has ended.
            pull = PullOperation(status="Complete", progress=100)
        if running.update(**_values(pull)) and refreshes.has_ended(pull):
            # The cached company has the time of its last sync, and the index the customers before it.
            service.expire_company(company_id=sync.company_id)
            if not refreshes.has_failed(str(pull.get("status") or "")):
                CompanyState.synced(sync.company_id, timezone.now())
            IndexedCompany.objects.make_due(sync.company_id)
    sync.refresh_from_db()


def _values(pull: PullOperation) -> dict[str, object]:
    return {
        "progress": refreshes.progress(pull) or 0,
        "status": db_safe(pull.get("status"), 100),
        "ended_at": timezone.now() if refreshes.has_ended(pull) else None,
    }


def waits_for(sync: CompanySync) -> Q:
    """The writes whose awaited sync has not ended, as a condition."""
    return Q(refresh_id=sync.refresh_id) if is_running(sync) and sync.refresh_id else Q(pk__in=[])
