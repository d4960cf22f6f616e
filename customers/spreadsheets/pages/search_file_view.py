"""The customers that a search over all companies finds, as one file."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers.attachments.streaming import Transfer
from customers.index.search import found_keys
from customers.searching.pages.search_view import TIME_LIMIT
from customers.searching.search_state import read_search
from customers.searching.time_limit import TooSlow, at_most
from customers.spreadsheets.exporting.search_file import open_search_file
from customers.web import htmx, links


@require_POST
@permission_required("customers.read_customers", raise_exception=True)
def search_file(request: HttpRequest) -> HttpResponseBase:
    """The file of the search in the address; the page of the search where there is nothing, and which says why."""
    state = read_search(request.GET)
    address = links.search(state.address(page=1))
    if state.is_empty or not settings.INDEX_CUSTOMERS:
        return htmx.see_other(address)
    try:
        with at_most(TIME_LIMIT):
            keys, has_more = found_keys(state.text, state.filters)
    except TooSlow:
        return htmx.see_other(address)
    if not keys:
        return htmx.see_other(address)
    user = cast(User, request.user)
    transfer = Transfer(
        request,
        "search file",
        lambda: open_search_file(keys, user, address=address, has_more=has_more),
    )
    response = StreamingHttpResponse(transfer, content_type="text/csv; charset=utf-8")
    name = f"customers-found-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
