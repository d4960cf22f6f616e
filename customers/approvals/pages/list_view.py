"""The list of requests for approval: what waits for the reader, and what the reader asked for."""

from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers.approvals import deputies, listing
from customers.approvals.pages.deputy_form import DeputyForm, form_errors
from customers.models import Approval
from customers.web import htmx, links
from customers.writes.approving.people import PERMISSION, approvers_whose_deputy_is

_TONES = {
    Approval.State.WAITING: "info",
    Approval.State.APPROVED: "good",
    Approval.State.RETURNED: "warn",
    Approval.State.WITHDRAWN: "",
    Approval.State.EXPIRED: "warn",
    Approval.State.VOID: "warn",
}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def approvals(request: HttpRequest) -> HttpResponse:
    """Both lists. POST names an approver's deputy, or with an empty name ends that."""
    user = cast(User, request.user)
    form, status = DeputyForm(initial=deputies.named_by(user)), 200
    if request.method == "POST":
        if not user.has_perm(PERMISSION):
            raise PermissionDenied
        form = DeputyForm(request.POST)
        if form.is_valid():
            deputies.name(user, form.cleaned_data["deputy"], form.cleaned_data["until"])
            return htmx.see_other(links.approvals())
        status = 422
    context = {
        "form": form,
        "errors": form_errors(form),
        "may_name": user.has_perm(PERMISSION),
        "stands_in_for": [each.get_username() for each in approvers_whose_deputy_is(user)],
        "may_approve": listing.is_approver(user),
        "waiting": [_row(one) for one in listing.waiting_for(user)],
        "asked": [_row(one) for one in listing.asked_by(user)],
        "rules_url": links.approval_rules() if user.has_perm("customers.manage_people") else "",
    }
    return render(request, "approvals/approvals.html", context, status=status)


def _row(approval: Approval) -> dict[str, Any]:
    return {
        "approval": approval,
        "title": title_of(approval),
        "company": company_of(approval),
        "url": links.approval(approval.pk),
        "tone": _TONES[Approval.State(approval.state)],
        "remark": _remark(approval),
    }


def _remark(approval: Approval) -> str:
    """What the list says beside the state: who decided, and why."""
    match approval.state:
        case Approval.State.APPROVED:
            return f"by {approval.decided_by_name}" if approval.decided_by_name else ""
        case Approval.State.RETURNED:
            return f"by {approval.decided_by_name}: {approval.comment}"
        case Approval.State.VOID:
            return approval.comment
    return ""


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
