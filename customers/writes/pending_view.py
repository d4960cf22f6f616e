"""The section of pending changes, which pages poll. It is read from the journal only."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.web import links
from customers.writes.pending import pending


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def pending_changes(request: HttpRequest, company_id: str) -> HttpResponse:
    """The pending changes of a company, or of the customer in `?customer`, and the number in the header.

    Where they are not those that the page shows (`?shown`), the page reloads its records too, because a confirmed
    change is in Codat's copy.
    """
    customer_id = request.GET.get("customer", "").replace("\0", "\ufffd")
    context = pending(company_id, customer_id)
    response = render(
        request,
        "writes/_pending_update.html",
        context | {"customer_id": customer_id, "out_of_band": True},
    )
    shown = request.GET.get("shown", "")
    if context["pending_url"] != links.pending(company_id, customer_id, shown=shown):
        response["HX-Trigger"] = "customers-refreshed"
    return response
