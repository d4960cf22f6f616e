"""What the search box of the frame shows while somebody types."""

from typing import cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.searching.search_state import read_search
from customers.searching.suggestions import suggest
from customers.searching.time_limit import TooSlow, at_most
from customers.web import htmx, links
from customers.web.reader import reader_of

# Seconds that our own database has while somebody types.
TIME_LIMIT = 5
_MAX_ID = 64


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def suggestions(request: HttpRequest) -> HttpResponse:
    """A fragment with what `?q=` finds; without scripts the page of results. `?here=`: the company that is open."""
    if not htmx.is_fragment(request):
        return HttpResponseRedirect(links.search(read_search(request.GET).address()))
    text = request.GET.get("q", "")
    context = {"search_url": links.search(read_search(request.GET).address())}
    try:
        with at_most(TIME_LIMIT):
            found = suggest(
                text,
                user=cast(User, request.user),
                reader=reader_of(request),
                here=request.GET.get("here", "")[:_MAX_ID],
            )
    except TooSlow:
        return render(request, "searching/_suggestions_slow.html", context, status=503)
    return render(request, "searching/_suggestions.html", context | {"found": found})
