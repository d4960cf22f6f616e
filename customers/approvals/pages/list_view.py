"""The list of requests for approval: what waits for the reader, and what the reader asked for."""

from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.approvals import listing
from customers.models import Approval
from customers.web import links
from customers.writes.approving.people import PERMISSION
from customers.writes.pages.approval_state import sentence

_TONES = {
    Approval.State.WAITING: "info",
    Approval.State.APPROVED: "good",
    Approval.State.RETURNED: "warn",
    Approval.State.WITHDRAWN: "",
    Approval.State.EXPIRED: "warn",
    Approval.State.VOID: "warn",
}


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def approvals(request: HttpRequest) -> HttpResponse:
    """Both lists."""
    user = cast(User, request.user)
    context = {
        "may_approve": user.has_perm(PERMISSION),
        "waiting": [_row(one) for one in listing.waiting_for(user)],
        "asked": [_row(one) for one in listing.asked_by(user)],
        "rules_url": links.approval_rules() if user.has_perm("customers.manage_people") else "",
    }
    return render(request, "approvals/approvals.html", context)


def _row(approval: Approval) -> dict[str, Any]:
    return {
        "approval": approval,
        "title": title_of(approval),
        "company": company_of(approval),
        "url": links.approval(approval.pk),
        "tone": _TONES[Approval.State(approval.state)],
        "sentence": sentence(approval),
    }


def title_of(approval: Approval) -> str:
    """What a request is about: `Update: Birkett, Ursula`, or the title of the batch."""
    if approval.batch is not None:
        return approval.batch.title
    write = approval.write
    if write is None:
        return ""
    return f"{write.get_kind_display()}: {write.customer_name or 'Unnamed customer'}"


def company_of(approval: Approval) -> str:
    """The name of its company."""
    subject = approval.batch or approval.write
    return subject.company_name if subject is not None else ""
