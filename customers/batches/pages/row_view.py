"""One row of a batch: its form as the batch fills it in where it can be corrected, else what is known of it."""

import uuid
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from customers.batches import following_up, states
from customers.batches.checking import NotPossible, check_row, target_maker
from customers.batches.names import sentence
from customers.batches.pages.row_list import RowPlace, may_correct, row_context
from customers.batches.reasons import reason
from customers.codat.companies import accounting_connections
from customers.codat.errors import CodatError, NotFound
from customers.editing.edit import Edit, Target
from customers.editing.opening import rebuild
from customers.editing.save import (
    AlreadySaved,
    BeingSent,
    CustomerMissing,
    Invalid,
    MergeNeeded,
    Outcome,
    Ready,
    SameName,
    Unchanged,
)
from customers.editing.views import not_saved
from customers.formatting import text_or_dash
from customers.forms import FormTampered
from customers.models import Batch, BatchRow
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyContext

# The button that saves, and opens the next row to correct.
SAVE_AND_NEXT = "next"
_SENT_MEANWHILE = "This row was sent meanwhile, or the batch has ended, so nothing was saved."


@dataclass(frozen=True, slots=True)
class RowPage:
    """One request to the page of a row. `place` is the part of the batch's rows that led here."""

    request: HttpRequest
    batch: Batch
    row: BatchRow
    place: RowPlace

    @property
    def user(self) -> User:
        """The signed-in person."""
        return cast(User, self.request.user)

    @property
    def may_write(self) -> bool:
        """Whether the person may correct rows."""
        return self.user.has_perm("customers.write_customers")

    @property
    def batch_url(self) -> str:
        """The batch at the rows that led here."""
        return links.batch(self.batch.company_id, self.batch.pk) + self.place.address()

    @property
    def url(self) -> str:
        """The address of this row."""
        return self.url_of(self.row.position)

    def url_of(self, position: int) -> str:
        """The address of a row."""
        url = links.batch_row(self.batch.company_id, self.batch.pk, position)
        return url + self.place.address()

    def redirect(self, url: str) -> HttpResponse:
        """To another page, with HTMX or without."""
        return htmx.redirect(self.request, url)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def row_page(
    request: HttpRequest, company_id: str, batch_id: uuid.UUID, position: int
) -> HttpResponse:
    """One row. `?state`, `?q` and `?page` are the batch's, to which it leads back.

    POST `action=leave_out` and `take_in` decide whether the row is sent; `save` and `next` store the form in the batch;
    each other button changes the form.
    """
    batch = get_object_or_404(Batch, pk=batch_id, company_id=company_id)
    rows = BatchRow.objects.filter(batch=batch).select_related("batch", "write", "retry_of")
    row = get_object_or_404(rows, position=position)
    page = RowPage(request, batch, row, RowPlace.of(request.GET))
    if request.method == "POST":
        if not page.may_write:
            raise PermissionDenied
        return _post(page)
    if not page.may_write or not may_correct(row, batch):
        return _facts(page)
    try:
        return _form(page, following_up.open_correction(row, default_service()))
    except (NotPossible, NotFound) as error:
        return _facts(page, error.sentence if isinstance(error, NotFound) else str(error))


def first_to_fix(batch: Batch, place: RowPlace) -> str:
    """The form of the first row that needs correction; "" for none."""
    found = _next_position(batch, after=0)
    if found is None:
        return ""
    return links.batch_row(batch.company_id, batch.pk, found) + place.address()


def _next_position(batch: Batch, *, after: int) -> int | None:
    """The row to correct after another one, from the beginning after the last; None where none is left."""
    if batch.state not in Batch.OPEN:
        return None
    rows = BatchRow.objects.filter(batch=batch, state=BatchRow.State.INVALID, write=None)
    positions = rows.order_by("position").values_list("position", flat=True)
    return positions.filter(position__gt=after).first() or positions.first()


# -- posts ------------------------------------------------------------------------------------------


def _post(page: RowPage) -> HttpResponse:
    action = page.request.POST.get("action", "save")
    if action == "leave_out":
        states.leave_out(page.row)
        return page.redirect(page.batch_url)
    try:
        target = target_maker(page.batch, default_service())(page.row.customer_id)
        if action == "take_in":
            if following_up.take_in(page.row):
                check_row(page.row, page.batch, target, default_service())
            return page.redirect(page.batch_url)
        return _post_form(page, target, action)
    except NotPossible as error:
        return _facts(page, str(error), status=409)
    except CodatError as error:
        return not_saved(page.request, error)


def _post_form(page: RowPage, target: Target, action: str) -> HttpResponse:
    post, service = page.request.POST, default_service()
    try:
        edit = following_up.read_correction(page.row, target, post)
    except FormTampered:
        return _form(page, rebuild(target, post, target.read(service)), status=422)
    if action not in ("save", SAVE_AND_NEXT):
        if action != "check":
            edit.form.apply_action(action)
        return _form(page, edit)
    outcome = following_up.correct(page.row, edit, user=page.user, service=service)
    return _saved(page, edit, outcome, goes_on=action == SAVE_AND_NEXT)


def _saved(
    page: RowPage, edit: Edit, outcome: Ready | Outcome | None, *, goes_on: bool
) -> HttpResponse:
    """The response to each decision about a corrected row."""
    match outcome:
        case None:
            page.row.refresh_from_db()
            return _facts(page, _SENT_MEANWHILE, status=409)
        case Ready() | Unchanged() | AlreadySaved() | CustomerMissing():
            return _leave(page, goes_on=goes_on)
        case Invalid():
            return _form(page, edit, status=422)
        case SameName():
            note = f"{sentence(outcome)} Nothing was saved. Save again to keep the name."
            edit = replace(edit, acknowledged=edit.acknowledged | outcome.keys)
            return _form(page, edit.with_notes(note), status=409)
        case MergeNeeded(merge=merge):
            labels = ", ".join(conflict.label for conflict in merge.conflicts)
            note = f"Others changed this customer meanwhile ({labels}). Nothing was saved."
        case BeingSent(write=write):
            note = f"A change by {write.username} is being sent now. Nothing was saved."
        case _:
            note = "This row was saved before with other values. Nothing was saved."
    record = edit.target.read(default_service())
    edit = rebuild(edit.target, page.request.POST, record)
    return _form(page, edit.with_notes(note), status=409)


def _leave(page: RowPage, *, goes_on: bool) -> HttpResponse:
    """To the next row to correct, or back to the batch, which says what became of this one."""
    following = _next_position(page.batch, after=page.row.position) if goes_on else None
    if following is not None:
        return page.redirect(page.url_of(following))
    mark = "&" if "?" in page.batch_url else "?"
    return page.redirect(page.batch_url + mark + urlencode({"saved": page.row.position}))


# -- pages ------------------------------------------------------------------------------------------


def _form(page: RowPage, edit: Edit, *, status: int = 200) -> HttpResponse:
    """The form of the row."""
    if page.request.method == "POST":
        edit.show_findings()
    else:
        edit.form.focus_error()
    target = edit.target
    connections = accounting_connections(target.company)
    context = {
        # What the fields of a form need to know (templates/editing/_form_fields.html).
        "page": CompanyContext(
            target.company, target.company_id, connections, target.connection, ""
        ),
        "form": edit.form,
        "notes": edit.notes,
        "acknowledged": " ".join(sorted(edit.acknowledged)),
        "has_next": _next_position(page.batch, after=page.row.position)
        not in (None, page.row.position),
        **_shared(page),
    }
    templates = "batches/row.html", "batches/_row_form.html"
    return htmx.render(page.request, *templates, context, status=status)


def _facts(page: RowPage, problem: str = "", *, status: int = 200) -> HttpResponse:
    """What is known of the row."""
    context = {"form": None, "problem": problem, **_shared(page)}
    templates = "batches/row.html", "batches/_row_facts.html"
    return htmx.render(page.request, *templates, context, status=status)


def _shared(page: RowPage) -> dict[str, Any]:
    context: dict[str, Any] = row_context(
        page.row, page.batch, page.place, may_write=page.may_write
    )
    return {
        "batch": page.batch,
        "row": context,
        "reason": reason(page.row),
        "name": text_or_dash(page.row.label),
        "row_url": page.url,
        "batch_url": page.batch_url,
        "customers_url": links.customers(page.batch.company_id),
    }
