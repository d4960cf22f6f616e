"""The change history of a company."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.formatting import text_or_dash
from customers.models import Write, WriteQuerySet
from customers.service import default_service
from customers.web import htmx, links
from customers.writes.pages.change_list import change_list
from customers.writes.pages.change_origin import HISTORY

MAX_PEOPLE = 200


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def history(request: HttpRequest, company_id: str) -> HttpResponse:
    """A company's changes, the newest first; `state`, `kind`, `by` and `customer` narrow them."""
    rows = Write.objects.filter(company_id=company_id)
    newest = rows.first()
    context = change_list(rows, request.GET, name=HISTORY) | {
        "company_name": (newest.company_name if newest else "") or _cached_name(company_id),
        "customers_url": links.customers(company_id),
        "codat_url": links.codat_writes(company_id),
        "people": [("", "All"), *((name, name) for name in _user_names(rows))],
    }
    return htmx.render(request, "writes/history.html", "writes/_change_list.html", context)


def _cached_name(company_id: str) -> str:
    """The company's name for a history without changes. Codat is not asked for it."""
    company = default_service().snapshots.cached_company(company_id=company_id)
    name = company.data.get("name") if company else None
    return text_or_dash(name) if name else "Customers"


def _user_names(rows: WriteQuerySet) -> list[str]:
    """The names of the first `MAX_PEOPLE` people with changes, sorted.

    One index lookup for each: DISTINCT would read every row of the company.
    """
    names: list[str] = []
    while len(names) < MAX_PEOPLE:
        following = rows.filter(username__gt=names[-1]) if names else rows
        name = following.order_by("username").values_list("username", flat=True).first()
        if name is None:
            break
        names.append(name)
    return names
