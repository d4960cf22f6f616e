"""The next companies of a search that asks Codat, while there is no index."""

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.searching.live import live_context
from customers.searching.search_state import read_search
from customers.web import htmx, links


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def live_search(request: HttpRequest) -> HttpResponse:
    """A fragment with what the next companies have, which takes the place of what loads it."""
    state = read_search(request.GET)
    if settings.INDEX_CUSTOMERS or state.is_empty or not htmx.is_fragment(request):
        return HttpResponseRedirect(links.search(state.address()))
    may_write = request.user.has_perm("customers.write_customers")
    live = live_context(state, request.GET, may_write=may_write)
    return render(request, "searching/_live.html", {"state": state, "live": live})
