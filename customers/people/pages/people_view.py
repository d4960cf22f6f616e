"""The list of people, for those who may manage them."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.people.listing import PAGE_SIZE, ROLES, STATES, PeopleFilters, people
from customers.people.rules import PERMISSION
from customers.web import htmx, links
from customers.web.lists.paging import page_number


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def people_page(request: HttpRequest) -> HttpResponse:
    """Everybody with an account; `q`, `role` and `state` narrow the list."""
    filters = PeopleFilters.of(request.GET)
    page = page_number(request.GET.get("page", ""))
    rows, total = people(filters, page)
    pages = max(1, -(-total // PAGE_SIZE))
    kept = {"q": filters.text, "role": filters.role, "state": filters.state}

    def address(number: int) -> str:
        query = {name: value for name, value in kept.items() if value}
        if number > 1:
            query["page"] = str(number)
        return links.people(urlencode(query))

    context = {
        "filters": filters,
        "roles": ROLES,
        "states": STATES,
        "rows": [{"person": row, "url": links.person(row.pk)} for row in rows],
        "total": total,
        "position": f"Page {page} of {pages}",
        "previous_url": address(min(page - 1, pages)) if page > 1 else "",
        "next_url": address(page + 1) if page < pages else "",
        "all_url": links.people(),
        "invite_url": links.invite(),
    }
    return htmx.render(request, "people/people.html", "people/_people.html", context)
