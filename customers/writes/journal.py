"""The journal of writes: a row for each save before it is sent, and its states.

    waiting ──> queued                                      (a second person approves it first)
                  v
    sending ──> pending ──> success
       │           ├──────> failed
       │           └──────> timed out ──> success | failed   (the write may still have happened)
       ├──────────────────> success | failed                 (Codat answered immediately)
       └──> unknown ──────> any of the above                 (evidence, a retry, or a person's decision)

Each save is a row before a byte is sent, and `sent_at` is stored before the first byte is. So after the crash of a
process at any step, the row has the last step that was made. Without `sent_at` the write was not sent. With `sent_at`
and without a response, its outcome is unknown. A state changes only by one conditional UPDATE (`_move`), so two
workers, a webhook and a poll can run concurrently.

A write is never sent twice, except for a create within the time in which Codat replays its first response to the
same `Idempotency-Key` (see `tracking.py`).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, When
from django.utils import timezone

from customers.audit import recording as audit
from customers.codat.errors import BadRequest, CodatError
from customers.codat.text import db_safe
from customers.codat.types import Company, Connection, PushOperation
from customers.codat.values import parse_date
from customers.models import AuditEntry, Write
from customers.writes import resolving
from customers.writes.approving import policy, requesting
from customers.writes.operations import (
    operation_customer_id,
    operation_key,
    operation_state,
    status_code,
    validation_items,
)
from customers.writes.recording import record

State = Write.State


class MergedField(TypedDict):
    """A field that another person changed while the form was open, and that the save does not overwrite.

    `by` is a username and `at` an ISO date; both are "" where the change is not in the journal.
    """

    label: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """The data of one save. `payload` and `before` are JSON texts; without a `customer_id` it is a create."""

    company_id: str
    company: Company
    connection: Connection
    customer_id: str
    customer_name: str
    payload: str
    before: str
    submission: uuid.UUID
    timeout_in_minutes: int | None = None
    force_update: bool = False
    retry_of: Write | None = None
    merged: Sequence[MergedField] = ()


def create_write(request: WriteRequest, user: User) -> tuple[Write, bool]:
    """The row of a save, and whether it is new. Call it inside `save_lock`, which commits the row.

    For the same submission (a double click, a reload of the post, a second tab with the same form) it is
    the existing row, which must not be sent again. Where a rule asks for the approval of a second person, the row waits
    for it, and the request is stored with it.
    """
    values = _values(request, user)
    wanted = Write(submission=request.submission, **values)
    reasons = requesting.reasons_for_save(wanted, policy.tags_of(request.company))
    values["state"] = State.WAITING if reasons else State.SENDING
    try:
        write, is_new = Write.objects.get_or_create(submission=request.submission, defaults=values)
    except IntegrityError:
        # The submission of another company's change, which this person may not see.
        write, is_new = Write.objects.create(**values), True
    if is_new:
        resolving.replaced(write)
        # In the transaction of the row: there is no change without its entry.
        audit.record(
            AuditEntry.Kind.CHANGE,
            user=user,
            company_id=write.company_id,
            customer_id=write.customer_id,
            subject=write.pk,
            detail={"change": write.kind, "again": write.retry_of_id is not None},
        )
        if reasons:
            requesting.ask_for_write(write, reasons)
    return write, is_new


def _values(request: WriteRequest, user: User) -> dict[str, Any]:
    """The columns of a new row, beside its submission and its state."""
    return {
        "user": user,
        "username": user.get_username(),
        "company_id": request.company_id,
        "company_name": db_safe(request.company.get("name")),
        "connection_id": request.connection.get("id", ""),
        "platform_name": db_safe(request.connection.get("platformName")),
        "customer_id": request.customer_id,
        "customer_name": db_safe(request.customer_name),
        "kind": Write.Kind.UPDATE if request.customer_id else Write.Kind.CREATE,
        "payload": request.payload,
        "before": request.before,
        "timeout_in_minutes": request.timeout_in_minutes,
        "force_update": request.force_update,
        "retry_of": request.retry_of,
        "merged": [*request.merged],
    }


def apply_result(
    write: Write, operation: PushOperation, *, by: str, from_event: bool = False
) -> Write:
    """Record the status of a write's push operation. `by` is a `Write.SettledBy`: the source of the status.

    `from_event` is for the contents of an event. It may be out of date, so it never reverts a success.
    """
    state = operation_state(operation)
    key = write.push_operation_key or operation_key(operation)
    message = db_safe(operation.get("errorMessage"))
    if state == State.PENDING and not key:
        state, message = State.UNKNOWN, "Codat’s response has no push operation key."
    validation = operation.get("validation")
    items = validation if isinstance(validation, dict) else {}
    ended = state not in (State.PENDING, State.UNKNOWN)
    values: dict[str, Any] = {
        "push_operation_key": key,
        "status_code": status_code(operation.get("statusCode")),
        "error_message": message,
        "validation": validation_items(items.get("errors")),
        "warnings": validation_items(items.get("warnings")),
        "requested_at": parse_date(operation.get("requestedOnUtc")) or write.requested_at,
    }
    # Only where there is one: another process may have stored it meanwhile.
    created_id = operation_customer_id(operation) if state == State.SUCCESS else ""
    if created_id and not write.customer_id:
        values["customer_id"] = created_id
    outcome = {
        "confirmation": Write.Confirmation.WAITING if state == State.SUCCESS else "",
        "completed_at": parse_date(operation.get("completedOnUtc")) or timezone.now()
        if ended
        else None,
        "settled_by": by if ended else "",
    }
    moved = _move(write, state, values | outcome, _allowed(state, from_event=from_event))
    if not moved and not from_event:
        _move(write, state, values, Q(state=state))
    return write


def apply_error(write: Write, error: CodatError) -> Write:
    """Record why sending a write failed.

    After a refusal, or an error before the first byte, the write has failed. After any other error it may have
    arrived: unknown. On a repeat only a 400 is final: Codat has rejected the data, now or in a replayed response.
    Every other error says nothing about the first attempt: 409 (it is still running), 422 (it did arrive), 429, a
    replayed 5xx, a key that was revoked since, a refused connection.
    """
    repeated = write.attempts > 1
    unknown = error.may_have_arrived or (repeated and not isinstance(error, BadRequest))
    was_sent = unknown or error.status is not None
    _move(
        write,
        State.UNKNOWN if unknown else State.FAILED,
        {
            "status_code": error.status,
            "error_message": db_safe(_error_message(error)),
            "correlation_id": db_safe(error.correlation_id, 200),
            "validation": validation_items(error.validation),
            "warnings": validation_items(error.warnings),
            "settled_by": "" if unknown else Write.SettledBy.ANSWER,
            "completed_at": None if unknown else timezone.now(),
        }
        | ({} if was_sent else {"sent_at": None, "attempts": 0}),
        Q(state__in=(State.SENDING, State.UNKNOWN)),
    )
    return write


def _error_message(error: CodatError) -> str:
    """The sentence of the error, and Codat's own message where there is one."""
    return (
        f"{error.sentence} Message from Codat: “{error.message}”"
        if error.message
        else error.sentence
    )


def expire(write: Write) -> Write:
    """Mark a pending write as timed out: Codat no longer has its push operation."""
    values = {
        "error_message": "Codat no longer has this change.",
        "completed_at": timezone.now(),
        "settled_by": Write.SettledBy.EXPIRY,
    }
    _move(write, State.TIMED_OUT, values, Q(state=State.PENDING))
    return write


# The states from which a write may move to each state.
_FROM: dict[Write.State, tuple[Write.State, ...]] = {
    State.PENDING: (State.SENDING, State.UNKNOWN),
    State.SUCCESS: (State.SENDING, State.PENDING, State.UNKNOWN, State.TIMED_OUT, State.FAILED),
    State.FAILED: (State.SENDING, State.PENDING, State.UNKNOWN, State.TIMED_OUT),
    State.TIMED_OUT: (State.SENDING, State.PENDING, State.UNKNOWN),
    State.UNKNOWN: (State.SENDING, State.UNKNOWN),
}


def _allowed(state: Write.State, *, from_event: bool) -> Q:
    """The rows that may move to a state.

    A response of Codat's overrides an event, and a person's decision without an operation. A success is only
    reverted by a response, since events come late and in any order.
    """
    allowed = Q(state__in=_FROM[state])
    if from_event:
        return allowed
    allowed |= Q(state__in=(State.FAILED, State.TIMED_OUT), settled_by=Write.SettledBy.WEBHOOK)
    allowed |= Q(state=State.FAILED, settled_by=Write.SettledBy.PERSON, push_operation_key="")
    if state == State.FAILED:
        allowed |= Q(state=State.SUCCESS)
    return allowed


def _move(write: Write, state: Write.State, values: dict[str, Any], allowed: Q) -> bool:
    """Move a row that is `allowed` to a state by one conditional UPDATE; whether it moved.

    `seen_at` is reset with a new state, which no one has seen yet. What a success overcomes is resolved with it.
    """
    seen = Case(When(state=state, then=F("seen_at")), default=None)

    def move() -> bool:
        rows = Write.objects.filter(allowed, pk=write.pk)
        moved = rows.update(state=state, seen_at=seen, **values)
        write.refresh_from_db()
        if moved and state == State.SUCCESS:
            resolving.accepted(write)
        return bool(moved)

    def move_in_one() -> bool:
        with transaction.atomic():
            return move()

    key = values.get("push_operation_key") or write.push_operation_key
    step = move_in_one if state == State.SUCCESS else move
    return record(step, what=f"write {write.pk}: {state}, push operation {key or 'unknown'}")
