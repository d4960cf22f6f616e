"""The life of a write: journal it, send it, settle it.

    sending ──> pending ──> success
       │           ├──────> failed
       │           └──────> timed out ──> success | failed   (the write may still have happened)
       ├──────────────────> success | failed                 (answered at once)
       └──> unknown ──────> any of the above                 (evidence, a retry, or a decision)

Each save is a row before a byte leaves, and `sent_at` is written before the first one does, so a
process that dies at any step leaves a row that says how far it came: no `sent_at` means that Codat
never heard of it; `sent_at` without an answer means that we cannot know. A state changes only by
one conditional UPDATE (`_move`), so two workers, a webhook and a poll at once leave one truth.

Nothing here sends a write twice by itself, but for a create within the time in which Codat replays
the first answer to the same `Idempotency-Key` (see `following.py`).
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, When
from django.utils import timezone

from customers.codat.errors import BadRequest, CodatError, NotAttempted
from customers.codat.text import db_safe
from customers.codat.types import Company, Connection, PushOperation, ValidationItem
from customers.codat.values import parse_date
from customers.models import WebhookEvent, Write
from customers.service import CustomerService

State = Write.State

# Longer than the client waits for an answer: past it, whoever was sending is dead.
SENDING_LASTS = timedelta(seconds=max(120.0, 2 * settings.CODAT_PAGE_DEADLINE))

# What the column holds; a longer key is no key of Codat's (they are UUIDs).
LONGEST_KEY = 64


@dataclass(frozen=True, slots=True)
class Order:
    """What one save asks for. `payload` and `before` are JSON texts; `customer_id` "" creates."""

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


def journal(order: Order, user: User) -> tuple[Write, bool]:
    """The row of a save, and whether it is new.

    The same submission (a double click, a reload of the post, a second tab with the same form)
    finds the row that is already there, and must not be sent again. The row is committed on return:
    inside of another transaction this raises RuntimeError, since a rollback would forget the write.
    """
    values: dict[str, Any] = {
        "user": user,
        "username": user.get_username(),
        "company_id": order.company_id,
        "company_name": db_safe(order.company.get("name")),
        "connection_id": order.connection.get("id", ""),
        "platform_name": db_safe(order.connection.get("platformName")),
        "customer_id": order.customer_id,
        "customer_name": db_safe(order.customer_name),
        "kind": Write.Kind.UPDATE if order.customer_id else Write.Kind.CREATE,
        "payload": order.payload,
        "before": order.before,
        "timeout_in_minutes": order.timeout_in_minutes,
        "force_update": order.force_update,
        "retry_of": order.retry_of,
    }
    try:
        with transaction.atomic(durable=True):
            return Write.objects.create(submission=order.submission, **values), True
    except IntegrityError:
        found = Write.objects.filter(submission=order.submission).first()
        if found is None:
            raise
        return found, False


def send(write: Write, service: CustomerService) -> Write:
    """Send a journaled write, once: whoever sets `sent_at` first is the one who sends.

    Never raises CodatError: what went wrong is in the row's state.
    """
    now = timezone.now()
    claimed = Write.objects.filter(pk=write.pk, state=State.SENDING, sent_at=None).update(
        sent_at=now, attempts=1
    )
    write.refresh_from_db()
    return attempt(write, service) if claimed else write


def attempt(write: Write, service: CustomerService) -> Write:
    """Put a write on the wire and record what became of it. The caller has claimed the row."""
    try:
        operation = _put(write, service)
    except CodatError as error:
        if isinstance(error, NotAttempted) and write.attempts > 1:
            return _not_repeated(write)
        return _record_error(write, error)
    settle(write, operation, by="answer")
    if write.state == State.PENDING and _was_overtaken(write):
        try:
            operation = service.get_push_operation(
                company_id=write.company_id, push_operation_key=write.push_operation_key
            )
        except CodatError:
            return write  # Followed like any other.
        settle(write, operation, by="webhook")
    return write


def _not_repeated(write: Write) -> Write:
    """A repeat that was kept back here was no attempt, and says nothing of the first."""
    Write.objects.filter(pk=write.pk, attempts=write.attempts).update(attempts=F("attempts") - 1)
    write.refresh_from_db()
    return write


def _was_overtaken(write: Write) -> bool:
    """Whether an event about a write came before its answer: nobody knew then whose it was."""
    return WebhookEvent.objects.filter(
        received_at__gte=write.sent_at, body__contains=write.push_operation_key
    ).exists()


def _put(write: Write, service: CustomerService) -> PushOperation:
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


def _record_error(write: Write, error: CodatError) -> Write:
    """A refusal is a failure; anything after which the write may have arrived is unknown.

    On a repeat only a 400 settles it: Codat's verdict on the data, be it replayed or the first one. All
    else says nothing about the first try: 409 (it is still running), 422 (it did arrive), 429, a
    replayed 5xx, a key that is refused since, a connection that is refused.
    """
    repeated = write.attempts > 1
    unknown = error.may_have_arrived or (repeated and not isinstance(error, BadRequest))
    _move(
        write,
        State.UNKNOWN if unknown else State.FAILED,
        {
            "status_code": error.status,
            "error_message": db_safe(_said(error)),
            "correlation_id": db_safe(error.correlation_id, 200),
            "validation": _items(error.validation),
            "warnings": _items(error.warnings),
            "settled_by": "" if unknown else "answer",
            "completed_at": None if unknown else timezone.now(),
        },
        Q(state__in=(State.SENDING, State.UNKNOWN)),
    )
    return write


def _said(error: CodatError) -> str:
    """Our sentence, and what Codat itself said where it said something."""
    return f"{error.sentence} Codat: {error.message}" if error.message else error.sentence


def settle(write: Write, operation: PushOperation, *, by: str, asked: bool = True) -> Write:
    """Record what Codat says of a write. `by` is who brought it: answer, poll, webhook, cron, person.

    `asked` is whether this is Codat's own answer just now; an event may be late, so what it says
    never takes a success back.
    """
    state = state_of(operation)
    key = write.push_operation_key or key_of(operation)
    message = db_safe(operation.get("errorMessage"))
    if state == State.PENDING and not key:
        state, message = State.UNKNOWN, "Codat's answer did not name its push operation."
    validation = operation.get("validation")
    items = validation if isinstance(validation, dict) else {}
    ended = state not in (State.PENDING, State.UNKNOWN)
    values: dict[str, Any] = {
        "push_operation_key": key,
        "status_code": _status_code(operation.get("statusCode")),
        "error_message": message,
        "validation": _items(items.get("errors")),
        "warnings": _items(items.get("warnings")),
        "requested_at": parse_date(operation.get("requestedOnUtc")) or write.requested_at,
    }
    if state == State.SUCCESS and not write.customer_id and (created := record_id(operation)):
        values["customer_id"] = created
    outcome = {
        "confirmation": Write.Confirmation.WAITING if state == State.SUCCESS else "",
        "completed_at": parse_date(operation.get("completedOnUtc")) or timezone.now()
        if ended
        else None,
        "settled_by": by if ended else "",
    }
    allowed = Q(state__in=_FROM[state])
    if asked:
        # Codat's own word goes before an event's, and before what a person decided without it.
        allowed |= Q(state__in=(State.FAILED, State.TIMED_OUT), settled_by="webhook")
        allowed |= Q(state=State.FAILED, settled_by="person", push_operation_key="")
        if state == State.FAILED:
            allowed |= Q(state=State.SUCCESS)
    if not _move(write, state, values | outcome, allowed) and asked:
        _move(write, state, values, Q(state=state))
    return write


def forgotten(write: Write, *, by: str) -> Write:
    """Record that Codat knows nothing of a write any more that it had taken up."""
    values = {
        "error_message": "Codat no longer knows of this operation.",
        "completed_at": timezone.now(),
        "settled_by": by,
    }
    _move(write, State.TIMED_OUT, values, Q(state=State.PENDING))
    return write


def state_of(operation: PushOperation) -> Write.State:
    """A push operation's status as a state of ours; one that Codat has added since is pending."""
    return {
        "success": State.SUCCESS,
        "failed": State.FAILED,
        "timedout": State.TIMED_OUT,
    }.get(str(operation.get("status") or "").lower(), State.PENDING)


def key_of(operation: PushOperation) -> str:
    """A push operation's key, "" where it has none that can be one."""
    key = operation.get("pushOperationKey")
    return key if isinstance(key, str) and len(key) <= LONGEST_KEY and db_safe(key) == key else ""


def record_id(operation: PushOperation) -> str:
    """The id of the customer that an operation made or changed, "" where it names none (yet)."""
    changes: Any = operation.get("changes")
    for change in changes if isinstance(changes, list) else []:
        reference = change.get("recordRef") if isinstance(change, dict) else None
        if isinstance(reference, dict) and change.get("type") != "AttachmentUploaded":
            found, kind = reference.get("id"), str(reference.get("dataType") or "customers")
            is_id = isinstance(found, str) and db_safe(found) == found != ""
            if is_id and kind.lower().startswith("customer"):
                return str(found)
    return ""


# From which states a write may move to which. What has ended well is only taken back after asking
# Codat itself: events come late and in any order.
_FROM: dict[Write.State, tuple[Write.State, ...]] = {
    State.PENDING: (State.SENDING, State.UNKNOWN),
    State.SUCCESS: (State.SENDING, State.PENDING, State.UNKNOWN, State.TIMED_OUT, State.FAILED),
    State.FAILED: (State.SENDING, State.PENDING, State.UNKNOWN, State.TIMED_OUT),
    State.TIMED_OUT: (State.SENDING, State.PENDING, State.UNKNOWN),
    State.UNKNOWN: (State.SENDING, State.UNKNOWN),
}


def _move(write: Write, state: Write.State, values: dict[str, Any], allowed: Q) -> bool:
    """Put a row that is `allowed` into a state by one conditional UPDATE; whether it was. Another state is news."""
    seen = Case(When(state=state, then=F("seen_at")), default=None)
    moved = Write.objects.filter(allowed, pk=write.pk).update(state=state, seen_at=seen, **values)
    write.refresh_from_db()
    return bool(moved)


def _status_code(value: object) -> int | None:
    """A status that is one: what Codat sends need not be a number, or a small one."""
    return value if isinstance(value, int) and 0 <= value < 1000 else None


def _items(items: Any) -> list[ValidationItem]:
    """Validation items, bounded; what is not one is left out."""
    return [
        ValidationItem(
            itemId=db_safe(item.get("itemId"), 500),
            message=db_safe(item.get("message"), 2000),
            validatorName=db_safe(item.get("validatorName"), 200),
        )
        for item in (items if isinstance(items, list) else [])[:200]
        if isinstance(item, dict)
    ]
