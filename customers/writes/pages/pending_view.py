"""The section of pending changes, which pages poll. It is read from the journal only."""

from dataclasses import replace

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.web.lists.list_states import read_customers
from customers.web.origins.list_origin import Origin, read_origin
from customers.writes.showing import listed
from customers.writes.showing.pending import has_ended, pending


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def pending_changes(request: HttpRequest, company_id: str) -> HttpResponse:
    """The pending changes of a company, or of the customer in `?customer`, and the number in the header.

    Where they are others than the page shows (`?shown`), the page loads its records again, too: a change that is
    confirmed is in Codat's copy now. A customer's page does so only where one has ended: a new one stands in its place.
    """
    customer_id = request.GET.get("customer", "").replace("\0", "\ufffd")
    if not customer_id:
        return _rows(request, company_id)
    origin = read_origin(request.GET, company_id)
    context = pending(company_id, customer_id, origin)
    response = render(
        request,
        "writes/_pending_update.html",
        context | {"customer_id": customer_id, "out_of_band": True},
    )
    shown = request.GET.get("shown", "")
    if has_ended(shown, [item["write"] for item in context["pending"]]):
        response["HX-Trigger"] = "customers-refreshed"
    return response


def _rows(request: HttpRequest, company_id: str) -> HttpResponse:
    """The states of the changes in the rows of a list; `?rows` says which have one. Ended ones load the list again."""
    origin = read_origin(request.GET, company_id) or Origin(company_id, read_customers({}), "", 0)
    positions = listed.read_rows(request.GET.get("rows", ""))
    writes = listed.listed_writes(company_id) + listed.rows_of_batches(company_id, positions)
    keys = [(write, listed.row_key(write)) for write in writes]
    may_write = request.user.has_perm("customers.write_customers")
    states = [
        listed.state_context(write, may_write=may_write, origin=replace(origin, at=positions[key]))
        for write, key in keys
        if key in positions
    ]
    shown = {key: positions[key] for _, key in keys if key in positions}
    response = render(
        request,
        "writes/_rows_update.html",
        listed.poll_context(origin, writes, shown) | {"states": states, "out_of_band": True},
    )
    if request.GET.get("shown", "") != listed.listed_key(writes):
        response["HX-Trigger"] = "customers-refreshed"
    return response
