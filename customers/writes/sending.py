"""Sends a journaled write to Codat, once."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from customers.codat.errors import CodatError, NotAttempted
from customers.codat.types import PushOperation
from customers.models import WebhookEvent, Write
from customers.service import CustomerService
from customers.writes.approving import gate
from customers.writes.approving.gate import NotApproved
from customers.writes.journal import apply_error, apply_result
from customers.writes.recording import record

State = Write.State

# Longer than the client's deadline: after it, the sending process is assumed dead.
SENDING_TIMEOUT = timedelta(seconds=max(120.0, 2 * settings.CODAT_PAGE_DEADLINE))


def send(write: Write, service: CustomerService) -> Write:
    """Send a journaled write, once: the process that sets `sent_at` is the one that sends.

    Never raises CodatError: the row's state holds the outcome.
    """
    claimed = Write.objects.filter(pk=write.pk, state=State.SENDING, sent_at=None).update(
        sent_at=timezone.now(), attempts=1
    )
    write.refresh_from_db()
    return dispatch(write, service) if claimed else write


def claim_queued(write: Write) -> bool:
    """Claim a change that was approved, for `dispatch`; whether this process is the one that sends it."""
    queued = Write.objects.filter(pk=write.pk, state=State.QUEUED, batch=None)
    claimed = queued.update(state=State.SENDING, sent_at=timezone.now(), attempts=1)
    write.refresh_from_db()
    return bool(claimed)


def dispatch(write: Write, service: CustomerService) -> Write:
    """Call Codat and record the result. The caller has claimed the row. Never raises CodatError."""
    try:
        operation = call_codat(write, service)
    except CodatError as error:
        if isinstance(error, (NotAttempted, NotApproved)) and write.attempts > 1:
            return _without_this_attempt(write)
        return apply_error(write, error)
    apply_result(write, operation, by=Write.SettledBy.ANSWER)
    if write.state == State.PENDING and not write.batch_id and _has_event(write):
        try:
            operation = service.get_push_operation(
                company_id=write.company_id, push_operation_key=write.push_operation_key
            )
        except CodatError:
            return write  # Tracked like any other pending write.
        apply_result(write, operation, by=Write.SettledBy.WEBHOOK)
    return write


def call_codat(write: Write, service: CustomerService) -> PushOperation:
    """The call that sends a write: every way to Codat ends here. The caller has claimed it, and records the result.

    Raises NotApproved where it needs the approval of a second person and has none, and CodatError.
    """
    gate.check(write, service)
    if write.kind == Write.Kind.CREATE:
        return service.create(
            company_id=write.company_id,
            connection_id=write.connection_id,
            payload=write.payload,
            idempotency_key=str(write.idempotency_key),
            timeout_in_minutes=write.timeout_in_minutes,
        )
    return service.update(
        company_id=write.company_id,
        connection_id=write.connection_id,
        customer_id=write.customer_id,
        payload=write.payload,
        timeout_in_minutes=write.timeout_in_minutes,
        force_update=write.force_update,
    )


def _without_this_attempt(write: Write) -> Write:
    """Revert the count of a repeat that was not sent, which says nothing about the first attempt."""
    this_attempt = Write.objects.filter(pk=write.pk, attempts=write.attempts)
    before = write.attempts - 1
    record(
        lambda: this_attempt.update(attempts=before),
        what=f"write {write.pk}: {before} attempts",
    )
    write.refresh_from_db()
    return write


def _has_event(write: Write) -> bool:
    """Whether an event about a write arrived before its response, when no row had its key."""
    return WebhookEvent.objects.filter(
        received_at__gte=write.sent_at, body__contains=write.push_operation_key
    ).exists()
