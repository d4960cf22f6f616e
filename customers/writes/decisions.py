"""A person's decision on an unknown write, and the evidence for it: Codat's own push history."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from customers.audit import recording as audit
from customers.codat.errors import AlreadyInUse, CodatError, NotFound
from customers.codat.types import PushOperation
from customers.codat.values import parse_date
from customers.models import AuditEntry, Write
from customers.service import CustomerService
from customers.writes import sentences, tracking
from customers.writes.journal import apply_result
from customers.writes.operations import operation_customer_id, operation_key
from customers.writes.recording import record
from customers.writes.sending import SENDING_TIMEOUT
from customers.writes.tracking import CLOCK_SKEW, REPLAY_WINDOW

State = Write.State

# Limits of reading the history; one page is within Codat's limit of 2,000.
MAX_HISTORY_PAGES, HISTORY_PAGE_SIZE = 10, 1000


@dataclass(frozen=True, slots=True)
class Evidence:
    """A push operation at Codat that may be an unknown write of this dashboard."""

    operation: PushOperation
    same_customer: bool

    @property
    def label(self) -> str:
        """The label of the operation's status."""
        return sentences.operation_tag(self.operation)[0]


def evidence(write: Write, service: CustomerService) -> list[Evidence]:
    """Push operations that may be those of an unknown write, the most likely first. Raises CodatError.

    They have its connection and data type, were requested at about the time it was sent, and belong to no
    other row of the journal. A person decides, because two saves by two people may be indistinguishable here.
    """
    if write.sent_at is None:
        return []
    known = set(_others(write).values_list("push_operation_key", flat=True))
    matches = [
        Evidence(operation, same_customer=_is_for_customer(write, operation))
        for operation in _history(write, service)
        if (key := operation_key(operation)) and key not in known and _matches(write, operation)
    ]
    return sorted(matches, key=lambda item: not item.same_customer)


@dataclass(frozen=True, slots=True)
class Progress:
    """The evidence for a change, where it was read. `error` is why Codat could not be polled."""

    evidence: list[Evidence]
    error: CodatError | None = None


def follow(write: Write, service: CustomerService, *, now: bool = False) -> Progress:
    """Poll Codat about a write if that is due (or `now`), and collect evidence where a person has to decide."""
    try:
        if now or tracking.is_due(write):
            tracking.follow(write, service, by=Write.SettledBy.POLL, at_once=now)
        return Progress(evidence(write, service) if tracking.needs_decision(write) else [])
    except CodatError as error:
        return Progress([], error)


def link_operation(write: Write, key: str, service: CustomerService, *, user: User) -> Write:
    """Record a person's decision that a push operation is this write, and apply its result.

    Of several concurrent decisions the first one is used; the row is reloaded with its result. Raises CodatError
    where Codat cannot be polled, NotFound where the operation cannot be this write, AlreadyInUse where it belongs to
    another write of the journal.
    """
    operation = service.get_push_operation(company_id=write.company_id, push_operation_key=key)
    if operation_key(operation) != key or not _matches(write, operation):
        raise NotFound(
            "an operation of another connection, time or customer",
            sentence="This operation belongs to another connection, time or customer.",
            status=404,
        )
    decision = _decision(Write.Decision.LINKED, user)
    record(
        lambda: _link(write, key, decision),
        what=f"write {write.pk}: linked to push operation {key} by user {user.pk}",
    )
    write.refresh_from_db()
    if write.push_operation_key != key:
        return write
    return apply_result(write, operation, by=Write.SettledBy.PERSON)


def _link(write: Write, key: str, decision: dict[str, Any]) -> None:
    """Give a push operation to an unknown write that has none. Raises AlreadyInUse."""
    with transaction.atomic():
        # The lock on all unknown writes of the company keeps two of them from the same operation.
        unknown = Write.objects.filter(company_id=write.company_id, state=State.UNKNOWN)
        list(unknown.select_for_update().order_by("pk").values_list("pk", flat=True))
        if _others(write).filter(push_operation_key=key).exists():
            raise AlreadyInUse(
                "an operation of another write",
                sentence="This operation already belongs to another change.",
                status=409,
            )
        linked = unknown.filter(pk=write.pk, push_operation_key="").update(
            push_operation_key=key, **decision
        )
        if linked:
            _record_decision(write, decision)


def mark_not_received(write: Write, *, user: User) -> Write:
    """Record a person's decision that Codat did not receive an unknown write, which is then failed."""
    values = _decision(Write.Decision.NOT_RECEIVED, user) | {
        "state": State.FAILED,
        "completed_at": timezone.now(),
        "settled_by": Write.SettledBy.PERSON,
        "error_message": "",  # The error of the request, which does not apply to the decision.
    }
    unknown = Write.objects.filter(pk=write.pk, state=State.UNKNOWN, push_operation_key="")

    def decide() -> None:
        with transaction.atomic():
            if unknown.update(**values):
                _record_decision(write, values)

    record(
        decide,
        what=f"write {write.pk}: marked as not received by user {user.pk}",
    )
    write.refresh_from_db()
    return write


def _decision(decision: Write.Decision, user: User) -> dict[str, Any]:
    """The columns of a decision, its author and its time. The name is stored, because accounts can be deleted."""
    return {
        "decision": decision,
        "decided_by": user,
        "decided_by_name": user.get_username(),
        "decided_at": timezone.now(),
    }


def _record_decision(write: Write, decision: dict[str, Any]) -> None:
    """Add a decision to the audit, in the transaction that stores it."""
    audit.record(
        AuditEntry.Kind.DECISION,
        user=decision["decided_by"],
        company_id=write.company_id,
        customer_id=write.customer_id,
        subject=write.pk,
        detail={"decision": str(decision["decision"])},
    )


def _others(write: Write) -> "QuerySet[Write]":
    """The other writes of the company whose push operation is known."""
    rows = Write.objects.filter(company_id=write.company_id)
    return rows.exclude(push_operation_key="").exclude(pk=write.pk)


def _history(write: Write, service: CustomerService) -> Iterator[PushOperation]:
    """The company's push operations, the newest first, back to when a write was sent."""
    for number in range(1, MAX_HISTORY_PAGES + 1):
        page = service.list_push_operations(
            company_id=write.company_id,
            page=number,
            page_size=HISTORY_PAGE_SIZE,
            order_by="-requestedOnUtc",
        )
        operations = page.get("results") or []
        yield from operations
        oldest = parse_date(operations[-1].get("requestedOnUtc")) if operations else None
        if len(operations) < HISTORY_PAGE_SIZE or (oldest and oldest < _earliest(write)):
            return


def _earliest(write: Write) -> datetime:
    return (write.sent_at or write.created_at) - CLOCK_SKEW


def _latest(write: Write) -> datetime:
    """The latest time at which Codat may have received a write, since a create may have been repeated."""
    window = REPLAY_WINDOW if write.kind == Write.Kind.CREATE else SENDING_TIMEOUT
    return (write.sent_at or write.created_at) + window + CLOCK_SKEW


def _is_for_customer(write: Write, operation: PushOperation) -> bool:
    return bool(write.customer_id) and operation_customer_id(operation) == write.customer_id


def _matches(write: Write, operation: PushOperation) -> bool:
    """Whether an operation may be this write, by its time, connection, data type and customer."""
    requested = parse_date(operation.get("requestedOnUtc"))
    customer_id = operation_customer_id(operation)
    return (
        requested is not None
        and _earliest(write) <= requested <= _latest(write)
        and str(operation.get("dataType") or "customers").lower() == "customers"
        and operation.get("dataConnectionKey") in (None, write.connection_id)
        and (not customer_id or write.customer_id in ("", customer_id))
    )
