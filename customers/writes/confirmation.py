"""After success: refresh Codat's copy, read the customer, and compare it with what was sent.

Codat keeps nothing of a write, and its copy shows a record only after the next refresh. A write is
*confirmed* once what was sent was read back; where the integration dropped or reformatted fields,
those are named. One step at a time: pages, webhooks and `settle_writes` all call `step`.
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

# A refresh that began before the write ended may miss it, and integrations have delays of their
# own: how many refreshes are awaited before the record counts as not found.
MOST_REFRESHES = 3
# After a refresh that failed another one is no better at once.
PAUSE = timedelta(minutes=1)
# Desktop software may be off for days; after that nobody waits for a refresh any more.
LASTS = timedelta(days=7)


def step(write: Write, service: CustomerService) -> Write:
    """Bring a successful write one step closer to being confirmed. Raises CodatError."""
    if write.state != Write.State.SUCCESS or write.confirmation != Confirmation.WAITING:
        return write
    asked_at = write.refresh_asked_at
    waited = timezone.now() - asked_at if asked_at else None
    if waited is not None and waited > LASTS:
        _save(write, confirmation=Confirmation.ABSENT, confirmed_at=timezone.now())
    elif not write.refresh_id:
        if waited is None or waited > PAUSE or not refreshes.has_failed(write.refresh_status):
            _join_refresh(write, service)
    else:
        _follow(write, service)
    return write


def _join_refresh(write: Write, service: CustomerService) -> None:
    """Queue a refresh of customers, or join the one that is running.

    Where Codat still refuses to after `LASTS`, say of a company that was deleted, nobody waits for one any more.
    """
    try:
        pull = service.refresh_customers(company_id=write.company_id)
    except ErrorResponse as error:
        waited = timezone.now() - (write.completed_at or write.created_at)
        if waited < LASTS or isinstance(
            error, (Unauthorized, PaymentRequired, RateLimited, Unavailable)
        ):
            raise
        _save(write, confirmation=Confirmation.ABSENT, confirmed_at=timezone.now())
        return
    _save(
        write,
        refresh_id=db_safe(pull.get("id"), 64),
        refresh_asked_at=timezone.now(),
        refresh_progress=refreshes.progress(pull) or 0,
        refresh_status=db_safe(pull.get("status"), 100),
        refreshes=F("refreshes") + 1,
    )


def _follow(write: Write, service: CustomerService) -> None:
    """See how far the awaited refresh is; once it is over, look whether the record has come."""
    try:
        pull = service.get_pull_operation(company_id=write.company_id, dataset_id=write.refresh_id)
    except NotFound:
        # Codat no longer knows of it: it is long over.
        pull = PullOperation(status="Complete", progress=100)
    progress, status = refreshes.progress(pull) or 0, db_safe(pull.get("status"), 100)
    still_awaited = _save(write, refresh_progress=progress, refresh_status=status)
    if still_awaited and refreshes.has_ended(pull):
        _compare(write, service, failed=refreshes.has_failed(write.refresh_status))


def _compare(write: Write, service: CustomerService, *, failed: bool) -> None:
    """The refresh is over: read the customer and say whether it holds what was sent."""
    record: Any = None
    if write.customer_id:
        try:
            record = service.get(company_id=write.company_id, customer_id=write.customer_id)
        except (NotFound, NotSynced, UnaddressableId):
            record = None
    sent, before = write.sent_values, write.values_before
    found = (
        [*differences(sent, record), *not_cleared(before, sent, record)]
        if record is not None
        else []
    )
    # Codat's copy holds the values from before the write: it may not have been refreshed yet.
    as_before = {name: value for name, value in before.items() if name in sent}
    stale = record is None or (bool(found) and bool(before) and not differences(as_before, record))
    if stale and write.refreshes < MOST_REFRESHES:
        _save(write, refresh_id="", refresh_progress=None)
    elif stale and (record is None or failed):
        _save(write, confirmation=Confirmation.ABSENT, confirmed_at=timezone.now())
    else:
        _save(
            write,
            confirmation=Confirmation.DIFFERS if found else Confirmation.CONFIRMED,
            confirmed_at=timezone.now(),
            differences=found,
        )


def _save(write: Write, **values: Any) -> bool:
    """Change a row that still waits for its confirmation, and for the same refresh as when it was read.

    Whether it did: of two at once the slower one must not forget the next refresh.
    """
    saved = Write.objects.filter(
        pk=write.pk,
        state=Write.State.SUCCESS,
        confirmation=Confirmation.WAITING,
        refresh_id=write.refresh_id,
        refreshes=write.refreshes,
    ).update(**values)
    write.refresh_from_db()
    return bool(saved)
