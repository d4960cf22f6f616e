"""Sending a change that was approved: at once by the approver's request, or by the worker where that one died."""

from collections.abc import Callable, Iterator

from django.db.models import QuerySet
from django.utils import timezone

from customers.audit import recording as audit
from customers.codat.errors import CodatError
from customers.codat.http.quota import background
from customers.codat.text import folded_name
from customers.editing.unchanged import Reading, read_now
from customers.models import Approval, AuditEntry, Write
from customers.service import CustomerService
from customers.writes.approving.people import may_change
from customers.writes.approving.telling import tell_of_lost_approval
from customers.writes.save_lock import customer_lock, name_lock, save_lock
from customers.writes.sending import claim_queued, dispatch
from customers.writes.showing.pending import being_sent

State = Write.State

# Changes of one turn of the worker.
LIMIT = 100


def send_approved(write: Write, service: CustomerService, reading: Reading | None = None) -> None:
    """Send an approved change that is queued, once; void its approval where the customer has changed meanwhile,
    or its author may not change it any more.

    `reading` is a read of the customer a moment ago. While another change of the customer is being sent, it stays
    queued. Raises CodatError where the customer cannot be read.
    """
    reading = reading or read_now(write, service)
    with save_lock(*locks_of(write)):
        write.refresh_from_db()
        if write.state != State.QUEUED:
            return
        if _is_overtaken(write):
            return
        if not may_change(write.user, write.company_id):
            _void(write, lost_sentence(write), "you may not change customers any more")
            return
        reason = reading.reason(write)
        if reason:
            gone = "the customer is no longer in Codat"
            _void(write, reason, gone if reading.is_missing else "the customer has changed")
            return
        is_claimed = claim_queued(write)
    if is_claimed:
        dispatch(write, service)


def lost_sentence(write: Write) -> str:
    """What is said of a change whose author may not change it any more."""
    return f"{write.username} may not change customers any more."


def has_queued() -> bool:
    """Whether an approved change was not sent yet."""
    return _queued().exists()


def send_queued(service: CustomerService, should_stop: Callable[[], bool]) -> tuple[int, int]:
    """Send the approved changes that nobody has sent; how many were looked at, and how many could not be sent now."""
    done = failed = 0
    with background():
        for write in _queued().order_by("created_at")[:LIMIT]:
            if should_stop():
                break
            try:
                send_approved(write, service)
                done += 1
            except CodatError:
                failed += 1
    return done, failed


def locks_of(write: Write) -> Iterator[str]:
    """The names of the locks of a change, as those of a save: for its customer, and for its name."""
    if write.kind == Write.Kind.UPDATE:
        yield customer_lock(write.company_id, write.customer_id)
    name = str(write.sent_values.get("customerName") or "")
    if name:
        yield name_lock(write.company_id, folded_name(name))


def _queued() -> QuerySet[Write]:
    return Write.objects.filter(state=State.QUEUED, batch=None)


def _is_overtaken(write: Write) -> bool:
    """Whether another change of the same customer is being sent now."""
    if write.kind == Write.Kind.CREATE:
        return False
    other = being_sent(write.company_id, write.customer_id, exclude_submission=write.submission)
    return other is not None


def _void(write: Write, reason: str, why: str) -> None:
    """Void an approval that was given, because its change is not sent. In a transaction.

    `reason` is a sentence for its page, `why` says the same to its author, within a sentence.
    """
    approvals = Approval.objects.filter(write=write, state=Approval.State.APPROVED)
    for approval in approvals:
        approvals.filter(pk=approval.pk).update(state=Approval.State.VOID, comment=reason)
        audit.record(
            AuditEntry.Kind.APPROVAL,
            company_id=approval.company_id,
            subject=approval.pk,
            detail={"step": Approval.State.VOID},
        )
        tell_of_lost_approval(approval, why)
    Write.objects.filter(pk=write.pk, state=State.QUEUED).update(
        state=State.FAILED,
        error_message=f"{reason} Make the change again to ask for it.",
        completed_at=timezone.now(),
    )
