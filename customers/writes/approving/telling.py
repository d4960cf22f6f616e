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
    _tell_author(approval, state, title.format(what=_what(approval)))


def tell_of_lost_approval(approval: Approval, why: str) -> None:
    """Tell the author that a change was approved and is not sent, and why. In the transaction of the caller."""
    _tell_author(approval, State.VOID, f"Your change was approved but not sent: {why}")


def _tell_author(approval: Approval, state: str, title: str) -> None:
    tell(
        Kind.APPROVAL_DECIDED,
        cause=f"approval:{approval.pk}:{state}",
        company_id=approval.company_id,
        people=[approval.asked_by],
        title=title,
        link=links.approval(approval.pk),
    )


def _what(approval: Approval) -> str:
    return "batch" if approval.batch_id else "change"
