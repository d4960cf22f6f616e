"""The gate: the last step before a write leaves for Codat. What needs approval and has none does not pass.

Every way to Codat ends in `sending.call_codat`, which calls it; a test names the callers. It relies on nothing that was
decided before: the rules, the fields that change, the bytes that would be sent and the decision are read here.
"""

from datetime import datetime

from customers.codat.errors import CodatError
from customers.models import Approval, ApprovalRow, ApprovalRule, Write
from customers.service import CustomerService
from customers.writes.approving import policy
from customers.writes.approving.authors import authors_of
from customers.writes.approving.batch_size import counted_rows
from customers.writes.approving.payloads import write_hash
from customers.writes.approving.requesting import has_size, names_changed_by, rules_in_force


class NotApproved(CodatError):
    """Nothing was sent, because the write needs an approval that it does not have."""

    our_status = 409
    default_sentence = "This change needs approval by a second person, so it was not sent. Save it again to ask for it."


def check(write: Write, service: CustomerService) -> None:
    """Let a write pass, or raise NotApproved. Raises CodatError where the company's tags are needed and cannot be read.

    One query where there are no rules. A rule asks for what was saved, or started, after it was made.
    """
    if write.state == Write.State.WAITING:
        raise NotApproved(f"write {write.pk} waits for approval")
    rules = rules_in_force(write.company_id, since=_since(write))
    if not rules or is_approved(write):
        return
    if policy.reasons(rules, _change(write, rules, service)):
        raise NotApproved(f"write {write.pk} is not approved")


def is_approved(write: Write) -> bool:
    """Whether exactly what a write sends was approved, by another person than its authors."""
    approval = _approval(write)
    if approval is None:
        return False
    return not authors_of(approval).has(approval.decided_by_id, approval.decided_by_name)


def _approval(write: Write) -> Approval | None:
    """The approval of exactly these bytes."""
    sha256, approved = write_hash(write), Approval.State.APPROVED
    if write.batch_id is None or write.position is None:
        return Approval.objects.filter(write=write, state=approved, sha256=sha256).first()
    rows = ApprovalRow.objects.filter(
        approval__batch=write.batch_id,
        approval__state=approved,
        position=write.position,
        sha256=sha256,
    )
    row = rows.select_related("approval").first()
    return row.approval if row else None


def _since(write: Write) -> datetime:
    """When a write was saved, or its batch started."""
    started_at = write.batch.started_at if write.batch is not None else None
    return started_at or write.created_at


def _change(write: Write, rules: list[ApprovalRule], service: CustomerService) -> policy.Change:
    """What the rules look at: its own fields, and of a batch the rows that count together."""
    tags: dict[str, str] = {}
    if any(rule.tag_key for rule in rules):
        tags = policy.tags_of(service.get_company(company_id=write.company_id))
    counts = write.batch is not None and has_size(rules)
    rows = counted_rows(write.batch, at=_since(write)) if write.batch and counts else 0
    return policy.Change(write.company_id, tags, names_changed_by(write), rows)
