"""After success: sync Codat's copy, read the customer, and compare it with what was sent.

Codat's copy shows a written record only after the next sync, which is one for all changes of the company
(`company_sync.py`). A write is *confirmed* once all values that were sent were read back; fields that the integration
dropped or reformatted are listed. Pages, webhooks and `settle_writes` call `step` for one write; `reading_back.py`
confirms many of one company.
"""

from datetime import datetime
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
from customers.models import CompanySync, Write, WriteQuerySet
from customers.service import CustomerService
from customers.writes.confirming import company_sync
from customers.writes.diff import Difference, differences, not_cleared

Confirmation = Write.Confirmation

# A sync that began before the write ended may miss it, and integrations have delays: only after this many syncs the
# record is not found.
MAX_REFRESHES = 3
# Desktop software may be off for days. After this time there are no further syncs.
MAX_WAIT = company_sync.MAX_WAIT


def step(write: Write, service: CustomerService, *, at_once: bool = False) -> Write:
    """Take the next step of confirming a successful write. Raises CodatError.

    `at_once` polls the sync however recent its last poll is, because a person asks for it.
    """
    if write.state != Write.State.SUCCESS or write.confirmation != Confirmation.WAITING:
        return write
    asked_at = write.refresh_asked_at
    if asked_at and timezone.now() - asked_at > MAX_WAIT:
        finish(write, Confirmation.ABSENT)
        return write
    sync = company_sync.look(write.company_id, service, since=accepted_at(write), at_once=at_once)
    if not write.refresh_id:
        _join(write, sync, service)
        return write
    if sync.refresh_id == write.refresh_id:
        _update(write, refresh_progress=sync.progress, refresh_status=sync.status)
    if company_sync.has_ended(sync, write.refresh_id):
        record = read_customer(write, service)
        conclude(write, *judge(write, record))
    return write


def accepted_at(write: Write) -> datetime:
    """When a write was accepted, as far as is known."""
    return write.completed_at or write.created_at


def waiting_writes(company_id: str) -> WriteQuerySet:
    """The successful writes of a company that were not read back yet."""
    return Write.objects.pending(company_id).filter(
        state=Write.State.SUCCESS, confirmation=Confirmation.WAITING
    )


def _join(write: Write, sync: CompanySync, service: CustomerService) -> None:
    """Let a write wait for the running sync if that will read it, or ask for a sync if none is running."""
    if company_sync.can_be_joined(sync, accepted_at(write)):
        _update(write, **joining(sync))
    elif company_sync.may_ask(sync):
        ask(sync, service)
        write.refresh_from_db()


def ask(sync: CompanySync, service: CustomerService) -> None:
    """Ask for a sync, for which all writes of the company wait then. Raises CodatError.

    If Codat still refuses after `MAX_WAIT`, for example because the company was deleted, the writes are not found.
    """
    unasked = waiting_writes(sync.company_id).filter(refresh_id="")
    try:
        asked = company_sync.ask(sync, service)
    except ErrorResponse as error:
        temporary = isinstance(error, (Unauthorized, PaymentRequired, RateLimited, Unavailable))
        old = unasked.filter(completed_at__lt=timezone.now() - MAX_WAIT)
        if temporary or not old.update(**_finished(Confirmation.ABSENT)):
            raise
    else:
        if asked and sync.refresh_id:
            unasked.update(**joining(sync))


def joining(sync: CompanySync) -> dict[str, Any]:
    """The values of a write that waits for a sync."""
    return {
        "refresh_id": sync.refresh_id,
        "refresh_asked_at": sync.asked_at,
        "refresh_progress": sync.progress,
        "refresh_status": sync.status,
        "refreshes": F("refreshes") + 1,
    }


# What has to be done with a write that waits for another sync.
AGAIN: dict[str, Any] = {"refresh_id": "", "refresh_progress": None}


def judge(write: Write, record: Any) -> tuple[str, list[Difference]]:
    """What a record says that was read after the sync of a write: a `Confirmation`, and the differences.

    `record` is None where Codat's copy does not have the customer. WAITING stands for another sync.
    """
    if record is None:
        changed, stale = list[Difference](), True
    else:
        sent, before = write.sent_values, write.values_before
        changed = [*differences(sent, record), *not_cleared(before, sent, record)]
        # A copy that holds the values from before the write may not be refreshed yet.
        as_before = {name: value for name, value in before.items() if name in sent}
        stale = bool(changed) and bool(before) and not differences(as_before, record)
    if stale and write.refreshes < MAX_REFRESHES:
        return Confirmation.WAITING, []
    if stale and (record is None or refreshes.has_failed(write.refresh_status)):
        return Confirmation.ABSENT, []
    return (Confirmation.DIFFERS, changed) if changed else (Confirmation.CONFIRMED, [])


def conclude(write: Write, confirmation: str, differences: list[Difference]) -> None:
    """Record what `judge` found."""
    if confirmation == Confirmation.WAITING:
        _update(write, **AGAIN)
    else:
        finish(write, confirmation, differences=differences)


def read_customer(write: Write, service: CustomerService) -> Any:
    """The customer in Codat's copy, None where it is not there. Raises CodatError."""
    if not write.customer_id:
        return None
    try:
        return service.get(company_id=write.company_id, customer_id=write.customer_id)
    except (NotFound, NotSynced, UnaddressableId):
        return None


def finish(write: Write, confirmation: str, **values: Any) -> None:
    """Record the end of the confirmation of a write."""
    _update(write, **_finished(confirmation), **values)


def _finished(confirmation: str) -> dict[str, Any]:
    return {"confirmation": confirmation, "confirmed_at": timezone.now()}


def _update(write: Write, **values: Any) -> bool:
    """Update a row if it still waits for the same sync as when it was read; whether it was updated.

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
