"""One request for approval: what would change against the customer as it is now, and the decision."""

import uuid
from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from customers.approvals import deciding
from customers.approvals.deciding import LacksComment, Refused
from customers.approvals.pages.list_view import company_of, title_of
from customers.codat.errors import CodatError
from customers.editing.unchanged import Reading, read_now
from customers.models import Approval, Batch, BatchRow, Write
from customers.service import default_service
from customers.web import htmx, links
from customers.web.error_pages import heading, status_in_place
from customers.writes.approving.people import may_approve
from customers.writes.diff import changed_fields
from customers.writes.pages.approval_state import sentence
from customers.writes.showing import effects

State = Approval.State

# Rows of a batch that are shown here; its own page has all of them.
MAX_ROWS = 50


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def approval_page(request: HttpRequest, approval_id: uuid.UUID) -> HttpResponse:
    """One request. A GET reads the customer from Codat while it waits.

    POST `action` is approve, close, return (with `comment`) or withdraw; each has an effect once.
    """
    rows = Approval.objects.select_related("write__batch", "batch", "asked_by", "write__user")
    approval = get_object_or_404(rows, pk=approval_id)
    problem, status, lacks_comment = "", 200, False
    if request.method == "POST":
        try:
            _act(request, approval)
            return htmx.see_other(links.approval(approval.pk))
        except Refused as error:
            problem, lacks_comment = error.sentence, isinstance(error, LacksComment)
            status = 422 if lacks_comment else 409
        except CodatError as error:
            problem = f"Nothing was decided. {heading(error)}. {error.sentence}"
            status = status_in_place(error)
    context = _context(approval, cast(User, request.user)) | {
        "problem": problem,
        "comment": request.POST.get("comment", ""),
        "lacks_comment": lacks_comment,
    }
    return render(request, "approvals/approval.html", context, status=status)


def _act(request: HttpRequest, approval: Approval) -> None:
    """Do what a button says. Raises Refused, CodatError."""
    user, action = cast(User, request.user), request.POST.get("action", "")
    if action == "approve":
        deciding.approve(approval, user, default_service())
    elif action == "close":
        deciding.close(approval, user, default_service())
    elif action == "return":
        deciding.return_to_author(approval, user, request.POST.get("comment", ""))
    elif action == "withdraw":
        deciding.withdraw(approval, user)
    else:
        raise Refused("This page has no such button.")


def _context(approval: Approval, user: User) -> dict[str, Any]:
    """The context of `approvals/approval.html`."""
    waits = approval.state == State.WAITING
    context: dict[str, Any] = {
        "approval": approval,
        "title": title_of(approval),
        "company": company_of(approval),
        "sentence": sentence(approval),
        "may_approve": waits and may_approve(user, approval),
        "is_own": waits and approval.asked_by_id == user.pk,
        "max_comment": deciding.MAX_COMMENT,
        "changes": [],
        "moved": [],
        "is_missing": False,
        "read_error": "",
        "rows": [],
        "write": approval.write,
        "batch": approval.batch,
        "customers_url": links.customers(approval.company_id),
    }
    if approval.batch is not None:
        return context | _batch_context(approval.batch)
    return context | (_write_context(approval.write, waits=waits) if approval.write else {})


def _batch_context(batch: Batch) -> dict[str, Any]:
    rows = batch.rows.filter(state=BatchRow.State.CHECKED).order_by("position")
    listed = rows.only("position", "customer_id", "customer_name", "changes", "write")[:MAX_ROWS]
    return {
        "subject_url": links.batch(batch.company_id, batch.pk),
        "rows": [
            (row.label, row.changes, links.batch_row(batch.company_id, batch.pk, row.position))
            for row in listed
        ],
    }


def _write_context(write: Write, *, waits: bool) -> dict[str, Any]:
    """The fields of a change: while it waits, against a read now; with what has moved since it was saved."""
    context: dict[str, Any] = {"subject_url": links.write(write.company_id, write.pk)}
    own = effects.own_changes(write, effects.earlier_writes(write))
    if not waits:
        return context | {"changes": own}
    try:
        reading = read_now(write, default_service())
    except CodatError as error:
        return context | {"changes": own, "read_error": f"{heading(error)}. {error.sentence}"}
    return context | {
        "changes": _against(write, reading) if reading.record is not None else own,
        "moved": reading.moved(write),
        "is_missing": reading.is_missing,
        "read_at": reading.read_at,
    }


def _against(write: Write, reading: Reading) -> Any:
    """What the change would do to the customer as it was read now."""
    return changed_fields(reading.record, write.sent_values)
