"""Asking for a second person's approval: of a save when it is journaled, of a batch when it is started."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from customers.audit import recording as audit
from customers.models import (
    Approval,
    ApprovalRow,
    ApprovalRule,
    AuditEntry,
    Batch,
    BatchRow,
    CompanyState,
    Write,
)
from customers.writes.approving import policy
from customers.writes.approving.batch_size import counted_rows
from customers.writes.approving.payloads import hash_of_all, row_hash, write_hash
from customers.writes.approving.telling import tell_of_request

State = Approval.State
# A record is read no longer than this before its save is journaled.
_READ_BEFORE = timedelta(minutes=10)
_PIECE = 500


def rules_in_force(company_id: str, *, since: datetime | None = None) -> list[ApprovalRule]:
    """The rules that are about a company, or about companies with a tag. One query.

    With `since`, those that were made by then: a change that was saved before a rule is not asked for it.
    """
    rules = ApprovalRule.everywhere.filter(ended_at=None, company_id__in=("", company_id))
    return list(rules.filter(made_at__lte=since) if since else rules)


# -- one change -------------------------------------------------------------------------------------


def reasons_for_save(write: Write, tags: Mapping[str, str]) -> list[str]:
    """Why a single change that is not stored yet needs approval, [] where it needs none. One query without rules."""
    rules = rules_in_force(write.company_id)
    if not rules:
        return []
    return policy.reasons(rules, policy.Change(write.company_id, tags, names_changed_by(write)))


def names_changed_by(write: Write) -> frozenset[str]:
    """The properties of the customer that a write changes."""
    if write.kind == Write.Kind.CREATE:
        return policy.changed_names("", write.payload)
    read_at = write.batch.created_at if write.batch else write.created_at - _READ_BEFORE
    others = Write.objects.pending(write.company_id, write.customer_id, read_at=read_at)
    others = others.filter(kind=Write.Kind.UPDATE).exclude(submission=write.submission)
    pending = others.order_by().values_list("payload", flat=True)
    return policy.changed_names(write.before, write.payload, pending)


def ask_for_write(write: Write, reasons: Iterable[str]) -> Approval:
    """Ask for the approval of a write that was journaled as waiting, in the transaction of the caller."""
    approval = Approval.objects.create(
        write=write,
        company_id=write.company_id,
        sha256=write_hash(write),
        reasons=[*reasons],
        asked_by=write.user,
        asked_by_name=write.username,
        expires_at=_expires_at(),
    )
    _record(approval)
    return approval


# -- a batch ----------------------------------------------------------------------------------------


def reasons_for_batch(batch: Batch) -> list[str]:
    """Why a batch that is ready needs approval, [] where it needs none. One query where there are no rules."""
    in_force = rules_in_force(batch.company_id)
    known = _known_tags(batch) if any(rule.tag_key for rule in in_force) else [{}]
    rules = [
        rule
        for rule in in_force
        if any(policy.is_of_company(rule, batch.company_id, tags) for tags in known)
    ]
    if not rules:
        return []
    rows = counted_rows(batch, at=timezone.now()) if has_size(rules) else 0
    fields = _changed_names(batch) if any(rule.fields for rule in rules) else frozenset[str]()
    changes = (policy.Change(batch.company_id, tags, fields, rows) for tags in known)
    found = (reason for change in changes for reason in policy.reasons(rules, change))
    return [*dict.fromkeys(found)]


def _known_tags(batch: Batch) -> list[dict[str, str]]:
    """The tags of a batch's company when the batch was made, and as the worker last read them.

    The gate asks Codat. A rule about a tag that the company has got since asks here too: rows that the gate refuses
    because of it could never be sent.
    """
    read = CompanyState.objects.filter(pk=batch.company_id).values_list("tags", flat=True)
    return [batch.company_tags, *(policy.tags_of({"tags": tags}) for tags in read)]


def has_size(rules: Iterable[ApprovalRule]) -> bool:
    """Whether a rule counts the rows of batches."""
    return any(rule.larger_than is not None for rule in rules)


def ask_for_batch(batch: Batch, user: User, reasons: Iterable[str]) -> Approval:
    """Ask for the approval of the rows of a batch that are ready, in the transaction of the caller."""
    approval = Approval.objects.create(
        batch=batch,
        company_id=batch.company_id,
        reasons=[*reasons],
        asked_by=user,
        asked_by_name=user.get_username(),
        expires_at=_expires_at(),
    )
    hashes = list(hashes_of(batch))
    rows = (ApprovalRow(approval=approval, position=at, sha256=one) for at, one in hashes)
    while piece := list(islice(rows, _PIECE)):
        ApprovalRow.objects.bulk_create(piece)
    approval.rows, approval.sha256 = len(hashes), hash_of_all(hashes)
    approval.save(update_fields=["rows", "sha256"])
    _record(approval)
    return approval


def hashes_of(batch: Batch) -> Iterator[tuple[int, str]]:
    """The position and the hash of each row of a batch that would be sent, in their order."""
    for row in _sendable(batch):
        yield row.position, row_hash(row)


def waiting_for(batch: Batch) -> Approval | None:
    """The request that a batch waits for, None where there is none."""
    return Approval.objects.filter(batch=batch, state=State.WAITING).first()


def end_waiting(batch: Batch, state: str, comment: str) -> bool:
    """End the request that a batch waits for, without a decision; whether there was one."""
    waiting = Approval.objects.filter(batch=batch, state=State.WAITING)
    return bool(waiting.update(state=state, decided_at=timezone.now(), comment=comment))


def _sendable(batch: Batch) -> Iterator[BatchRow]:
    rows = BatchRow.objects.filter(batch=batch, state=BatchRow.State.CHECKED)
    rows = rows.select_related("batch", "write").order_by("position")
    return rows.iterator(chunk_size=_PIECE)


def _changed_names(batch: Batch) -> frozenset[str]:
    """The properties of customers that any row of a batch changes."""
    updates = Write.objects.pending(batch.company_id, read_at=batch.created_at)
    updates = updates.filter(kind=Write.Kind.UPDATE).exclude(batch=batch).order_by()
    pending: dict[str, list[str]] = defaultdict(list)
    for customer_id, payload in updates.values_list("customer_id", "payload"):
        pending[customer_id].append(payload)
    found = set[str]()
    for row in _sendable(batch):
        found |= policy.changed_names(row.before, row.payload, pending.get(row.customer_id, ()))
    return frozenset(found)


def _record(approval: Approval) -> None:
    """Have the audit know of a new request, and those who may approve it."""
    audit.record(
        AuditEntry.Kind.APPROVAL,
        user=approval.asked_by,
        company_id=approval.company_id,
        subject=approval.pk,
        detail={"step": "asked", "rows": approval.rows},
    )
    tell_of_request(approval)


def _expires_at() -> datetime:
    return timezone.now() + timedelta(days=settings.APPROVAL_DAYS)
