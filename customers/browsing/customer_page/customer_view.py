"""The page of one customer: its fields, each in its place with the state of its change, and its timeline."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.browsing.codats_copy.seen_before import SeenBefore
from customers.browsing.customer_page.customer_detail import read_record
from customers.browsing.customer_page.editable import editable_values
from customers.browsing.customer_page.timeline_view import timeline_context
from customers.formatting import text_or_dash
from customers.index.records import broken_rules
from customers.models import AuditEntry, SubjectKind
from customers.notes.panel import Panel, panel
from customers.notes.subjects import subject_of
from customers.web import htmx, links, recent
from customers.web.company_context import CompanyContext, company_context
from customers.web.origins.list_origin import Origin, kept, kept_in, read_origin
from customers.web.origins.place import place, with_results
from customers.web.origins.search_origin import kept_search, search_place
from customers.web.reader import RecentRecord
from customers.web.record_field import FieldAddresses
from customers.writes.showing.field_states import field_states
from customers.writes.showing.pending import pending


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def detail(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    """One customer, with every field. One call to Codat; the attachments are a fragment that loads afterwards."""
    origin = read_origin(request.GET, company_id)
    seen = SeenBefore(request, company_id)
    earlier = seen.earlier_customer(customer_id)
    (company, snapshot), results = with_results(
        origin,
        lambda: earlier or seen.customer(customer_id),
        # A fragment has no way back: it stands on the page. Nor does a page wait for it that does not wait for Codat.
        may_ask=not (htmx.is_fragment(request) or earlier),
    )
    if seen.is_unchanged:
        return seen.unchanged()
    customer = cast(dict[str, Any], snapshot.data)
    page = company_context(request, company_id, company.data)
    recent.visit_record(request, RecentRecord("customer", company_id, customer_id))
    context = (
        seen.context()
        | _context(request, page, customer_id, customer)
        | _addresses(request, page, customer_id, origin)
        | {
            "place": place(origin, customer_id, page.name, results)
            if origin
            else search_place(request.GET),
            "origin_fields": origin.fields if origin else [],
        }
        | pending(company_id, customer_id, origin)
        | {"notes": _notes(request, company_id, customer_id)}
    )
    return seen.render("browsing/customer.html", "browsing/_customer.html", context)


def _notes(request: HttpRequest, company_id: str, customer_id: str) -> Panel | None:
    """The notes on a customer; None for a fragment, which has none, and for an ID that is too long for them."""
    subject = subject_of(SubjectKind.CUSTOMER, company_id, customer_id)
    return panel(request, subject) if subject and not htmx.is_fragment(request) else None


def _addresses(
    request: HttpRequest, page: CompanyContext, customer_id: str, origin: Origin | None
) -> dict[str, Any]:
    """The addresses that the page links to; they keep the list or the search that it was opened from."""

    def query(**parameters: object) -> str:
        return kept_search(kept(page.query(**parameters), origin), request.GET)

    edit, new = links.edit(page.company_id, customer_id), links.new(page.company_id)
    return {
        "addresses": FieldAddresses(page.company_id, customer_id, query),
        "edit_url": edit + query(),
        "add_urls": {name: edit + query(add=name) for name in ("addresses", "contacts")},
        "copy_url": new + query(**{"from": customer_id}),
        "attachments_url": links.attachments(page.company_id, customer_id) + query(),
        "read_by_url": links.audit(
            company=page.company_id, customer=customer_id, kind=AuditEntry.Kind.READ
        ),
        "held_url": links.held(page.company_id, customer_id),
        "writes_url": links.writes(page.company_id) + "?" + urlencode({"customer": customer_id}),
    }


def _context(
    request: HttpRequest, page: CompanyContext, customer_id: str, customer: dict[str, Any]
) -> dict[str, Any]:
    """The fields with the states of their changes, and the timeline."""
    may_write = request.user.has_perm("customers.write_customers")
    origin = read_origin(request.GET, page.company_id)
    record = read_record(customer, editable_values(page, customer, may_write=may_write))
    history = timeline_context(request, page, customer_id, customer)
    states = field_states(
        history["timeline"].writes,
        fields=[field.keys for field in record.fields()],
        user_id=request.user.pk,
        now=timezone.now(),
    )
    return history | {
        "page": page,
        "customer_id": customer_id,
        "customer_name": text_or_dash(customer.get("customerName")),
        "record": record,
        "broken_rules": broken_rules(customer_id, customer),
        "quality_url": links.quality(page.company_id),
        "states": {keys: kept_in(state, origin) for keys, state in states.by_keys.items()},
        "unplaced": states.unplaced,
        "may_edit": may_write and page.is_writable,
    }
