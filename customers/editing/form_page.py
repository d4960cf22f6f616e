"""What one request to a customer's form works with: the record, the model, what was typed, and the page it shows."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from customers.codat.companies import is_linked
from customers.formatting import distance, text
from customers.forms import Form, Merge
from customers.models import Draft, Write
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyPage
from customers.writes import drafts
from customers.writes.pending import apply_pending

# Codat's own default is not documented; a day is the longest that anybody waits for a desktop.
LONGEST_TIMEOUT = 24 * 60


def uuid_of(value: str | None) -> uuid.UUID:
    """A UUID from outside; a new one where it is none."""
    try:
        return uuid.UUID(value or "")
    except ValueError:
        return uuid.uuid4()


def key_of(request: HttpRequest, page: CompanyPage, customer_id: str) -> drafts.FormKey:
    """What a form's drafts are found by."""
    user = cast(User, request.user)
    return drafts.FormKey(user, page.company_id, page.connection_id, customer_id)


def _told(write: Write) -> str:
    """What is said of a write whose values a form holds before Codat shows them."""
    ago = distance(write.created_at, timezone.now())
    if write.state == Write.State.UNKNOWN:
        return (
            f"Nobody knows yet whether what {write.username} sent {ago} arrived (see the history). It is filled in"
            " here, so saving sends it too."
        )
    return f"What {write.username} saved {ago} is filled in already; Codat does not show it yet."


@dataclass
class EditPage:
    """One request to the form.

    `submission` names the opened form, whatever becomes of it. `notes` are sentences to show above it. `options` are
    those of the save (`timeout` in minutes or "", `force` or ""), `option_errors` what is wrong with them. `twin` is a
    save of a new customer of the same name that the page tells of.
    """

    request: HttpRequest
    page: CompanyPage
    customer_id: str
    model: dict[str, Any]
    submission: uuid.UUID = field(default_factory=uuid.uuid4)
    retry_of: Write | None = None
    twin: Write | None = None
    notes: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=lambda: {"timeout": "", "force": ""})
    option_errors: dict[str, str] = field(default_factory=dict)

    @property
    def creating(self) -> bool:
        """Whether the form is for a new customer."""
        return not self.customer_id

    @property
    def path(self) -> str:
        """The form's own address without its query string."""
        return links.form(self.page.company_id, self.customer_id)

    @property
    def key(self) -> drafts.FormKey:
        """What the form's drafts are found by."""
        return key_of(self.request, self.page, self.customer_id)

    def record(self) -> dict[str, Any]:
        """The customer as Codat has it now."""
        found = default_service().get(company_id=self.page.company_id, customer_id=self.customer_id)
        return cast(dict[str, Any], found)

    def form(self, record: Any = None, **how: Any) -> Form:
        """A form of this page's kind. Raises FormTampered, ModelError."""
        # The connection too: one that takes another's place wants other values, and is another ledger.
        page = self.page
        purpose = f"{page.company_id}:{page.connection_id}:{self.customer_id}"
        return Form(self.model, record, creating=self.creating, purpose=purpose, **how)

    def rebuilt_from_post(self, post: QueryDict, record: Any = None) -> Form:
        """What was typed, laid over the record as it is now: the one it was opened with is not readable."""
        if record is None and not self.creating:
            record = self.record()
        copy = post.copy()
        copy["base"] = self.form(record).sealed
        form = self.form(data=copy)
        form.problems.append(
            "The form came back without the record that it was opened with, or for another connection, so"
            " nothing was sent. What you typed is below, over the record as it is now: look through it, then save."
        )
        return form

    def with_pending_changes(self, record: dict[str, Any], *, say: bool = False) -> dict[str, Any]:
        """A customer with what other saves have changed and Codat's copy does not show yet.

        A form that went by the copy alone would put the old values back. This form's own save is none of them.
        """
        if not Write.objects.has_pending(self.page.company_id):
            return record
        under_way = Write.objects.pending(self.page.company_id, self.customer_id)
        others = under_way.filter(kind=Write.Kind.UPDATE).exclude(submission=self.submission)
        coming, telling = apply_pending(record, others.order_by("created_at"))
        if say:
            self.notes.extend(_told(write) for write in telling)
        return coming

    def read_options(self, post: QueryDict) -> None:
        """Take over the options of the save, and what it is a retry of."""
        timeout = post.get("timeout", "").strip()
        self.options = {"timeout": timeout, "force": "1" if post.get("force") else ""}
        if timeout and not (
            re.fullmatch(r"[0-9]{1,9}", timeout) and 0 < int(timeout) <= LONGEST_TIMEOUT
        ):
            self.option_errors["timeout"] = (
                f"Whole minutes, from 1 to {LONGEST_TIMEOUT}, or nothing."
            )
        if post.get("retry_of"):
            self.retry_of = Write.objects.filter(
                pk=uuid_of(post.get("retry_of")), company_id=self.page.company_id
            ).first()

    def _draft_url(self, draft: Draft) -> str:
        """Where a draft is gone on with: on its own connection while that is linked, else on this page's."""
        linked = any(
            is_linked(other) and other.get("id") == draft.connection_id
            for other in self.page.connections
        )
        connection = draft.connection_id if linked else self.page.connection_id
        return self.path + self.page.query(connection=connection, draft=draft.submission)

    def go(self, url: str) -> HttpResponse:
        """On to another page, with HTMX or without."""
        if htmx.is_fragment(self.request):
            return HttpResponseClientRedirect(url)
        response = HttpResponseRedirect(url)
        response.status_code = 303
        return response

    def render(
        self,
        form: Form,
        *,
        status: int = 200,
        merge: Merge | None = None,
        reviewing: bool = False,
        checked: bool = False,
    ) -> HttpResponse:
        """The page with the form: as it is, with a `merge` to decide, or `reviewing` what it would send."""
        page, customer_id = self.page, self.customer_id
        offered: list[Draft] = []
        if self.request.method != "POST" and "draft" not in self.request.GET:
            offered = self.key.offered()
        context: dict[str, Any] = {
            "page": page,
            "form": form,
            "creating": self.creating,
            "customer_id": customer_id,
            "name": "New customer" if self.creating else text(form.base.get("customerName")),
            "form_path": self.path,
            # Named even where there is no choice: a post must not go to what has become the default since.
            "form_url": self.path + page.query(connection=page.connection_id),
            "draft_url": links.draft(page.company_id, customer_id)
            + page.query(connection=page.connection_id),
            "customers_url": page.customers_url,
            "customer_url": page.customers_url,
            "submission": self.submission,
            "retry_of": self.retry_of,
            "twin": self.twin,
            "notes": self.notes,
            "offered": [(draft, self._draft_url(draft)) for draft in offered],
            "merge": merge,
            "reviewing": reviewing,
            "checked": checked,
            "options": self.options,
            "option_errors": self.option_errors,
            "longest_timeout": LONGEST_TIMEOUT,
        }
        if reviewing:
            context |= {"changes": form.changes(), "payload": form.payload_json(indent=2)}
        if not self.creating:
            customer = links.customer(page.company_id, customer_id)
            files = links.attachments(page.company_id, customer_id)
            context |= {
                "customer_url": customer + page.suffix,
                "attachments_url": files + page.suffix,
            }
        templates = "editing/form.html", "editing/_form.html"
        return htmx.render(self.request, *templates, context, status=status)
