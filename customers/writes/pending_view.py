"""The section of pending changes, which pages poll. It is read from the journal only."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.web import links
from customers.web.origin import kept, read_origin
from customers.writes.pending import has_ended, pending


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def pending_changes(request: HttpRequest, company_id: str) -> HttpResponse:
    """The pending changes of a company, or of the customer in `?customer`, and the number in the header.

    Where they are others than the page shows (`?shown`), the page loads its records again, too: a change that is
    confirmed is in Codat's copy now. A customer's page does so only where one has ended: a new one stands in its place.
    """
    customer_id = request.GET.get("customer", "").replace("\0", "\ufffd")
    origin = read_origin(request.GET, company_id)
    context = pending(company_id, customer_id, origin)
    response = render(
        request,
        "writes/_pending_update.html",
        context | {"customer_id": customer_id, "out_of_band": True},
    )
    shown = request.GET.get("shown", "")
    url = kept(links.pending(company_id, customer_id, shown=shown), origin)
    is_same = context["pending_url"] == url
    writes = [item["write"] for item in context["pending"]]
    if has_ended(shown, writes) if customer_id else not is_same:
        response["HX-Trigger"] = "customers-refreshed"
    return response
