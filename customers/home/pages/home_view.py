"""The home page: what needs doing, the companies, and two pictures."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.home.pages.board_context import (
    HomePlace,
    companies_context,
    home_context,
    read_board,
)
from customers.web import htmx

# The part of the page that the search for companies renews, and the one that polls.
COMPANIES, BOARD = "home-companies", "home-board"


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def home(request: HttpRequest) -> HttpResponse:
    """What needs doing: `?show` is one of the lists; `?q` finds companies. No call to Codat."""
    if htmx.is_fragment(request) and request.headers.get("HX-Target") == COMPANIES:
        place = HomePlace.of(request.GET)
        context = companies_context(place, read_board(request))
        response = htmx.render(request, "home/home.html", "home/_companies.html", context)
        response["HX-Replace-Url"] = place.address()
        return response
    context = home_context(request) | {
        "is_fragment": htmx.is_fragment(request),
        "is_poll": request.headers.get("HX-Trigger") == BOARD,
    }
    return htmx.render(request, "home/home.html", "home/_home.html", context)
