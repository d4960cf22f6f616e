"""Create and edit: one page, a form generated from the connection's create/update model.

The form carries the record it was opened with, so nothing is kept between two posts but the draft. Every
button posts the whole form to the page's own address; `action` says which one it was.
"""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any, cast

import simplejson
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from customers import addresses, drafts, htmx
from customers.errors import CodatError
from customers.formatting import distance, text
from customers.forms import Form, FormTampered, Merge, ModelError, copy_of
from customers.middleware import heading
from customers.models import Draft, Write
from customers.service import LastSeen, default_service
from customers.views.company import CompanyPage, load_company
from customers.views.replay import typed
from customers.writes import Order, journal, laid_over, send

# Codat's own default is not documented; a day is the longest that anybody waits for a desktop.
LONGEST_TIMEOUT = 24 * 60


@dataclass
class Desk:
    """What one request to the form works with."""

    request: HttpRequest
    page: CompanyPage
    customer_id: str
    model: dict[str, Any]
    submission: uuid.UUID = field(default_factory=uuid.uuid4)
    retry_of: Write | None = None
    notes: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    option_errors: dict[str, str] = field(default_factory=dict)

    @property
    def creating(self) -> bool:
        """Whether the form is for a new customer."""
        return not self.customer_id

    @property
    def url(self) -> str:
        """The form's own address."""
        return _address(self.page, self.customer_id)

    @property
    def key(self) -> drafts.FormKey:
        """What the form's drafts are found by."""
        return _key(self.request, self.page, self.customer_id)

    def form(self, record: Any = None, **how: Any) -> Form:
        """A form of this page's kind. Raises FormTampered, ModelError."""
        purpose = f"{self.page.company_id}:{self.customer_id}"
        return Form(self.model, record, creating=self.creating, purpose=purpose, **how)


def _address(page: CompanyPage, customer_id: str) -> str:
    path = (
        addresses.edit(page.company_id, customer_id)
        if customer_id
        else addresses.new(page.company_id)
    )
    return path + page.suffix


def _key(request: HttpRequest, page: CompanyPage, customer_id: str) -> drafts.FormKey:
    user = cast(User, request.user)
    return drafts.FormKey(user, page.company_id, page.connection_id, customer_id)


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
    page = load_company(request, company_id)
    submission = _uuid(request.POST.get("submission"))
    if request.POST.get("action") == "discard":
        drafts.discard(cast(User, request.user), submission)
        return HttpResponseRedirect(_address(page, customer_id))
    model = _model(page, or_last_seen=True)
    name = _typed_name(request.POST)
    drafts.keep(
        _key(request, page, customer_id), submission, request.POST, model=model, customer_name=name
    )
    response = HttpResponse(status=204)
    response["X-Draft-Saved"] = timezone.now().strftime("%H:%M")
    return response


def _page(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    try:
        reading = request.method != "POST"
        page = load_company(request, company_id, or_last_seen=reading)
        if not page.is_linked:
            return _cannot_write(request, page, customer_id)
        desk = Desk(
            request,
            page,
            customer_id,
            _model(page, fresh="fresh" in request.GET, or_last_seen=reading),
        )
        if isinstance(desk.model, LastSeen):
            desk.notes.append(
                f"{heading(desk.model.trouble)}. This form is the one of"
                f" {distance(desk.model.at, timezone.now())}; what you type is kept, and can be"
                " saved once Codat answers again."
            )
        if request.method == "POST":
            return _posted(desk)
        return _render(desk, _opened(desk))
    except CodatError as error:
        if request.method != "POST":
            raise
        return _keep_typed(request, error)
    except ModelError as error:
        context = {"sentence": str(error), "customers_url": addresses.customers(company_id)}
        return htmx.render(
            request, "customers/no_form.html", "customers/_no_form.html", context, status=502
        )


def _model(page: CompanyPage, *, fresh: bool = False, or_last_seen: bool = False) -> dict[str, Any]:
    return default_service().get_create_update_model(
        company_id=page.company_id,
        connection_id=page.connection_id,
        fresh=fresh,
        or_last_seen=or_last_seen,
    )


def _cannot_write(request: HttpRequest, page: CompanyPage, customer_id: str) -> HttpResponse:
    """The connection is not linked: what was typed, if anything, is kept and can be sent again."""
    context = {"page": page, "customer_id": customer_id, "typed": typed(request)}
    return htmx.render(
        request,
        "customers/cannot_write.html",
        "customers/_cannot_write.html",
        context,
        status=200 if request.method != "POST" else 409,
    )


def _keep_typed(request: HttpRequest, error: CodatError) -> HttpResponse:
    """Codat failed us before anything was sent: say so, and carry what was typed to the next try."""
    response = htmx.render(
        request,
        "customers/edit_trouble.html",
        "customers/_edit_trouble.html",
        {"trouble": error, "typed": typed(request), "here": request.get_full_path()},
        status=error.our_status if error.our_status >= 500 else 502,
    )
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


# -- opening ----------------------------------------------------------------------------------------


def _opened(desk: Desk) -> Form:
    """The form as it is opened: on the record, or on what the address asks for.

    `?draft=<submission>` continues a draft, `?write=<id>` reopens what a write sent with its findings,
    `?revert=<id>` fills in the values from before a write, `?from=<customer>` begins a new one from another.
    """
    query, service = desk.request.GET, default_service()
    company_id = desk.page.company_id
    record: dict[str, Any] | None = None
    if desk.customer_id:
        found = service.get(company_id=company_id, customer_id=desk.customer_id)
        record = _as_it_will_be(desk, cast(dict[str, Any], found), say=True)
    elif query.get("from"):
        source = service.get(company_id=company_id, customer_id=query["from"])
        desk.notes.append(f"Begun with the values of {text(source.get('customerName'))}.")
        return desk.form(filled=copy_of(cast(dict[str, Any], source)))
    if "draft" in query:
        return _continued(desk, record)
    if "write" in query or "revert" in query:
        return _reopened(desk, record)
    return desk.form(record)


def _as_it_will_be(desk: Desk, record: dict[str, Any], *, say: bool = False) -> dict[str, Any]:
    """A customer with what other saves have changed and Codat's copy does not show yet.

    A form that went by the copy alone would put the old values back. This form's own save is none of them.
    """
    if not Write.objects.has_on_its_way(desk.page.company_id):
        return record
    under_way = Write.objects.on_its_way(desk.page.company_id, desk.customer_id)
    others = under_way.filter(kind=Write.Kind.UPDATE).exclude(submission=desk.submission)
    coming, telling = laid_over(record, others.order_by("created_at"))
    if say:
        desk.notes.extend(
            f"What {write.username} saved {distance(write.created_at, timezone.now())} is filled in already;"
            " Codat does not show it yet."
            for write in telling
        )
    return coming


def _continued(desk: Desk, record: Any) -> Form:
    """A draft's form, with what has changed since in the record and in the model."""
    found = get_object_or_404(desk.key.drafts(), submission=_uuid(desk.request.GET["draft"]))
    desk.submission = found.submission
    post = drafts.posted(found)
    _read_options(desk, post)
    desk.notes.extend(drafts.model_changes(found.model, desk.model))
    try:
        form = desk.form(data=post)
    except FormTampered:
        return _rescued(desk, post, record)
    if record is not None:
        desk.notes.extend(
            f"Somebody has changed {change.label} since: {change.old_text} → {change.new_text}."
            for change in form.since(record)
        )
    desk.notes.insert(
        0, f"You are continuing what you typed on {found.updated_at:%-d %B, %H:%M} UTC."
    )
    return form


def _reopened(desk: Desk, record: Any) -> Form:
    """The form filled with what a write sent, or with what was there before it."""
    revert = "revert" in desk.request.GET
    wanted = _uuid(desk.request.GET.get("revert" if revert else "write"))
    # One customer's values have no place in the form of another.
    theirs = {"kind": Write.Kind.CREATE} if desk.creating else {"customer_id": desk.customer_id}
    write = get_object_or_404(Write, pk=wanted, company_id=desk.page.company_id, **theirs)
    source = write.before if revert else write.payload
    if not source:
        desk.notes.append("What was sent then has been forgotten, as the settings ask.")
        return desk.form(record)
    form = desk.form(record, filled=simplejson.loads(source, use_decimal=True))
    if revert:
        desk.notes.append("These are the values from before that change. Nothing is sent yet.")
        return form
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


def _rescued(desk: Desk, post: QueryDict, record: Any = None) -> Form:
    """What was typed, laid over the record as it is now: the one it was opened with is not readable."""
    if record is None and desk.customer_id:
        record = default_service().get(
            company_id=desk.page.company_id, customer_id=desk.customer_id
        )
    copy = post.copy()
    copy["base"] = desk.form(record).sealed
    form = desk.form(data=copy)
    form.problems.append(
        "The form came back without the record that it was opened with, so nothing was sent. What you"
        " typed is below, over the record as it is now: look through it, then save."
    )
    return form


# -- posting ----------------------------------------------------------------------------------------


def _posted(desk: Desk) -> HttpResponse:
    post = desk.request.POST
    desk.submission = _uuid(post.get("submission"))
    _read_options(desk, post)
    action = post.get("action") or "save"
    try:
        form = desk.form(data=post)
    except FormTampered:
        return _render(desk, _rescued(desk, post), status=422)
    if action not in ("save", "review", "check"):
        form.act(action)
        return _render(desk, form)
    if not form.is_valid() or desk.option_errors:
        return _render(desk, form, status=422)
    if action != "save":
        return _render(desk, form, reviewing=action == "review", checked=True)
    return _save(desk, form)


def _save(desk: Desk, form: Form) -> HttpResponse:
    """Send a valid form, unless somebody else has changed the customer since it was opened."""
    before: dict[str, Any] = {}
    if not desk.creating:
        if not form.changes():
            desk.notes.append("Nothing is changed, so there is nothing to save.")
            return _render(desk, form)
        current = default_service().get(
            company_id=desk.page.company_id, customer_id=desk.customer_id
        )
        before = cast(dict[str, Any], current)
        coming = _as_it_will_be(desk, before)
        merge = form.merge(coming, desk.request.POST)
        if not merge.resolved:
            return _render(desk, form, merge=merge, status=409)
        if merge.conflicts:
            form = desk.form(coming, filled=merge.values())
    if done := Write.objects.filter(submission=desk.submission).first():
        return _saved_before(desk, form, done, before)
    payload = form.payload()
    write, is_new = journal(
        Order(
            company=desk.page.company,
            connection=desk.page.connection or {},
            customer_id=desk.customer_id,
            customer_name=str(payload.get("customerName") or before.get("customerName") or ""),
            payload=form.payload_json(),
            before=simplejson.dumps(before, use_decimal=True) if before else "",
            submission=desk.submission,
            timeout_in_minutes=int(desk.options["timeout"]) if desk.options["timeout"] else None,
            force_update=bool(desk.options["force"]),
            retry_of=desk.retry_of,
        ),
        cast(User, desk.request.user),
    )
    if not is_new:
        # Two at once; the other one was first, and may hold other values.
        return _saved_before(desk, form, write, before)
    send(write, default_service())
    drafts.discard(cast(User, desk.request.user), desk.submission)
    if write.state == Write.State.FAILED:
        separator = "&" if desk.page.suffix else "?"
        return _go(desk, f"{desk.url}{separator}write={write.pk}")
    return _go(desk, addresses.write(write.company_id, write.pk))


def _saved_before(desk: Desk, form: Form, done: Write, before: dict[str, Any]) -> HttpResponse:
    """This opened form was saved once: a double click or a reload leads to what became of it.

    Somebody who went back and typed on has something new to save, as a write of its own.
    """
    same_form = done.company_id == desk.page.company_id and (
        done.kind == Write.Kind.CREATE if desk.creating else done.customer_id == desk.customer_id
    )
    if same_form and done.payload in ("", form.payload_json()):
        messages.info(desk.request, "This was already saved once; here is what became of it.")
        return _go(desk, addresses.write(done.company_id, done.pk))
    desk.submission = uuid.uuid4()
    if before:
        # What was saved is what this form now stands on, not somebody else's change.
        form = desk.form(_as_it_will_be(desk, before), filled=form.payload())
    desk.notes.append(
        "You saved this form before, with other values. Nothing was sent this time:"
        " look through it, then save it once more."
    )
    return _render(desk, form, status=409)


def _read_options(desk: Desk, post: QueryDict) -> None:
    """The options of the save: `timeout` in minutes or "", `force` or "", and what it is a retry of."""
    timeout = post.get("timeout", "").strip()
    desk.options = {"timeout": timeout, "force": "1" if post.get("force") else ""}
    if timeout and not (
        re.fullmatch(r"[0-9]{1,9}", timeout) and 0 < int(timeout) <= LONGEST_TIMEOUT
    ):
        desk.option_errors["timeout"] = f"Whole minutes, from 1 to {LONGEST_TIMEOUT}, or nothing."
    if post.get("retry_of"):
        desk.retry_of = Write.objects.filter(
            pk=_uuid(post.get("retry_of")), company_id=desk.page.company_id
        ).first()


def _uuid(value: str | None) -> uuid.UUID:
    """A UUID from outside; a new one where it is none."""
    try:
        return uuid.UUID(value or "")
    except ValueError:
        return uuid.uuid4()


def _typed_name(post: QueryDict) -> str:
    """What the draft is called in lists."""
    return post.get("f.customerName", "")


def _go(desk: Desk, url: str) -> HttpResponse:
    """On to another page, with HTMX or without."""
    if htmx.is_fragment(desk.request):
        return HttpResponseClientRedirect(url)
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def _render(
    desk: Desk,
    form: Form,
    *,
    status: int = 200,
    merge: Merge | None = None,
    reviewing: bool = False,
    checked: bool = False,
) -> HttpResponse:
    name = text(form.base.get("customerName")) if desk.customer_id else "New customer"
    offered: list[Draft] = []
    if desk.request.method != "POST" and "draft" not in desk.request.GET:
        offered = desk.key.offered()
    changes = form.changes() if reviewing else None
    context = {
        "page": desk.page,
        "form": form,
        "creating": desk.creating,
        "customer_id": desk.customer_id,
        "name": name,
        "form_url": desk.url,
        "draft_url": addresses.draft(desk.page.company_id, desk.customer_id) + desk.page.suffix,
        "customers_url": desk.page.customers_url,
        "customer_url": addresses.customer(desk.page.company_id, desk.customer_id)
        + desk.page.suffix
        if desk.customer_id
        else desk.page.customers_url,
        "attachments_url": addresses.attachments(desk.page.company_id, desk.customer_id)
        + desk.page.suffix
        if desk.customer_id
        else "",
        "submission": desk.submission,
        "retry_of": desk.retry_of,
        "notes": desk.notes,
        "offered": offered,
        "merge": merge,
        "reviewing": reviewing,
        "checked": checked,
        "changes": changes,
        "payload": form.payload_json(indent=2) if reviewing else "",
        "options": desk.options or {"timeout": "", "force": ""},
        "option_errors": desk.option_errors,
        "longest_timeout": LONGEST_TIMEOUT,
    }
    return htmx.render(
        desk.request, "customers/edit.html", "customers/_edit.html", context, status=status
    )
