"""Leads from a customer to the one before or after it in the list that it was opened from."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from customers.web import links
from customers.web.origins import place
from customers.web.origins.list_origin import read_origin


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def step(request: HttpRequest, company_id: str) -> HttpResponse:
    """Redirects from the customer in `?from` to the next one, or with `to=previous` to the one before.

    With `form` it leads to the form. Pages link here where the customer is on another page of the list, or where the
    list is not cached. At most two calls to Codat. Where there is no such customer, it leads to the list.
    """
    origin = read_origin(request.GET, company_id)
    if origin is None:
        return HttpResponseRedirect(links.customers(company_id))
    direction: place.Direction = -1 if request.GET.get("to") == "previous" else 1
    neighbour = place.step(origin, request.GET.get("from", ""), direction)
    url = neighbour.url_of(form="form" in request.GET) if neighbour else origin.address()
    return HttpResponseRedirect(url)
