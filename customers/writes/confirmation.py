"""After success: sync Codat's copy, read the customer, and compare it with what was sent.

Codat's copy shows a written record only after the next refresh. A write is *confirmed* once all values that were sent
were read back; fields that the integration dropped or reformatted are listed. Pages, webhooks and `settle_writes` all
call `step`.
"""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from customers.codat import refreshes
from customers.codat.errors import (
    ErrorResponse,
    NotFound,
    NotSynced,
    PaymentRequired,
    RateLimited,
    UnaddressableId,
    Unauthorized,
    Unavailable,
)
from customers.codat.text import db_safe
from customers.codat.types import PullOperation
from customers.models import Write
from customers.service import CustomerService
from customers.writes.diff import differences, not_cleared

Confirmation = Write.Confirmation

# A refresh that began before the write ended may miss it, and integrations have delays: only after this many refreshes
# the record is not found.
MAX_REFRESHES = 3
# The pause after a failed refresh before another one is queued.
RETRY_PAUSE = timedelta(minutes=1)
# Desktop software may be off for days. After this time there are no further refreshes.
MAX_WAIT = timedelta(days=7)


def step(write: Write, service: CustomerService) -> Write:
    """Take the next step of confirming a successful write. Raises CodatError."""
    if write.state != Write.State.SUCCESS or write.confirmation != Confirmation.WAITING:
        return write
    asked_at = write.refresh_asked_at
    waited = timezone.now() - asked_at if asked_at else None
    if waited is not None and waited > MAX_WAIT:
        _finish(write, Confirmation.ABSENT)
    elif not write.refresh_id:
        last_failed = refreshes.has_failed(write.refresh_status)
        if waited is None or waited > RETRY_PAUSE or not last_failed:
            _start_refresh(write, service)
    else:
        _follow_refresh(write, service)
    return write


def _start_refresh(write: Write, service: CustomerService) -> None:
    """Queue a refresh of customers, or use the running one.

    If Codat still refuses after `MAX_WAIT`, for example because the company was deleted, the write is not found.
    """
    try:
        pull = service.refresh_customers(company_id=write.company_id)
    except ErrorResponse as error:
        waited = timezone.now() - (write.completed_at or write.created_at)
        temporary = isinstance(error, (Unauthorized, PaymentRequired, RateLimited, Unavailable))
        if temporary or waited < MAX_WAIT:
            raise
        _finish(write, Confirmation.ABSENT)
        return
    _update(
        write,
        refresh_id=db_safe(pull.get("id"), 64),
        refresh_asked_at=timezone.now(),
        refresh_progress=refreshes.progress(pull) or 0,
        refresh_status=db_safe(pull.get("status"), 100),
        refreshes=F("refreshes") + 1,
    )


def _follow_refresh(write: Write, service: CustomerService) -> None:
    """Record the progress of the refresh; once it has ended, compare."""
    try:
        pull = service.get_pull_operation(company_id=write.company_id, dataset_id=write.refresh_id)
    except NotFound:
        # Codat has deleted the pull operation, so it has ended.
        pull = PullOperation(status="Complete", progress=100)
    progress, status = refreshes.progress(pull) or 0, db_safe(pull.get("status"), 100)
    updated = _update(write, refresh_progress=progress, refresh_status=status)
    if updated and refreshes.has_ended(pull):
        # The cached company has the time of its last sync.
        service.expire_company(company_id=write.company_id)
        _compare(write, service, failed=refreshes.has_failed(write.refresh_status))


def _compare(write: Write, service: CustomerService, *, failed: bool) -> None:
    """Read the customer after a refresh and compare it with what was sent."""
    record = _read_customer(write, service)
    if record is None:
        changed, stale = [], True
    else:
        sent, before = write.sent_values, write.values_before
        changed = [*differences(sent, record), *not_cleared(before, sent, record)]
        # A copy that holds the values from before the write may not be refreshed yet.
        as_before = {name: value for name, value in before.items() if name in sent}
        stale = bool(changed) and bool(before) and not differences(as_before, record)
    if stale and write.refreshes < MAX_REFRESHES:
        _update(write, refresh_id="", refresh_progress=None)
    elif stale and (record is None or failed):
        _finish(write, Confirmation.ABSENT)
    elif changed:
        _finish(write, Confirmation.DIFFERS, differences=changed)
    else:
        _finish(write, Confirmation.CONFIRMED)


def _read_customer(write: Write, service: CustomerService) -> Any:
    """The customer in Codat's copy, None where it is not there."""
    if not write.customer_id:
        return None
    try:
        return service.get(company_id=write.company_id, customer_id=write.customer_id)
    except (NotFound, NotSynced, UnaddressableId):
        return None


def _finish(write: Write, confirmation: Write.Confirmation, **values: Any) -> None:
    _update(write, confirmation=confirmation, confirmed_at=timezone.now(), **values)


def _update(write: Write, **values: Any) -> bool:
    """Update a row if it still waits for the same refresh as when it was read; whether it was updated.

    Of two concurrent processes, the slower one must not undo the step of the other.
    """
    updated = Write.objects.filter(
        pk=write.pk,
        state=Write.State.SUCCESS,
        confirmation=Confirmation.WAITING,
        refresh_id=write.refresh_id,
        refreshes=write.refreshes,
    ).update(**values)
    write.refresh_from_db()
    return bool(updated)
