"""The journal's pages: a company's writes, one write followed to its end, and one's own."""

import uuid
from typing import Any, cast
from urllib.parse import urlencode

import simplejson
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.shortcuts import render as render_template
from django.views.decorators.http import require_http_methods, require_safe

from customers.codat import refreshes
from customers.codat.errors import CodatError
from customers.codat.types import PushOperation, ValidationItem
from customers.formatting import DASH, path_label, path_parts, pretty_json, text
from customers.models import Draft, Write, WriteQuerySet
from customers.service import default_service
from customers.web import links
from customers.web.htmx import render
from customers.writes import diff, drafts, journal, sentences, tracking
from customers.writes.support import support_bundle

PAGE_SIZE = 50
# Shown of what somebody has typed and not saved; older ones are where they were typed.
MOST_DRAFTS = 50
# What `state` says for all states in which a write is not finished, and for those that somebody has yet to look at.
_UNFINISHED, _OPEN = "unfinished", "open"


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def index(request: HttpRequest, company_id: str) -> HttpResponse:
    """A company's writes, newest first; `state`, `kind`, `by` and `customer` narrow them."""
    rows = Write.objects.filter(company_id=company_id)
    newest = rows.first()
    context = _listing(request, rows) | {
        "company_id": company_id,
        "company_name": (newest.company_name if newest else "") or "this company",
        "customers_url": links.customers(company_id),
        "codat_url": links.codat_writes(company_id),
        "people": rows.order_by("username").values_list("username", flat=True).distinct()[:200],
    }
    return render(request, "writes/changes.html", "writes/_changes.html", context)


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def mine(request: HttpRequest) -> HttpResponse:
    """The signed-in person's own writes; those still to be looked at unless `state` says otherwise.

    Above them what they have typed and not saved, wherever that was.
    """
    user = cast(User, request.user)
    rows = Write.objects.filter(user=user)
    context = _listing(request, rows, state=_OPEN) | {"mine": True}
    if user.has_perm("customers.write_customers"):
        # Not what was typed, and into which model: the longest columns that there are.
        found = drafts.unsaved(user).defer("body", "model")[:MOST_DRAFTS]
        context["unsaved"] = [_unsaved(draft) for draft in found]
    context["states"] = [(_OPEN, "Not finished, or not seen"), *context["states"]]
    return render(request, "writes/changes.html", "writes/_changes.html", context)


def _unsaved(draft: Draft) -> dict[str, Any]:
    """What is shown of a draft away from its form. The company has a name where it was read lately."""
    company_id, customer_id = draft.company_id, draft.customer_id
    company = default_service().snapshots.cached_company(company_id=company_id)
    query = {"connection": draft.connection_id, "draft": str(draft.submission)}
    return {
        "draft": draft,
        "company": text(company.data.get("name") if company else None),
        "draft_url": links.draft(company_id, customer_id),
        "url": f"{links.form(company_id, customer_id)}?{urlencode(query)}",
    }


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def at_codat(request: HttpRequest, company_id: str) -> HttpResponse:
    """Codat's own push history of a company, newest first; those of the journal are linked to it."""
    number = max(int(request.GET.get("page", "1")[:6]), 1) if _is_number(request) else 1
    found = default_service().list_push_operations(
        company_id=company_id, page=number, page_size=PAGE_SIZE, order_by="-requestedOnUtc"
    )
    operations = found["results"]
    keys = [key for operation in operations if (key := journal.key_of(operation))]
    ours = {
        write.push_operation_key: write
        for write in Write.objects.filter(company_id=company_id, push_operation_key__in=keys)
    }
    address = links.codat_writes(company_id)
    context = {
        "company_id": company_id,
        "writes_url": links.writes(company_id),
        "customers_url": links.customers(company_id),
        "address": address,
        "rows": [_operation_row(company_id, operation, ours) for operation in operations],
        "total": found.get("totalResults") or len(operations),
        "previous_url": f"{address}?page={number - 1}" if number > 1 else "",
        "next_url": f"{address}?page={number + 1}"
        if number * PAGE_SIZE < (found.get("totalResults") or 0)
        else "",
    }
    return render(request, "writes/codat_changes.html", "writes/_codat_changes.html", context)


def _is_number(request: HttpRequest) -> bool:
    page = request.GET.get("page", "")
    return page.isascii() and page.isdigit()


def _operation_row(
    company_id: str, operation: PushOperation, ours: dict[str, Write]
) -> dict[str, Any]:
    """What the history shows of one push operation."""
    write = ours.get(journal.key_of(operation))
    record = journal.record_id(operation)
    return {
        "operation": operation,
        "write": write,
        "url": links.write(company_id, write.pk) if write else "",
        "record": record,
        "record_url": links.customer(company_id, record)
        if links.is_addressable(record)
        and str(operation.get("dataType") or "").lower() == "customers"
        else "",
    }


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def badge(request: HttpRequest) -> HttpResponse:
    """The link to one's own writes with their number; pages ask for it again by themselves."""
    return render_template(request, "writes/_badge.html")


def _listing(request: HttpRequest, rows: WriteQuerySet, *, state: str = "") -> dict[str, Any]:
    """The filters of the address applied to `rows`, one page of them; `state` where the address names none."""
    filters = {
        "state": request.GET.get("state", state),
        "kind": request.GET.get("kind", ""),
        "by": request.GET.get("by", "")[:150],
        "customer": request.GET.get("customer", "")[:500],
    }
    columns = {"state": "state", "kind": "kind", "by": "username", "customer": "customer_id"}
    # PostgreSQL takes no text with a NUL.
    wanted = {name: value.replace("\0", "\ufffd") for name, value in filters.items()}
    if filters["state"] == _UNFINISHED:
        rows, wanted["state"] = rows.unfinished(), ""
    elif filters["state"] == _OPEN:
        rows, wanted["state"] = rows.needs_attention(), ""
    rows = rows.filter(**{columns[name]: value for name, value in wanted.items() if value})
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return {
        "filters": filters,
        "filtered": any(request.GET.get(name) for name in filters),
        "states": [(_UNFINISHED, "Not finished"), *Write.State.choices],
        "kinds": Write.Kind.choices,
        "page": page,
        "query": query.urlencode(),
        "rows": [
            {
                "write": write,
                "url": links.write(write.company_id, write.pk),
                "took": _took(write),
            }
            for write in page
        ],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def detail(request: HttpRequest, company_id: str, write_id: uuid.UUID) -> HttpResponse:
    """One write. While it is unfinished each visit that is due asks Codat, and HTMX keeps visiting.

    POST `decision=adopt` with `key`, or `decision=lost`: what a person makes of an unknown write. `?again` says that a
    second save of the same form led here.
    """
    write = get_object_or_404(Write, pk=write_id, company_id=company_id)
    trouble: CodatError | None = None
    undecided: CodatError | None = None
    evidence: list[tracking.Evidence] = []
    if request.method == "POST":
        try:
            _decide(request, write)
            return HttpResponseRedirect(links.write(company_id, write.pk))
        except CodatError as error:
            undecided = error
    try:
        if tracking.is_due(write) or "check" in request.GET:
            tracking.check(write, default_service(), by="poll")
        if write.state == Write.State.UNKNOWN and not tracking.can_be_repeated(write):
            evidence = tracking.evidence(write, default_service())
    except CodatError as error:
        trouble = error
    context = _context(write) | {"trouble": trouble, "undecided": undecided, "evidence": evidence}
    context["again"] = "again" in request.GET
    context["may_write"] = request.user.has_perm("customers.write_customers")
    write.seen_by(request.user.pk)
    status = undecided.our_status if undecided else 200
    return render(request, "writes/change.html", "writes/_change.html", context, status=status)


@permission_required("customers.write_customers", raise_exception=True)
def _decide(request: HttpRequest, write: Write) -> HttpResponse:
    """Record a person's decision about an unknown write."""
    if request.POST.get("decision") == "adopt":
        tracking.link_operation(write, request.POST.get("key", "")[:64], default_service())
    elif request.POST.get("decision") == "lost":
        tracking.mark_not_received(write)
    return HttpResponse(status=204)


def _context(write: Write) -> dict[str, Any]:
    """All that the page of one write shows."""
    payload = simplejson.loads(write.payload, use_decimal=True) if write.payload else None
    pause = tracking.interval(write)
    company_id = write.company_id
    customer = links.is_addressable(write.customer_id)
    form = (
        links.edit(company_id, write.customer_id)
        if write.kind == Write.Kind.UPDATE
        else links.new(company_id)
    )
    return {
        "write": write,
        "sentence": sentences.sentence(write),
        "write_url": links.write(company_id, write.pk),
        "customers_url": links.customers(company_id),
        "writes_url": links.writes(company_id),
        "customer_url": links.customer(company_id, write.customer_id) if customer else "",
        "reopen_url": f"{form}?write={write.pk}",
        "revert_url": f"{form}?revert={write.pk}",
        "followed": tracking.is_followed(write),
        "seconds": int(pause.total_seconds()) if pause and tracking.is_followed(write) else None,
        "repeats": tracking.can_be_repeated(write),
        "changes": diff.changes(write),
        "refused": [_finding(item) for item in write.validation],
        "warned": [_finding(item) for item in write.warnings],
        "payload": pretty_json(payload) if payload is not None else "",
        "bundle": support_bundle(write),
        "refresh_words": refreshes.status_label(write.refresh_status),
        "took": _took(write),
        "retries": write.retries.order_by("created_at"),
    }


def _finding(item: ValidationItem) -> dict[str, str]:
    """A finding of Codat's, its field named as the rest of the page names fields; `place` "" where it names none."""
    return {
        "place": path_label(path_parts(item.get("itemId") or "")),
        "said": item.get("message") or "No reason was given.",
    }


def _took(write: Write) -> str:
    """How long a write took from being sent to its end, for people; a dash while nobody knows."""
    if write.sent_at is None or write.completed_at is None:
        return DASH
    seconds = max((write.completed_at - write.sent_at).total_seconds(), 0)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
