"""The timeline of one customer: beside its fields, and as a page of its own. Read from our own database alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.browsing.customer_page.timeline import KINDS, Known, Place, timeline
from customers.codat.types import Company
from customers.formatting import text_or_dash
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyContext, company_context
from customers.web.origins.list_origin import kept, kept_in, read_origin
from customers.writes.drafts import FormKey


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def customer_timeline(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    """What happened to a customer. `?kind=` narrows it, `?before=` continues it. Makes no call to Codat."""
    snapshots = default_service().snapshots
    company = snapshots.cached_company(company_id=company_id)
    customer = snapshots.cached_customer(company_id=company_id, customer_id=customer_id)
    page = company_context(request, company_id, company.data if company else Company(id=company_id))
    record = cast(dict[str, Any], customer.data) if customer else {}
    context = timeline_context(request, page, customer_id, record)
    newest = next(iter(context["timeline"].writes), None)
    return htmx.render(
        request,
        "browsing/timeline.html",
        "browsing/_timeline.html",
        context
        | {
            "page": page,
            "company_name": text_or_dash(
                page.company.get("name") or (newest and newest.company_name)
            ),
            "customer_name": text_or_dash(
                record.get("customerName") or (newest and newest.customer_name)
            ),
            "customer_url": kept(
                links.customer(company_id, customer_id) + page.suffix,
                read_origin(request.GET, company_id),
            ),
        },
    )


def timeline_context(
    request: HttpRequest, page: CompanyContext, customer_id: str, record: Mapping[str, Any]
) -> dict[str, Any]:
    """The context of `browsing/_timeline.html`, beside the page. `record` is the customer as far as it is known."""
    key = FormKey(cast(User, request.user), page.company_id, page.connection_id, customer_id)
    shown = timeline(
        key,
        Known(page.last_sync, record.get("sourceModifiedDate")),
        kind=request.GET.get("kind", ""),
        place=Place.of(request.GET.get("before", "")),
    )
    origin = read_origin(request.GET, page.company_id)
    groups = [
        (heading, [kept_in(entry, origin) for entry in entries])
        for heading, entries in shown.groups
    ]
    url = links.timeline(page.company_id, customer_id)

    def address(**query: str) -> str:
        pairs = {name: value for name, value in query.items() if value}
        return kept(url + ("?" + urlencode(pairs) if pairs else ""), origin)

    before = str(shown.place) if shown.place else ""
    return {
        "timeline": replace(shown, groups=groups),
        "timeline_url": address(kind=shown.kind, before=before),
        "timeline_kinds": [
            (label, address(kind=kind), kind == shown.kind) for kind, label in KINDS
        ],
        "newest_url": address(kind=shown.kind) if shown.place else "",
        "earlier_url": address(kind=shown.kind, before=str(shown.earlier)) if shown.earlier else "",
    }
