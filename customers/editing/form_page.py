"""The page of a customer's form: its context, and its responses (the page or a redirect)."""

from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from customers.codat.companies import is_linked
from customers.codat.errors import CodatError
from customers.editing.edit import MAX_TIMEOUT, Edit, Target
from customers.editing.opening import uuid_or_new
from customers.editing.same_name import SameNameCustomer
from customers.editing.save import SameName
from customers.formatting import distance, text_or_dash
from customers.forms import Form, Merge
from customers.models import Draft, Write
from customers.web import htmx, links
from customers.web.company_context import CompanyContext
from customers.web.lists.paging import with_query
from customers.web.origins.list_origin import Origin, kept
from customers.web.origins.place import Place, cached_results, place, step
from customers.web.origins.search_origin import kept_search, search_place
from customers.writes import drafts, sentences

# Customers of the same name that a page lists.
MAX_SAME_NAME = 20
# What a customer may have in common with a new one, beside its name.
REASONS = {"email": "Same email", "tax_number": "Same tax number"}
# What a change's page says in addition, by the parameter of its address, as the form of the next customer says it.
NOTES = {
    "again": "You already saved this form.",
    "removed": "Invisible characters were removed before it was sent.",
}


def form_key(user: object, page: CompanyContext, customer_id: str) -> drafts.FormKey:
    """The key of the drafts of a signed-in person's form."""
    return drafts.FormKey(cast(User, user), page.company_id, page.connection_id, customer_id)


@dataclass(frozen=True, slots=True)
class EditPage:
    """One request to a customer's form, and its response."""

    request: HttpRequest
    page: CompanyContext
    target: Target
    origin: Origin | None

    @property
    def user(self) -> User:
        """The signed-in person."""
        return cast(User, self.request.user)

    @property
    def path(self) -> str:
        """The form's address without its query string."""
        return links.form(self.page.company_id, self.target.customer_id)

    @property
    def key(self) -> drafts.FormKey:
        """The key of the form's drafts."""
        return form_key(self.user, self.page, self.target.customer_id)

    def redirect(self, url: str) -> HttpResponse:
        """A redirect to another page, with HTMX or without. It leads back to the list that the form was opened from."""
        return htmx.redirect(self.request, kept(url, self.origin))

    def redirect_to_change(self, write: Write, note: str, *, goes_on: bool = False) -> HttpResponse:
        """A redirect to the page of a change. `note` is a parameter of that page's address, or "".

        Where the save `goes_on`, to the form of the next customer of the list, which says how far the change is; also
        then to the change where there is no next customer, or the list cannot be read now.
        """
        following = self._following() if goes_on else ""
        if not following:
            return self.redirect(
                links.write(write.company_id, write.pk) + (f"?{note}" if note else "")
            )
        parameters = {"saved": str(write.pk)} | ({"note": note} if note else {})
        url = with_query(following, "?" + urlencode(parameters))
        return replace(self, origin=None).redirect(url)

    def _following(self) -> str:
        """The address of the next customer's form, "" where there is none."""
        if self.origin is None or not self.target.customer_id:
            return ""
        try:
            neighbour = step(self.origin, self.target.customer_id, 1)
        except CodatError:
            return ""
        return neighbour.edit_url if neighbour else ""

    def render(
        self,
        edit: Edit,
        *,
        status: int = 200,
        merge: Merge | None = None,
        same_name: SameName | None = None,
        reviewing: bool = False,
        checked: bool = False,
    ) -> HttpResponse:
        """The page with the form.

        It can ask for a decision on a `merge` or on customers of the `same_name`, show a review of what would be
        sent (`reviewing`), or report that the values were `checked`.
        """
        if self.request.method == "POST":
            edit.show_findings()
        else:
            self._set_focus(edit)
        context = {
            "page": self.page,
            "place": self._place(),
            "saved": self._saved(),
            **_edit_context(edit),
            **self._same_name(same_name),
            "offered": self._offered_drafts(),
            "merge": merge,
            "checked": checked,
            "reviewing": reviewing,
            **self._addresses(),
            **_review(edit.form if reviewing else None),
        }
        templates = "editing/form.html", "editing/_form.html"
        return htmx.render(self.request, *templates, context, status=status)

    def _set_focus(self, edit: Edit) -> None:
        """What takes the focus in a form that is opened: the field of `?field=`, one with an error, or a new name."""
        if field := self.request.GET.get("field"):
            edit.form.focus_on(field)
        elif edit.retry_of:
            edit.form.focus_error()
        elif edit.target.creating:
            edit.form.focus_first()

    def _same_name(self, outcome: SameName | None) -> dict[str, Any]:
        """The customers of the same name with their addresses, and the error of the search in Codat's copy."""
        if outcome is None:
            return {"same_name": [], "same_name_count": 0, "search_error": None, "may_merge": False}
        rows = [
            {
                "name": text_or_dash(other.name),
                "url": self._url(other),
                "sentence": _pending_sentence(other),
                "reasons": [REASONS[reason] for reason in other.reasons if reason != "name"],
                "details": other.details,
            }
            for other in outcome.customers[:MAX_SAME_NAME]
        ]
        return {
            "same_name": rows,
            "same_name_count": len(outcome.customers),
            "search_error": outcome.error,
            "may_merge": outcome.may_merge and bool(outcome.customers),
        }

    def _url(self, other: SameNameCustomer) -> str:
        """The address of a customer, or of the change that creates or renames it; "" where it has none."""
        company_id = self.page.company_id
        if other.write:
            return links.write(company_id, other.write.pk)
        if not links.is_addressable(other.customer_id):
            return ""
        return links.customer(company_id, other.customer_id) + self.page.suffix

    def _place(self) -> Place | None:
        """The way back to the list that the form was opened from, and the forms before and after. Makes no call."""
        if self.origin is None:
            return search_place(self.request.GET)
        results = cached_results(self.origin)
        return place(self.origin, self.target.customer_id, self.page.name, results, form=True)

    def _saved(self) -> dict[str, Any] | None:
        """The change of the customer before, which *Save and next* has just sent; None on any other form."""
        if self.request.method == "POST" or "saved" not in self.request.GET:
            return None
        pk = uuid_or_new(self.request.GET["saved"])
        write = Write.objects.filter(pk=pk, company_id=self.page.company_id).first()
        if write is None:
            return None
        note = self.request.GET.get("note", "")
        query = f"?{note}" if note in NOTES else ""
        return {
            "name": text_or_dash(write.customer_name),
            "status": sentences.summary(write),
            "note": NOTES.get(note, ""),
            "url": kept(links.write(write.company_id, write.pk) + query, self.origin),
        }

    def _addresses(self) -> dict[str, str]:
        page, customer_id = self.page, self.target.customer_id
        # Also where the company has one connection: a post must not go to another one that is the default by then.
        connection = page.query(connection=page.connection_id)
        customer_url = attachments_url = ""
        if customer_id:
            customer_url = links.customer(page.company_id, customer_id) + page.suffix
            attachments_url = links.attachments(page.company_id, customer_id) + page.suffix
        customers_url = self.origin.address() if self.origin else page.customers_url
        customer_url, attachments_url = self._kept(customer_url), self._kept(attachments_url)
        return {
            "fields_url": self._kept(self.path + page.query(fresh=1)),
            "form_url": self._kept(self.path + connection),
            "draft_url": self._kept(links.draft(page.company_id, customer_id) + connection),
            "customers_url": page.customers_url,
            "cancel_url": customer_url or customers_url,
            "customer_url": customer_url,
            "attachments_url": attachments_url,
        }

    def _kept(self, url: str) -> str:
        """An address with the list, or the search, that the form was opened from; "" for no address."""
        return kept_search(kept(url, self.origin), self.request.GET) if url else ""

    def _offered_drafts(self) -> list[tuple[Draft, str]]:
        """The drafts of this form, each with the address that opens it; none while a draft is open."""
        if self.request.method == "POST" or "draft" in self.request.GET:
            return []
        return [(draft, self._draft_url(draft)) for draft in self.key.offered()]

    def _draft_url(self, draft: Draft) -> str:
        """The address that opens a draft: with its own connection while that is linked, else with this page's."""
        page = self.page
        is_usable = any(
            is_linked(other) and other.get("id") == draft.connection_id
            for other in page.connections
        )
        connection = draft.connection_id if is_usable else page.connection_id
        return self._kept(self.path + page.query(connection=connection, draft=draft.submission))


def _edit_context(edit: Edit) -> dict[str, Any]:
    """What the page shows of the edit itself."""
    form, target = edit.form, edit.target
    name = "New customer" if target.creating else text_or_dash(form.base.get("customerName"))
    return {
        "creating": target.creating,
        "customer_id": target.customer_id,
        "name": name,
        "form": form,
        "submission": edit.submission,
        "options": edit.options,
        "max_timeout": MAX_TIMEOUT,
        "retry_of": edit.retry_of,
        "acknowledged": " ".join(sorted(edit.acknowledged)),
        "notes": edit.notes,
    }


def _pending_sentence(other: SameNameCustomer) -> str:
    """Who saved the pending change that sets the name, and when; "" for a customer in Codat's copy."""
    write = other.write
    if write is None:
        return ""
    what = "a new customer" if write.kind == Write.Kind.CREATE else "a change"
    ago = distance(write.created_at, timezone.now())
    return f"{write.username} saved {what} with this name {ago}, and it is still pending."


def _review(form: Form | None) -> dict[str, Any]:
    """What saving would send, for the review; empty where no review is shown."""
    if form is None:
        return {"changes": [], "payload": ""}
    return {"changes": form.changes(), "payload": form.payload_json(indent=2)}
