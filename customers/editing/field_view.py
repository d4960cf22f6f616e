"""One field of a customer, edited where it is shown. Without scripts its pencil is a link to the form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from customers.codat.errors import CodatError, UnusableModel
from customers.codat.text import page_text, single_line
from customers.editing.edit import Target
from customers.editing.field_edit import FieldEdit, only, open_field, read_field, rebuild_field
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
from customers.editing.views import read_model, update
from customers.forms import FormTampered
from customers.forms.paths import html_id, labels_of
from customers.models import Write
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyContext, load_company
from customers.web.error_pages import heading, may_help_to_retry, status_in_place
from customers.web.origins.list_origin import kept_in, read_origin
from customers.web.record_field import FieldAddresses, RecordField
from customers.web.resubmit import post_fields
from customers.writes.showing.effects import earlier_writes, own_changes
from customers.writes.showing.field_states import FieldState, field_state

# Characters of the path in the address.
_MAX_PATH = 1000
# Where a field is shown again after a save: in place of itself, not of its input.
_IN_PLACE = {"HX-Retarget": "closest .cell", "HX-Reswap": "outerHTML"}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.write_customers", raise_exception=True)
def field(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    """The input of one field (`?path=`), and its save. Without HTMX the form at that field."""
    path = request.GET.get("path", "")[:_MAX_PATH]
    if not htmx.is_fragment(request):
        if request.method == "POST":
            return update(request, company_id, customer_id)
        query = request.GET.copy()
        query.pop("path", None)
        query["field"] = path
        address = f"{links.edit(company_id, customer_id)}?{query.urlencode()}"
        return htmx.see_other(f"{address}#{quote(html_id(path), safe='')}")
    response = _fragment(request, company_id, customer_id, path)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _fragment(request: HttpRequest, company_id: str, customer_id: str, path: str) -> HttpResponse:
    is_read = request.method != "POST"
    page: CompanyContext | None = None
    try:
        page = load_company(request, company_id, stale_if_error=is_read)
        place = _Place(request, page, customer_id, path)
        if page.connection is None or not page.is_linked:
            end = "this field cannot be edited" if is_read else "nothing was sent"
            sentence = f"The connection to {page.platform} is not linked, so {end}."
            return place.message(sentence, status=200 if is_read else 409)
        model = read_model(page, stale_if_error=is_read)
        target = Target(page.company_id, page.company, page.connection, customer_id, model.data)
        return _open(place, target) if is_read else _post(place, target)
    except CodatError as error:
        if is_read:
            sentence = error.sentence if isinstance(error, UnusableModel) else f"{heading(error)}."
        else:
            sentence = f"Nothing was sent. {heading(error)}. {error.sentence}"
        context = page or CompanyContext({"id": company_id}, company_id, [], None, "")
        place = _Place(request, context, customer_id, path)
        may_retry = may_help_to_retry(error)
        return place.message(sentence, status=status_in_place(error), may_retry=may_retry)


@dataclass(frozen=True, slots=True)
class _Place:
    """One request to one field, and the fragments that answer it."""

    request: HttpRequest
    page: CompanyContext
    customer_id: str
    path: str

    @property
    def user(self) -> User:
        """The signed-in person."""
        return cast(User, self.request.user)

    @property
    def addresses(self) -> FieldAddresses:
        """Where the customer's fields are edited."""
        return FieldAddresses(self.page.company_id, self.customer_id, self.page.query)

    @property
    def context(self) -> dict[str, Any]:
        """What every fragment needs."""
        # Named even where there is no choice: a post must not go to what has become the default since.
        connection = self.page.query(connection=self.page.connection_id)
        form = links.edit(self.page.company_id, self.customer_id)
        more = {"connection": self.page.connection_id, "path": self.path}
        return {
            "page": self.page,
            "path": self.path,
            "field_url": links.field(self.page.company_id, self.customer_id)
            + self.page.query(**more),
            "form_url": form + connection,
            "form_at_field_url": form
            + self.page.query(field=self.path)
            + f"#{quote(html_id(self.path), safe='')}",
            "draft_url": links.draft(self.page.company_id, self.customer_id) + connection,
            "customer_url": links.customer(self.page.company_id, self.customer_id)
            + self.page.suffix,
        }

    def input(
        self, edit: FieldEdit, *, status: int = 200, note: str = "", decide: str = ""
    ) -> HttpResponse:
        """The input with what was typed. `note` is a sentence; `decide` is one that leads to the form."""
        context = self.context | {
            "field": edit,
            "block": edit.block,
            "submission": edit.edit.submission,
            "retry_of": edit.edit.retry_of,
            "note": note,
            "decide": decide,
            "problems": edit.other_problems,
            "form_fields": _form_fields(edit, self.request) if decide else [],
        }
        return render(self.request, "editing/_field.html", context, status=status)

    def message(self, sentence: str, *, status: int, may_retry: bool = False) -> HttpResponse:
        """A sentence in place of the input, with what was typed, and a link to the form."""
        post = only(self.path, self.request.POST)
        context = self.context | {
            "sentence": sentence,
            "may_retry": may_retry,
            "label": page_text(str(labels_of(self.path)[-1])) if self.path else "",
            "text": page_text(post.get(f"f.{self.path}", "")),
            "is_post": self.request.method == "POST",
            "kept": [
                (name, value)
                for name, value in post_fields(self.request)
                if name in post and name != f"f.{self.path}"
            ],
        }
        return render(self.request, "editing/_field_message.html", context, status=status)

    def value(
        self,
        field: RecordField,
        state: FieldState | None,
        *,
        note: str = "",
        has_changed: bool = False,
    ) -> HttpResponse:
        """The field with its value and the state of its change, in place of its input.

        `has_changed`: the page's other parts that show changes load themselves again.
        """
        context = self.context | {
            "shown": field,
            "state": state,
            "note": note,
            "addresses": self.addresses,
        }
        response = render(self.request, "editing/_field_value.html", context)
        for name, value in _IN_PLACE.items():
            response[name] = value
        if has_changed:
            response["HX-Trigger"] = json.dumps({"customer-changed": {}})
        return response


def _open(place: _Place, target: Target) -> HttpResponse:
    edit = open_field(target, place.path, default_service())
    if edit is None:
        return place.message("This field cannot be edited here.", status=200)
    return place.input(edit, note=" ".join(dict.fromkeys(edit.edit.notes)))


def _post(place: _Place, target: Target) -> HttpResponse:
    post = place.request.POST
    try:
        edit = read_field(target, place.path, post)
    except FormTampered:
        edit = rebuild_field(target, place.path, post, default_service())
        if edit is not None:
            return place.input(edit, status=422)
    if edit is None:
        return place.message(
            "This field cannot be edited here any more, so nothing was sent.", status=409
        )
    if post.get("action", "").startswith("restore:"):
        edit.form.apply_action(post["action"])
        return place.input(edit)
    outcome = save(edit.edit, user=place.user, service=default_service())
    return _saved(place, edit, outcome)


def _saved(place: _Place, edit: FieldEdit, outcome: Outcome) -> HttpResponse:
    """The answer to each outcome of a save, in the field's place."""
    match outcome:
        case Sent(write) | AlreadySaved(write) if write.state == Write.State.FAILED:
            again = edit.of(_retry(edit, write))
            again.edit.show_findings()
            return place.input(again, status=422)
        case Sent(write):
            return _sent(place, edit, write)
        case Waits(write):
            note = "Waits for approval by a second person. Nothing was sent."
            return _sent(place, edit, write, note=note)
        case AlreadySaved(write):
            note = "This change was already saved, so nothing was sent this time."
            return _sent(place, edit, write, note=note)
        case Unchanged():
            note = "Nothing has changed, so nothing was sent."
            return place.value(edit.shown(), None, note=note)
        case Invalid():
            return place.input(edit, status=422)
        case BeingSent(write=write):
            note = (
                f"{write.username} is saving this customer at this moment. Nothing was sent."
                " Save again in a few seconds."
            )
            return place.input(edit, status=409, note=note)
        case AlreadySavedDifferently(edit=again):
            note = "You already saved this field with another value. Nothing was sent this time. Save again."
            return place.input(edit.of(again), status=409, note=note)
        case _:
            return place.input(edit, status=409, decide=_question(edit, outcome))


def _sent(place: _Place, edit: FieldEdit, write: Write, *, note: str = "") -> HttpResponse:
    """The new value with the state of its change."""
    field = edit.shown()
    changes = own_changes(write, earlier_writes(write))
    change = next((change for change in changes if change.keys == field.keys), None)
    now = timezone.now()
    state = field_state(write, change, user_id=place.user.pk, now=now) if change else None
    if edit.form.has_removed_characters:
        note = f"{note} Invisible characters were removed.".strip()
    if state is not None:
        state = kept_in(state, read_origin(place.request.GET, place.page.company_id))
    return place.value(field, state, note=note, has_changed=True)


def _question(edit: FieldEdit, outcome: Outcome) -> str:
    """What a person has to decide in the form, and that nothing was sent."""
    match outcome:
        case MergeNeeded(merge=merge):
            conflict = next((one for one in merge.conflicts if one.path == edit.path), None)
            if conflict is None:
                return "This customer was changed meanwhile. Nothing was sent."
            # Not by whom: it may be the same person, in another tab.
            return (
                f"This field was changed meanwhile to “{conflict.theirs_text}”. Nothing was sent."
            )
        case SameName():
            return _same_name(edit, outcome)
        case CustomerMissing():
            return "This customer is no longer in Codat. Nothing was sent."
    raise AssertionError(outcome)


def _same_name(edit: FieldEdit, outcome: SameName) -> str:
    """Which customers have the value already; the form lists all of them, and saves anyway."""
    named = [single_line(other.name) or other.customer_id for other in outcome.customers]
    sentence = f"Another customer may have this {_value_of(outcome)} already"
    if named:
        others = f" and {len(named) - 1} more" if len(named) > 1 else ""
        details = outcome.customers[0].details
        sentence += f": {named[0]}{f' ({details})' if details else ''}{others}"
    if named and outcome.may_merge:
        platform = edit.edit.target.connection.get("platformName")
        sentence += f". {platform} may merge the two, and a merge cannot be undone"
    return f"{sentence}. Nothing was sent."


def _value_of(outcome: SameName) -> str:
    """What the first of the customers has: a field that is edited in its place sets one value."""
    reasons = outcome.customers[0].reasons if outcome.customers else ("name",)
    return reasons[0].replace("_", " ")


def _retry(edit: FieldEdit, write: Write) -> Any:
    """The edit that replaces a write that was refused, with what was typed."""
    target = edit.edit.target
    form = target.form(edit.form.base, filled=edit.form.payload())
    return type(edit.edit)(target, form, retry_of=write)


def _form_fields(edit: FieldEdit, request: HttpRequest) -> list[tuple[str, str]]:
    """What the form needs to continue with what was typed here."""
    post = only(edit.path, request.POST)
    return [(name, value) for name, values in post.lists() for value in values]
