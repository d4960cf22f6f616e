"""The page on which a batch is made: what was selected, and what changes. It works without scripts."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from customers.batches import selection as selections
from customers.batches.creating import BatchRequest, Selected, create, fingerprint_of
from customers.batches.instruction_form import InstructionForm
from customers.batches.instructions import Instruction, title
from customers.batches.selection import CannotSelect, Selection, Shown
from customers.codat.errors import CodatError
from customers.editing.opening import uuid_or_new
from customers.editing.views import not_saved, read_model
from customers.formatting import thousands
from customers.forms import compile_model
from customers.models import Batch
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyContext, load_company
from customers.web.resubmit import post_fields

# Characters of a note.
MAX_NOTE = 1_000
_TEMPLATES = "batches/new.html", "batches/_new.html"
_OTHER_VALUES = (
    "A batch was already created from this page with other values, and it is unchanged."
    " Press the button again to create another one."
)
_REPLACED = "The company’s connection was replaced. Check the fields, then press the button again."


@dataclass(frozen=True, slots=True)
class _Page:
    """One request to the page: what was selected, and the form."""

    request: HttpRequest
    page: CompanyContext
    selection: Selection
    form: InstructionForm
    note: str
    submission: uuid.UUID

    def render(
        self, shown: Shown, *, status: int = 200, problems: tuple[str, ...] = ()
    ) -> HttpResponse:
        """The page with the form. `problems` are sentences without a field."""
        errors = [{"text": each, "anchor": ""} for each in problems] + self.form.summary
        if len(self.note) > MAX_NOTE:
            errors.append({"text": f"Note: {_NOTE_ERROR}", "anchor": "note"})
        context = {
            "page": self.page,
            "shown": shown,
            "selection": self.selection,
            "ids": selections.ids_text(self.selection.ids) if self.selection.ids else "",
            "form": self.form,
            "errors": errors,
            "note": self.note,
            "note_error": _NOTE_ERROR if len(self.note) > MAX_NOTE else "",
            "max_note": MAX_NOTE,
            "submission": self.submission,
            "form_url": selections.address(self.selection, self.page.connection_id),
            "back_url": self.selection.list_url,
        }
        return htmx.render(self.request, *_TEMPLATES, context, status=status)


_NOTE_ERROR = f"Enter at most {thousands(MAX_NOTE)} characters."


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.write_customers", raise_exception=True)
def new(request: HttpRequest, company_id: str) -> HttpResponse:
    """The page for the ticked customers (`id`), all of a list (`?all=1&list=`), or rows of a batch (`?source=`).

    A post with a `submission` is the form's own: `action` names the button. Any other one opens the page.
    """
    is_form = request.method == "POST" and "submission" in request.POST
    try:
        return _new(request, company_id, is_form=is_form)
    except CodatError as error:
        if is_form:
            return not_saved(request, error)
        raise


def _new(request: HttpRequest, company_id: str, *, is_form: bool) -> HttpResponse:
    source = _source(request, company_id)
    if source is not None and request.GET.get("connection") != source.connection_id:
        # The rows are of this connection, and another one has other customers.
        url = links.new_batch(company_id, connection=source.connection_id, source=source.pk)
        return HttpResponseRedirect(url)
    page = load_company(request, company_id, stale_if_error=not is_form)
    is_other = source is not None and page.connection_id != source.connection_id
    if not page.is_linked or is_other:
        return _not_possible(request, page, is_replaced=is_other)
    try:
        selection = selections.read_selection(request.GET, request.POST, company_id, source)
    except CannotSelect as error:
        return _nothing(request, page, str(error))
    compiled = compile_model(read_model(page, stale_if_error=not is_form).data)
    if is_form:
        opened = InstructionForm.read(compiled, request.POST)
    else:
        stored = source.instructions if source else []
        opened = InstructionForm.of(compiled, map(Instruction.from_json, stored))
    made = _Page(
        request,
        page,
        selection,
        opened,
        request.POST.get("note", ""),
        uuid_or_new(request.POST.get("submission")),
    )
    return _post(made) if is_form else _open(made)


def _source(request: HttpRequest, company_id: str) -> Batch | None:
    """The batch whose rows are tried again; 404 where the company has no such batch."""
    if "source" not in request.GET:
        return None
    pk = uuid_or_new(request.GET["source"])
    found = Batch.objects.filter(pk=pk, company_id=company_id).first()
    if found is None:
        raise Http404("no such batch")
    return found


def _open(made: _Page) -> HttpResponse:
    shown = selections.show(made.selection, default_service())
    if shown.problem:
        return _nothing(made.request, made.page, shown.problem)
    return made.render(shown)


def _post(made: _Page) -> HttpResponse:
    """The response to a post of the form: a batch, or the form after a button changed it."""
    post, service = made.request.POST, default_service()
    action = post.get("action") or "save"
    if action != "save":
        made.form.apply_action(action)
        return made.render(selections.show(made.selection, service))
    is_valid = made.form.is_valid() and len(made.note) <= MAX_NOTE
    if not is_valid:
        return made.render(selections.show(made.selection, service), status=422)
    try:
        selected = selections.select(made.selection, service)
    except CannotSelect as error:
        return _nothing(made.request, made.page, str(error))
    shown = selections.shown(made.selection, selected)
    if shown.problem:
        return _nothing(made.request, made.page, shown.problem)
    if problem := _change(made, shown):
        return made.render(shown, problems=(problem,), status=409)
    return _make(made, shown, selected)


def _change(made: _Page, shown: Shown) -> str:
    """What is not any more as the page said it when the button was pressed, "" for nothing."""
    wanted = made.request.GET.get("connection", "")
    if wanted and wanted != made.page.connection_id:
        return _REPLACED
    before = made.request.POST.get("count", "")
    if before != str(shown.count):
        match = "matches" if shown.count == 1 else "match"
        return (
            f"{_customers(shown.count)} {match} now."
            " No batch was created yet: press the button again."
        )
    return ""


def _make(made: _Page, shown: Shown, selected: Collection[Selected]) -> HttpResponse:
    """Make the batch, and go to its page. The same page twice, and two people at once, make one."""
    page, connection, selection = made.page, made.page.connection, made.selection
    if connection is None:
        raise Http404("no connection")
    wanted = BatchRequest(
        company_id=page.company_id,
        company=page.company,
        connection=connection,
        selected=selected,
        title=f"{title(made.form.instructions, made.form.compiled)}",
        submission=made.submission,
        instructions=made.form.instructions,
        kind=Batch.Kind.RETRY if selection.source else Batch.Kind.EDIT,
        note=made.note.strip(),
        question=selection.question,
        source=selection.source,
    )
    batch, is_new = create(wanted, cast(User, made.request.user))
    if is_new:
        return _redirect(made.request, batch)
    if batch.fingerprint != fingerprint_of(wanted) or batch.company_id != page.company_id:
        again = replace(made, submission=uuid.uuid4())
        return again.render(shown, problems=(_OTHER_VALUES,), status=409)
    if batch.pk == made.submission:
        return _redirect(made.request, batch)
    return _already_made(made.request, page, batch)


def _redirect(request: HttpRequest, batch: Batch) -> HttpResponse:
    return htmx.redirect(request, links.batch(batch.company_id, batch.pk))


# -- where no batch is made -------------------------------------------------------------------------


def _state(request: HttpRequest, page: CompanyContext, status: int, **context: Any) -> HttpResponse:
    """A page that says why no batch was made, in place of the form."""
    defaults: dict[str, Any] = {
        "page": page,
        "back_url": page.customers_url,
        "batch": None,
        "sentence": "",
        "is_replaced": False,
        "post_fields": post_fields(request) if "submission" in request.POST else [],
        "here": request.get_full_path(),
        "others": [],
        "customers_url": page.customers_url,
    }
    templates = "batches/new_state.html", "batches/_new_state.html"
    return htmx.render(request, *templates, defaults | context, status=status)


def _not_possible(request: HttpRequest, page: CompanyContext, *, is_replaced: bool) -> HttpResponse:
    return _state(request, page, 409, is_replaced=is_replaced)


def _nothing(request: HttpRequest, page: CompanyContext, sentence: str) -> HttpResponse:
    return _state(request, page, 422, sentence=sentence)


def _already_made(request: HttpRequest, page: CompanyContext, batch: Batch) -> HttpResponse:
    """Another person, or another page, has asked for the same changes a moment ago."""
    url = links.batch(batch.company_id, batch.pk)
    return _state(request, page, 409, batch=batch, batch_url=url, post_fields=[])


def _customers(count: int) -> str:
    return f"{thousands(count)} customer{'' if count == 1 else 's'}"
