"""What a second person, its author or time decides about a request for approval. Knows no HTTP.

    waiting ──> approved ──> [write: queued ──> sending ──> ...]   [batch: running ──> ...]
       │            └──────> void       (the customer has changed before it was sent)
       ├──────────> returned | withdrawn | expired | void

Each move is one conditional UPDATE in one transaction with that of the write or batch, so of two people in the same
instant one decides. An approved write is queued first and claimed next: a process that dies in between leaves it to the
worker (`sending_approved.py`).
"""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from customers.approvals.sending_approved import locks_of, lost_sentence, send_approved
from customers.audit import recording as audit
from customers.batches import states
from customers.codat.text import db_safe, is_blank
from customers.editing.unchanged import Reading, read_now
from customers.models import Approval, AuditEntry, Batch, Write
from customers.service import CustomerService
from customers.writes.approving.batch_size import size_lock
from customers.writes.approving.payloads import hash_of_all, write_hash
from customers.writes.approving.people import may_approve, may_change
from customers.writes.approving.requesting import hashes_of
from customers.writes.approving.telling import tell_of_decision
from customers.writes.save_lock import save_lock
from customers.writes.showing.pending import being_sent, same_name_writes

State, WriteState = Approval.State, Write.State

MAX_COMMENT = 2000
_REDO = "Make the change again to ask for it."
_NOT_READY = "The batch is not ready to start any more."


class Refused(Exception):
    """Nothing was decided; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class LacksComment(Refused):
    """A request that waits was to be returned without a comment."""


def approve(approval: Approval, user: User, service: CustomerService) -> None:
    """Approve a request, and send the change or start the batch. The customer is read now, before anything is decided.

    Where it has changed since, the request is void instead (`approval.state`). Raises Refused where this person may not
    decide, or somebody has decided; CodatError where the customer cannot be read, and then nothing was decided.
    """
    _check_person(approval, user)
    if approval.batch is not None:
        _approve_batch(approval, approval.batch, user)
    elif approval.write is not None:
        _approve_write(approval, approval.write, user, service)
    approval.refresh_from_db()


def close(approval: Approval, user: User, service: CustomerService) -> None:
    """Make a request about one change void, because its customer has changed. Nothing is sent.

    Raises Refused where the change could be approved after all, where this person may not decide, or somebody has;
    CodatError where the customer cannot be read.
    """
    _check_person(approval, user)
    if approval.write is None:
        raise Refused("The request of a batch is approved or returned.")
    _approve_write(approval, approval.write, user, service, is_closing=True)
    approval.refresh_from_db()


def return_to_author(approval: Approval, user: User, comment: str) -> None:
    """Return a request to its author with a comment; nothing is sent. Raises Refused, LacksComment without one."""
    _check_person(approval, user)
    if approval.state != State.WAITING:
        raise Refused(_already(approval))
    text = db_safe(comment.strip(), MAX_COMMENT)
    if is_blank(text):
        raise LacksComment("Say what the author should do.")
    reason = f"Returned by {user.get_username()}: {text}"
    _end(approval, State.RETURNED, text, WriteState.FAILED, reason, user)


def withdraw(approval: Approval, user: User) -> None:
    """Withdraw one's own request; nothing is sent. Raises Refused."""
    if user.pk != approval.asked_by_id:
        raise Refused("Only the person who asked can withdraw this.")
    _end(approval, State.WITHDRAWN, "", WriteState.NOT_SENT, "", user)


def expire_due() -> int:
    """End the requests that nobody decided about in time; how many there were."""
    due = Approval.objects.filter(state=State.WAITING, expires_at__lte=timezone.now())
    ended = 0
    for approval in due.select_related("write").iterator():
        with transaction.atomic():
            ended += _move(approval, State.EXPIRED, "", WriteState.FAILED, _expired(), None)
    return ended


def _expired() -> str:
    return f"Nobody approved this in time. {_REDO}"


def _check_person(approval: Approval, user: User) -> None:
    if not may_approve(user, approval):
        raise Refused("You may not approve this. Another person has to decide.")


def _end(
    approval: Approval, state: str, comment: str, write_state: str, reason: str, user: User
) -> None:
    """End a request that waits without sending anything. Raises Refused where it does not wait any more."""
    with transaction.atomic():
        if not _move(approval, state, comment, write_state, reason, user):
            raise Refused(_already(approval))
    approval.refresh_from_db()


def _already(approval: Approval) -> str:
    approval.refresh_from_db()
    by = f" by {approval.decided_by_name}" if approval.decided_by_name else ""
    return f"This request was decided already: {approval.get_state_display().lower()}{by}."


def _move(
    approval: Approval,
    state: str,
    comment: str,
    write_state: str,
    reason: str,
    user: User | None,
) -> bool:
    """Move a waiting request, and its write with it; whether it waited. In a transaction of the caller.

    `user` is the person who decided, None where the dashboard did.
    """
    now = timezone.now()
    moved = Approval.objects.filter(pk=approval.pk, state=State.WAITING).update(
        state=state,
        comment=comment,
        decided_at=now,
        decided_by=user,
        decided_by_name=user.get_username() if user else "",
    )
    if moved:
        audit.record(
            AuditEntry.Kind.APPROVAL,
            user=user,
            company_id=approval.company_id,
            subject=approval.pk,
            detail={"step": state},
        )
        tell_of_decision(approval, state)
    if moved and approval.write_id:
        ended: dict[str, Any] = {"error_message": reason, "completed_at": now}
        values = ended if write_state != WriteState.QUEUED else {}
        Write.objects.filter(pk=approval.write_id, state=WriteState.WAITING).update(
            state=write_state, **values
        )
    return bool(moved)


# -- one change -------------------------------------------------------------------------------------


def _approve_write(
    approval: Approval,
    write: Write,
    user: User,
    service: CustomerService,
    *,
    is_closing: bool = False,
) -> None:
    reading = read_now(write, service)
    with save_lock(*locks_of(write)):
        write.refresh_from_db()
        other = being_sent(write.company_id, write.customer_id, exclude_submission=write.submission)
        if other is not None and write.kind == Write.Kind.UPDATE:
            raise Refused(
                f"{other.username} is saving this customer now. Try again in a few seconds."
            )
        reason = _void_reason(approval, write, reading)
        if is_closing and not reason:
            raise Refused("The change can be sent again, so the request was not closed.")
        state, next_state = (
            (State.VOID, WriteState.FAILED) if reason else (State.APPROVED, WriteState.QUEUED)
        )
        text = f"{reason} {_REDO}" if reason else ""
        moved = _move(approval, state, reason, next_state, text, None if reason else user)
    if not moved:
        raise Refused(_already(approval))
    if not reason:
        send_approved(write, service, reading)


def _void_reason(approval: Approval, write: Write, reading: Reading) -> str:
    """Why a request is void, "" where it can be approved. Called under the locks of a save."""
    if approval.expires_at <= timezone.now():
        return "Nobody approved this in time."
    if write_hash(write) != approval.sha256:
        return "The values are not those that approval was asked for."
    if not may_change(write.user, write.company_id):
        return lost_sentence(write)
    if _has_twin(write):
        return "Another change has given this name to a customer since."
    return reading.reason(write)


def _has_twin(write: Write) -> bool:
    """Whether a change since gives another customer the name that this one sets."""
    before = str(write.values_before.get("customerName") or "")
    name = str(write.sent_values.get("customerName") or "")
    if not name or name == before:
        return False
    others = same_name_writes(
        write.company_id,
        name,
        customer_id=write.customer_id,
        exclude_submission=write.submission,
        retry_of=write.retry_of,
        read_at=write.created_at,
    )
    return any(other.created_at > write.created_at for other in others)


# -- a batch ----------------------------------------------------------------------------------------


def _approve_batch(approval: Approval, batch: Batch, user: User) -> None:
    """Approve a batch: it starts in the name of the person who asked. Each customer is read before its row is sent."""
    with save_lock(states.journal_lock(batch.pk), size_lock(batch)):
        batch.refresh_from_db()
        reason = _batch_void_reason(approval, batch)
        state = State.VOID if reason else State.APPROVED
        if not _move(approval, state, reason, "", "", None if reason else user):
            raise Refused(_already(approval))
        if reason or approval.asked_by is None:
            return
        if not states.start_approved(batch, approval.asked_by):
            raise Refused(_NOT_READY)


def _batch_void_reason(approval: Approval, batch: Batch) -> str:
    if approval.expires_at <= timezone.now():
        return "Nobody approved this in time."
    if batch.state != Batch.State.READY:
        return _NOT_READY
    if not may_change(approval.asked_by, batch.company_id):
        return f"{approval.asked_by_name} may not change customers any more."
    if hash_of_all(hashes_of(batch)) != approval.sha256:
        return "Rows of the batch were changed since approval was asked for."
    return ""
