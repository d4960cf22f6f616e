"""Create and edit: one page with a form that is generated from the connection's create/update model.

The form contains the record that it was opened with, so only the draft is stored between two posts. Every
button posts the whole form to the page's own address; `action` names the button.
"""

from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from customers.codat.companies import is_linked
from customers.codat.errors import CodatError, InvalidResponse, UnusableModel
from customers.codat.reading.snapshots import Snapshot
from customers.editing import opening
from customers.editing.edit import Edit, SaveOptions, Target, read_customer
from customers.editing.form_page import EditPage, form_key
from customers.editing.opening import uuid_or_new
from customers.editing.save import (
    AlreadySaved,
    AlreadySavedDifferently,
    BeingSent,
    CustomerMissing,
    Invalid,
    MergeNeeded,
    Outcome,
    SameName,
    Sent,
    Unchanged,
    Waits,
    save,
)
from customers.formatting import distance, text_or_dash
from customers.forms import FormTampered, ModelError, compile_model
from customers.models import Write
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyContext, load_company
from customers.web.error_pages import heading, needs_administrator, status_in_place
from customers.web.origins.list_origin import kept, read_origin
from customers.web.resubmit import post_fields
from customers.writes import drafts

# The button that saves, and opens the form of the next customer of the list.
SAVE_AND_NEXT = "next"


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.write_customers", raise_exception=True)
def create(request: HttpRequest, company_id: str) -> HttpResponse:
    """The form for a new customer. `?from=<customer>` fills in the values of another customer; see `_open`."""
    return _form(request, company_id, "")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.write_customers", raise_exception=True)
def update(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    """A customer's form; see `_open`."""
    return _form(request, company_id, customer_id)


@require_POST
@permission_required("customers.write_customers", raise_exception=True)
def draft(request: HttpRequest, company_id: str, customer_id: str = "") -> HttpResponse:
    """Store the form's current values (204), or delete the draft (`action=discard`). Reads the company from Codat.

    An unchanged form is not stored (204 with the header `Draft: none`). 409 with the header `Draft-Sequence` where
    a newer draft is stored, 410 where the form was saved.
    """
    submission = uuid_or_new(request.POST.get("submission"))
    if request.POST.get("action") == "discard":
        # Before the company is read, because it may not exist any more.
        drafts.discard(cast(User, request.user), submission)
        return HttpResponseRedirect(_after_discard(request, company_id, customer_id))
    page = load_company(request, company_id)
    try:
        model = read_model(page).data
    except CodatError:
        # Without it, the draft cannot report later which fields have changed since.
        model = None
    sequence = drafts.sequence_number(request.POST.get("draft_sequence"))
    edit = _posted_edit(request, page, customer_id, model) if model is not None else None
    if edit and edit.options == SaveOptions() and edit.form.is_untouched:
        drafts.discard(cast(User, request.user), submission, sequence=sequence)
        return HttpResponse(status=204, headers={"Draft": "none"})
    try:
        drafts.store(
            form_key(request.user, page, customer_id),
            submission,
            request.POST,
            model=model,
            customer_name=_name(request, edit),
            sequence=sequence,
        )
    except drafts.OutdatedDraft as error:
        return HttpResponse(status=409, headers={"Draft-Sequence": str(error.sequence)})
    except drafts.SavedForm:
        return HttpResponse(status=410)
    return HttpResponse(status=204)


def _posted_edit(
    request: HttpRequest, page: CompanyContext, customer_id: str, model: dict[str, Any]
) -> Edit | None:
    """The edit of a posted form; None where it cannot be read."""
    if page.connection is None:
        return None
    target = Target(page.company_id, page.company, page.connection, customer_id, model)
    try:
        return opening.read_post(target, request.POST)
    except (FormTampered, ModelError):
        return None


def _name(request: HttpRequest, edit: Edit | None) -> str:
    """The customer's name in a posted form; of a form of one other field, the record's."""
    typed = request.POST.get("f.customerName", "")
    return typed or str((edit.form.base.get("customerName") if edit else "") or "")


def _after_discard(request: HttpRequest, company_id: str, customer_id: str) -> str:
    """The address of the page that discarded a draft: *My changes*, or the form."""
    if request.POST.get("from") == "writes":
        return links.my_writes()
    form = links.form(company_id, customer_id)
    connection = request.GET.get("connection")
    url = f"{form}?{urlencode({'connection': connection})}" if connection else form
    return kept(url, read_origin(request.GET, company_id))


def _form(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    is_read = request.method != "POST"
    try:
        page = load_company(request, company_id, stale_if_error=is_read)
        if page.connection is None or not page.is_linked:
            return _not_linked(request, page, customer_id)
        model = read_model(page, fresh="fresh" in request.GET, stale_if_error=is_read)
        target = Target(page.company_id, page.company, page.connection, customer_id, model.data)
        edit_page = EditPage(request, page, target, read_origin(request.GET, company_id))
        if not is_read:
            return _post(edit_page)
        return _render(edit_page, _open(edit_page).with_notes(*_stale_notes(model)))
    except CodatError as error:
        if not is_read:
            return not_saved(request, error)
        if isinstance(error, UnusableModel):
            return _no_form(request, company_id, error)
        raise


def _render(page: EditPage, edit: Edit, *, status: int = 200) -> HttpResponse:
    """The page of an edit. The edit is for a new customer where the customer of the page does not exist any more."""
    return replace(page, target=edit.target).render(edit, status=status)


def read_model(
    page: CompanyContext, *, fresh: bool = False, stale_if_error: bool = True
) -> Snapshot[dict[str, Any]]:
    """The create/update model of the page's connection, of which a form can be made. Raises CodatError."""
    return default_service().snapshots.get_create_update_model(
        company_id=page.company_id,
        connection_id=page.connection_id,
        check=compile_model,
        fresh=fresh,
        stale_if_error=stale_if_error,
    )


def _stale_notes(model: Snapshot[dict[str, Any]]) -> list[str]:
    """A note where the form is from a cached model, because Codat did not respond or sent no usable one."""
    if model.error is None:
        return []
    ago = distance(model.read_at, timezone.now())
    if isinstance(model.error, InvalidResponse):
        return [f"Codat sent fields that cannot be shown. This form has the fields from {ago}."]
    return [f"{heading(model.error)}. This form is from {ago}. Save once Codat responds again."]


# -- opening ----------------------------------------------------------------------------------------


def _open(page: EditPage) -> Edit:
    """The form as it is opened: on the record, or on what the query string names.

    `?draft=<submission>` continues a draft, `?write=<id>` reopens an earlier change with its errors, `?revert=<id>`
    fills in the values from before a change, `?from=<customer>` fills in the values of another customer.
    `?add=<path>` adds a row to that list.
    """
    query, target, service = page.request.GET, page.target, default_service()
    if target.creating and query.get("from"):
        source = read_customer(service, target.company_id, query["from"])
        return opening.open_copy(target, source)
    if "draft" in query:
        draft = get_object_or_404(page.key.drafts(), submission=uuid_or_new(query["draft"]))
        return opening.open_draft(target, draft, service)
    if "revert" in query:
        return opening.open_undo(target, _write(target, query["revert"]), service)
    if "write" in query:
        return opening.open_write(target, _write(target, query["write"]), page.user, service)
    edit = opening.open_record(target, service)
    if "add" in query:
        edit.form.apply_action(f"add:{query['add']}")
    return edit


def _write(target: Target, write_id: str) -> Write:
    """An earlier change of the same customer; 404 for a change of another one."""
    same = {"kind": Write.Kind.CREATE} if target.creating else {"customer_id": target.customer_id}
    write = {"pk": uuid_or_new(write_id), "company_id": target.company_id}
    return get_object_or_404(Write, **write, **same)


# -- posting ----------------------------------------------------------------------------------------


def _post(page: EditPage) -> HttpResponse:
    """The response to a post: a save, a review of what would be sent, or a button that changes the form."""
    post, target = page.request.POST, page.target
    try:
        edit = opening.read_post(target, post)
    except FormTampered:
        record = target.read(default_service())
        return page.render(opening.rebuild(target, post, record), status=422)
    action = post.get("action") or "save"
    if action in ("save", SAVE_AND_NEXT):
        outcome = save(edit, user=page.user, service=default_service(), choices=post)
        return _saved(page, edit, outcome, goes_on=action == SAVE_AND_NEXT)
    if action in ("review", "check"):
        if not edit.is_valid():
            return page.render(edit, status=422)
        return page.render(edit, reviewing=action == "review", checked=True)
    edit.form.apply_action(action)
    return page.render(edit)


def _saved(page: EditPage, edit: Edit, outcome: Outcome, *, goes_on: bool) -> HttpResponse:
    """The response to each outcome of a save. `goes_on` where a change that is sent leads to the next customer."""
    match outcome:
        case Sent(write) if write.state == Write.State.FAILED:
            return page.redirect(page.path + page.page.query(write=write.pk))
        case Sent(write) | Waits(write):
            removed = "removed" if edit.form.has_removed_characters else ""
            return page.redirect_to_change(write, removed, goes_on=goes_on)
        case AlreadySaved(write, is_other_form):
            if is_other_form:
                return page.redirect_to_change(write, "same")
            return page.redirect_to_change(write, "again", goes_on=goes_on)
        case Unchanged(form):
            note = "You have not changed anything, so nothing was sent."
            if form.changes():
                note = "The customer already has these values, so nothing was sent."
            return page.render(edit.with_notes(note))
        case Invalid():
            return page.render(edit, status=422)
        case MergeNeeded(merge=merge):
            return page.render(edit, merge=merge, status=409)
        case CustomerMissing():
            return _render(page, opening.open_as_new(edit), status=409)
        case BeingSent(write=write):
            edit.form.problems.append(
                f"{write.username} is saving this customer at this moment. Nothing was sent."
                " Save again in a few seconds."
            )
            return page.render(edit, status=409)
        case SameName():
            acknowledged = replace(edit, acknowledged=edit.acknowledged | outcome.keys)
            return page.render(acknowledged, same_name=outcome, status=409)
        case AlreadySavedDifferently(edit=new_edit):
            note = (
                "You already saved this form with different values, so nothing was sent this time."
                " Check the values, then save again."
            )
            return page.render(new_edit.with_notes(note), status=409)


# -- what cannot be saved now -----------------------------------------------------------------------


def _not_linked(request: HttpRequest, page: CompanyContext, customer_id: str) -> HttpResponse:
    """The page where the connection is not linked. The posted fields can be posted again, or to another connection."""
    path = links.form(page.company_id, customer_id)
    origin = read_origin(request.GET, page.company_id)
    others = [
        {
            "name": text_or_dash(other.get("platformName")),
            "url": kept(path + page.query(connection=other["id"]), origin),
        }
        for other in page.connections
        if is_linked(other) and other.get("id")
    ]
    context = {
        "page": page,
        "customer_id": customer_id,
        "customers_url": origin.address() if origin else page.customers_url,
        "post_fields": post_fields(request),
        "here": request.get_full_path(),
        "others": others,
    }
    templates = "editing/not_linked.html", "editing/_not_linked.html"
    status = 409 if request.method == "POST" else 200
    return htmx.render(request, *templates, context, status=status)


def _no_form(request: HttpRequest, company_id: str, error: UnusableModel) -> HttpResponse:
    """The page where Codat sent no usable model and none is cached. It offers to read the model again."""
    query, origin = request.GET.copy(), read_origin(request.GET, company_id)
    query["fresh"] = "1"
    context = {
        "sentence": error.sentence,
        "reload_url": f"{request.path}?{query.urlencode()}",
        "customers_url": origin.address() if origin else links.customers(company_id),
    }
    templates = "editing/no_form.html", "editing/_no_form.html"
    return htmx.render(request, *templates, context, status=error.our_status)


def not_saved(request: HttpRequest, error: CodatError) -> HttpResponse:
    """The page where Codat failed before a save was sent. The posted fields can be posted again."""
    response = htmx.render(
        request,
        "editing/not_saved.html",
        "editing/_not_saved.html",
        {
            "error": error,
            "error_heading": heading(error),
            "needs_administrator": needs_administrator(error),
            "post_fields": post_fields(request),
            "here": request.get_full_path(),
        },
        status=status_in_place(error),
    )
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response
