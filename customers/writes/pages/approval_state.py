"""What the page of a change, or of a batch, says of the approval by a second person."""

from typing import Any

from django.contrib.auth.models import User

from customers.models import Approval, Batch, Write
from customers.web import links

State = Approval.State


def approval_context(write: Write, user: User) -> dict[str, Any] | None:
    """The context of `writes/_approval.html`; None for a change that needed no approval. No query."""
    approval: Approval | None = getattr(write, "approval", None)
    if approval is None:
        return None
    context = context_of(approval, user)
    # The state of the change says it.
    return context | {"sentence": ""} if approval.state == State.WAITING else context


def context_of(approval: Approval, user: User) -> dict[str, Any]:
    """The same of a request."""
    return {
        "request": approval,
        "sentence": sentence(approval),
        "url": links.approval(approval.pk),
        "may_withdraw": approval.state == State.WAITING and approval.asked_by_id == user.pk,
    }


def sentence(approval: Approval) -> str:
    """What became of a request, as a sentence."""
    by = approval.decided_by_name or "a second person"
    match State(approval.state):
        case State.WAITING:
            return "Waits for approval by a second person."
        case State.APPROVED:
            return f"Approved by {by}."
        case State.RETURNED:
            return f"Returned by {by}: {approval.comment}"
        case State.WITHDRAWN:
            return "Withdrawn before it was approved."
        case State.EXPIRED:
            return f"Nobody approved this in time. {_next_step(approval)}".rstrip()
        case State.VOID:
            return f"The request is void. {approval.comment} {_next_step(approval)}".rstrip()


def _next_step(approval: Approval) -> str:
    """How to ask for approval again; "" for a batch that cannot be started any more."""
    if approval.batch is None:
        return "Make the change again to ask for approval."
    is_ready = approval.batch.state == Batch.State.READY
    return "Start the batch again to ask for approval." if is_ready else ""
