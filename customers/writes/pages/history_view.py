"""The change history of a company."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.formatting import text_or_dash
from customers.models import Write
from customers.service import default_service
from customers.web import htmx, links
from customers.writes.pages.change_list import change_list
from customers.writes.pages.change_origin import HISTORY

MAX_PEOPLE = 200
# One look into the index for each name: DISTINCT would read every row of the company.
_USER_NAMES = """
    SELECT name FROM (
        WITH RECURSIVE people(name) AS (
            SELECT (SELECT username FROM customers_write WHERE company_id = %s ORDER BY username LIMIT 1)
            UNION ALL
            SELECT (
                SELECT username FROM customers_write
                    WHERE company_id = %s AND username > people.name ORDER BY username LIMIT 1
            ) FROM people WHERE people.name IS NOT NULL
        )
        SELECT name FROM people WHERE name IS NOT NULL LIMIT %s
    ) AS found ORDER BY name
"""


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def history(request: HttpRequest, company_id: str) -> HttpResponse:
    """A company's changes, the newest first; `state`, `kind`, `by` and `customer` narrow them."""
    rows = Write.objects.filter(company_id=company_id)
    context = change_list(rows, request.GET, name=HISTORY)
    if not htmx.is_fragment(request):
        context |= _around(company_id, rows.first())
    return htmx.render(request, "writes/history.html", "writes/_change_list.html", context)


def _around(company_id: str, newest: Write | None) -> dict[str, Any]:
    """What the page has around its list of changes: the list is polled."""
    names = _user_names(company_id) if newest else []
    return {
        "company_name": (newest.company_name if newest else "") or _cached_name(company_id),
        "customers_url": links.customers(company_id),
        "codat_url": links.codat_writes(company_id),
        "people": [("", "All"), *((name, name) for name in names)],
    }


def _cached_name(company_id: str) -> str:
    """The company's name for a history without changes. Codat is not asked for it."""
    company = default_service().snapshots.cached_company(company_id=company_id)
    name = company.data.get("name") if company else None
    return text_or_dash(name) if name else "Customers"


def _user_names(company_id: str) -> list[str]:
    """The names of the first `MAX_PEOPLE` people with changes of a company that the reader sees, sorted. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_USER_NAMES, [company_id, company_id, MAX_PEOPLE])
        return [name for (name,) in cursor.fetchall()]
