"""Telling people of approvals: those who may decide, that something waits; the author, what became of it."""

from customers.models import Approval
from customers.notices.kinds import Kind
from customers.notices.telling import tell
from customers.web import links
from customers.writes.approving.people import approvers_of

State = Approval.State

# What the author is told. Who withdraws a request knows it.
_TITLES = {
    State.APPROVED: "Your {what} was approved",
    State.RETURNED: "Your {what} was returned with a comment",
    State.EXPIRED: "Nobody approved your {what} in time",
    State.VOID: "Your {what} cannot be approved any more",
}


def tell_of_request(approval: Approval) -> None:
    """Tell those who may approve it that a request waits. In the transaction of the caller."""
    tell(
        Kind.APPROVAL_WANTED,
        cause=f"approval:{approval.pk}:wanted",
        company_id=approval.company_id,
        people=approvers_of(approval),
        title=f"A {_what(approval)} waits for approval",
        link=links.approval(approval.pk),
    )


def tell_of_decision(approval: Approval, state: str) -> None:
    """Tell the author what became of a request. In the transaction of the caller."""
    title = _TITLES.get(State(state))
    if title is None:
        return
    tell(
        Kind.APPROVAL_DECIDED,
        cause=f"approval:{approval.pk}:{state}",
        company_id=approval.company_id,
        people=[approval.asked_by],
        title=title.format(what=_what(approval)),
        link=links.approval(approval.pk),
    )


def _what(approval: Approval) -> str:
    return "batch" if approval.batch_id else "change"
