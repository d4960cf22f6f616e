"""Create and edit: one page, a form generated from the connection's create/update model.

The form carries the record it was opened with, so nothing is kept between two posts but the draft. Every
button posts the whole form to the page's own address; `action` says which one it was.
"""

from typing import Any, cast
from urllib.parse import urlencode

import simplejson
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from customers.codat.companies import is_linked
from customers.codat.errors import CodatError
from customers.codat.snapshots import Snapshot
from customers.editing.form_page import EditPage, key_of, uuid_of
from customers.editing.save import posted
from customers.formatting import distance, text
from customers.forms import Form, FormTampered, ModelError, copy_of
from customers.forms.model_changes import model_changes
from customers.models import Write
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyPage, load_company
from customers.web.error_pages import heading
from customers.web.resubmit import typed
from customers.writes import drafts


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.write_customers", raise_exception=True)
def create(request: HttpRequest, company_id: str) -> HttpResponse:
    """A new customer. `?from=<customer>` begins with another one's values; see `_opened`."""
    return _page(request, company_id, "")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.write_customers", raise_exception=True)
def update(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    """A customer's form."""
    return _page(request, company_id, customer_id)


@require_POST
@permission_required("customers.write_customers", raise_exception=True)
def draft(request: HttpRequest, company_id: str, customer_id: str = "") -> HttpResponse:
    """Keep what was typed so far (204), or forget it (`action=discard`). Asks Codat nothing but the company."""
    submission = uuid_of(request.POST.get("submission"))
    if request.POST.get("action") == "discard":
        # Before anything else: its company may be gone.
        drafts.discard(cast(User, request.user), submission)
        return HttpResponseRedirect(_back(request, company_id, customer_id))
    page = load_company(request, company_id)
    model = _model(page).data
    name = request.POST.get("f.customerName", "")
    drafts.keep(
        key_of(request, page, customer_id),
        submission,
        request.POST,
        model=model,
        customer_name=name,
    )
    return HttpResponse(status=204)


def _back(request: HttpRequest, company_id: str, customer_id: str) -> str:
    """To where a draft was discarded: one's own writes, or its form."""
    if request.POST.get("from") == "writes":
        return links.my_writes()
    form = links.form(company_id, customer_id)
    connection = request.GET.get("connection")
    return f"{form}?{urlencode({'connection': connection})}" if connection else form


def _page(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    try:
        reading = request.method != "POST"
        page = load_company(request, company_id, stale_if_error=reading)
        if not page.is_linked:
            return _cannot_write(request, page, customer_id)
        model = _model(page, fresh="fresh" in request.GET, stale_if_error=reading)
        desk = EditPage(request, page, customer_id, model.data)
        if model.error is not None:
            desk.notes.append(
                f"{heading(model.error)}. This form is the one of"
                f" {distance(model.read_at, timezone.now())}; what you type is kept, and can be"
                " saved once Codat answers again."
            )
        if request.method == "POST":
            return posted(desk)
        return desk.render(_opened(desk))
    except CodatError as error:
        if request.method != "POST":
            raise
        return _keep_typed(request, error)
    except ModelError as error:
        context = {"sentence": str(error), "customers_url": links.customers(company_id)}
        return htmx.render(
            request, "editing/no_form.html", "editing/_no_form.html", context, status=502
        )


def _model(
    page: CompanyPage, *, fresh: bool = False, stale_if_error: bool = True
) -> Snapshot[dict[str, Any]]:
    return default_service().snapshots.get_create_update_model(
        company_id=page.company_id,
        connection_id=page.connection_id,
        fresh=fresh,
        stale_if_error=stale_if_error,
    )


def _cannot_write(request: HttpRequest, page: CompanyPage, customer_id: str) -> HttpResponse:
    """The connection is not linked: what was typed, if anything, is kept and can be sent again."""
    path = links.form(page.company_id, customer_id)
    others = [
        {"name": text(other.get("platformName")), "url": path + page.query(connection=other["id"])}
        for other in page.connections
        if is_linked(other) and other.get("id")
    ]
    context = {
        "page": page,
        "typed": typed(request),
        "here": request.get_full_path(),
        "others": others,
    }
    return htmx.render(
        request,
        "editing/not_linked.html",
        "editing/_not_linked.html",
        context,
        status=200 if request.method != "POST" else 409,
    )


def _keep_typed(request: HttpRequest, error: CodatError) -> HttpResponse:
    """Codat failed us before anything was sent: say so, and carry what was typed to the next try."""
    response = htmx.render(
        request,
        "editing/not_saved.html",
        "editing/_not_saved.html",
        {"trouble": error, "typed": typed(request), "here": request.get_full_path()},
        status=error.our_status if error.our_status >= 500 else 502,
    )
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


# -- opening ----------------------------------------------------------------------------------------


def _opened(desk: EditPage) -> Form:
    """The form as it is opened: on the record, or on what the address asks for.

    `?draft=<submission>` continues a draft, `?write=<id>` reopens what a write sent with its findings,
    `?revert=<id>` fills in the values from before a write, `?from=<customer>` begins a new one from another.
    """
    query, service = desk.request.GET, default_service()
    company_id = desk.page.company_id
    record: dict[str, Any] | None = None
    if desk.customer_id:
        record = desk.with_pending_changes(desk.record(), say=True)
    elif query.get("from"):
        source = service.get(company_id=company_id, customer_id=query["from"])
        desk.notes.append(f"Begun with the values of {text(source.get('customerName'))}.")
        return desk.form(filled=copy_of(cast(dict[str, Any], source)))
    if "draft" in query:
        return _continued(desk, record)
    if "write" in query or "revert" in query:
        return _reopened(desk, record)
    return desk.form(record)


def _continued(desk: EditPage, record: Any) -> Form:
    """A draft's form, with what has changed since in the record and in the model."""
    found = get_object_or_404(desk.key.drafts(), submission=uuid_of(desk.request.GET["draft"]))
    desk.submission = found.submission
    post = drafts.posted(found)
    desk.read_options(post)
    desk.notes.extend(model_changes(found.model, desk.model))
    try:
        form = desk.form(data=post)
    except FormTampered:
        return desk.rebuilt_from_post(post, record)
    if record is not None:
        desk.notes.extend(
            f"Somebody has changed {change.label} since: {change.old_text} → {change.new_text}."
            for change in form.since(record)
        )
    desk.notes.insert(
        0, f"You are continuing what you typed on {found.updated_at:%-d %B, %H:%M} UTC."
    )
    return form


def _reopened(desk: EditPage, record: Any) -> Form:
    """The form filled with what a write sent, or with what was there before it."""
    revert = "revert" in desk.request.GET
    wanted = uuid_of(desk.request.GET.get("revert" if revert else "write"))
    # One customer's values have no place in the form of another.
    theirs = {"kind": Write.Kind.CREATE} if desk.creating else {"customer_id": desk.customer_id}
    write = get_object_or_404(Write, pk=wanted, company_id=desk.page.company_id, **theirs)
    source = write.before if revert else write.payload
    if not source:
        desk.notes.append(
            "What was sent then has been forgotten, as the settings ask."
            if write.forgotten_at
            else "That save made the customer: there are no values from before it."
        )
        return desk.form(record)
    form = desk.form(record, filled=simplejson.loads(source, use_decimal=True))
    if revert:
        desk.notes.append("These are the values from before that change. Nothing is sent yet.")
        return form
    write.seen_by(desk.request.user.pk)
    desk.retry_of = write
    desk.options = {
        "timeout": str(write.timeout_in_minutes or ""),
        "force": "1" if write.force_update else "",
    }
    desk.notes.append("This is what was sent then. Saving it sends it as a new write.")
    form.place(write.validation)
    if not write.validation and write.error_message:
        form.problems.append(write.error_message)
    return form
