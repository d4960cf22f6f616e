"""The page of one change: its state, the fields that it changed, and the decisions that a person can make."""

import uuid
from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from customers.codat import refreshes
from customers.codat.errors import CodatError
from customers.codat.types import ValidationItem
from customers.codat.values import parse_date
from customers.formatting import path_label, path_parts, pretty_json
from customers.models import SubjectKind, Write
from customers.notes.panel import panel
from customers.notes.subjects import Subject
from customers.service import default_service
from customers.web import htmx, links
from customers.web.origins.list_origin import Origin, kept
from customers.web.origins.place import Place, cached_results, place
from customers.writes import decisions, sentences, tracking
from customers.writes.pages.approval_state import approval_context
from customers.writes.pages.change_origin import Origins
from customers.writes.showing import effects
from customers.writes.support import support_bundle


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def change(request: HttpRequest, company_id: str, write_id: uuid.UUID) -> HttpResponse:
    """One change. While its outcome is not known, a GET polls Codat if that is due, and HTMX repeats the GET.

    `?check` asks Codat immediately; `?again` says that a second save of the same form led here, `?same` that a
    save of the same change in another form did, `?removed` that invisible characters were removed before. `?list` or
    `?history` says what list led here (web/origins/list_origin.py, writes/pages/change_origin.py). HEAD shows
    what is known, without a call to Codat. POST `action=send` sends an unknown create again with its own key; POST
    `decision=linked` with `key`, or `decision=not_received`, is what a person decides about an unknown write.
    """
    rows = Write.objects.select_related("approval")
    write = get_object_or_404(rows, pk=write_id, company_id=company_id)
    origins = Origins.of(request.GET, company_id)
    action_error: CodatError | None = None
    progress = decisions.Progress([])
    if request.method == "POST":
        try:
            _act(request, write)
            return HttpResponseRedirect(origins.kept(links.write(company_id, write.pk)))
        except CodatError as error:
            action_error = error
    if request.method != "HEAD":
        progress = decisions.follow(write, default_service(), now="check" in request.GET)
        write.mark_seen_by(request.user.pk)
    may_write = request.user.has_perm("customers.write_customers")
    context = _context(write, origins)
    context |= {
        "notes": None if htmx.is_fragment(request) else panel(request, _subject(write)),
        "evidence": progress.evidence,
        "check_error": progress.error,
        "action_error": action_error,
        "action_failed": "Nothing was sent."
        if request.POST.get("action") == "send"
        else "Your decision was not saved.",
        "again": "again" in request.GET,
        "same": "same" in request.GET,
        "removed": "removed" in request.GET,
        "may_write": may_write,
        "approval": approval_context(write, cast(User, request.user)),
        "may_undo": may_write and effects.can_be_undone(write) and not context["undo_ids"],
    }
    status = action_error.our_status if action_error else 200
    return htmx.render(request, "writes/change.html", "writes/_change.html", context, status=status)


@permission_required("customers.write_customers", raise_exception=True)
def _act(request: HttpRequest, write: Write) -> HttpResponse:
    """Send an unknown write again, or record a person's decision about it. Raises CodatError."""
    user = cast(User, request.user)
    if request.POST.get("action") == "send":
        by = Write.SettledBy.POLL
        tracking.follow_or_repeat(write, default_service(), by=by)
        return HttpResponse(status=204)
    decision = request.POST.get("decision")
    if decision == Write.Decision.LINKED:
        key = request.POST.get("key", "")[:64]
        decisions.link_operation(write, key, default_service(), user=user)
    elif decision == Write.Decision.NOT_RECEIVED:
        decisions.mark_not_received(write, user=user)
    return HttpResponse(status=204)


def _context(write: Write, origins: Origins) -> dict[str, Any]:
    """What the page shows of the row itself."""
    pause = tracking.interval(write)
    tracked = tracking.is_tracked(write)
    retries = list(write.retries.defer("payload", "before").order_by("created_at"))
    return {
        "write": write,
        "status": sentences.status(write),
        "read_back": sentences.read_back(write),
        "summary": sentences.summary(write),
        "difference_labels": sentences.DIFFERENCE_LABELS,
        "tracked": tracked,
        "needs_decision": tracking.needs_decision(write),
        "seconds": int(pause.total_seconds()) if pause and tracked else None,
        "changes": effects.own_changes(write, effects.earlier_writes(write)),
        "errors": [_finding(item) for item in write.validation],
        "warnings": [_finding(item) for item in write.warnings],
        "merged": [item | {"at": parse_date(item["at"])} for item in write.merged],
        "payload": pretty_json(write.sent_values) if write.payload else "",
        "support_bundle": support_bundle(write),
        "refresh_label": refreshes.status_label(write.refresh_status),
        "duration": sentences.duration(write),
        "retries": retries,
        "undo_ids": [retry.pk for retry in retries if effects.is_undo(retry)],
        "is_undo": effects.is_undo(write),
    } | _urls(write, origins)


def _subject(write: Write) -> Subject:
    """What the notes on a change are about."""
    return Subject(SubjectKind.CHANGE, write.company_id, str(write.pk))


def _place(write: Write, origin: Origin | None) -> Place | None:
    """The place of the customer in the list that led to its change. Makes no call."""
    if origin is None:
        return None
    return place(origin, write.customer_id, write.company_name, cached_results(origin))


def _urls(write: Write, origins: Origins) -> dict[str, Any]:
    """The addresses that the page links to, "" where there is none, and the way back to the list that led here."""
    company_id = write.company_id
    form = links.form(company_id, write.customer_id if write.kind == Write.Kind.UPDATE else "")
    has_page = links.is_addressable(write.customer_id)
    customer_url = links.customer(company_id, write.customer_id) if has_page else ""
    changes, origin = origins.changes, origins.customers
    return {
        "place": _place(write, origin),
        "changes_back": (changes.label, changes.address(company_id, write.pk)) if changes else None,
        "write_url": origins.kept(links.write(company_id, write.pk)),
        "check_url": origins.kept(links.write(company_id, write.pk) + "?check=1"),
        "customers_url": links.customers(company_id),
        "writes_url": links.writes(company_id),
        "customer_url": kept(customer_url, origin) if has_page else "",
        "reopen_url": kept(f"{form}?write={write.pk}", origin),
        "batch_url": links.batch(company_id, write.batch_id) if write.batch_id else "",
        "undo_url": kept(links.undo(company_id, write.pk), origin),
    }


def _finding(item: ValidationItem) -> dict[str, str]:
    """An error or warning of Codat's with the label of its field, "" where it names none."""
    return {
        "label": path_label(path_parts(item.get("itemId") or "")),
        "message": item.get("message") or "No reason was given.",
    }
