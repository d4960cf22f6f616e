"""The page of results of the search over all companies. It works without scripts."""

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.index.rules.table import RULES
from customers.searching import places
from customers.searching.identifiers import identified
from customers.searching.live import live_context
from customers.searching.recent import recent_entries
from customers.searching.results import results_context
from customers.searching.search_state import (
    COMMON_LACKS,
    LACKS_LABELS,
    SearchState,
    read_search,
)
from customers.searching.time_limit import TooSlow, at_most
from customers.web import htmx, links
from customers.web.lists.list_states import CUSTOMER_STATUSES
from customers.web.reader import reader_of

# Seconds that our own database has for a search.
TIME_LIMIT = 10


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def search_page(request: HttpRequest) -> HttpResponse:
    """What a search finds: customers, by the index or live where there is none; IDs, companies, pages."""
    state = read_search(request.GET)
    user, status = cast(User, request.user), 200
    context = _form(request, state) | {"too_slow": False, "live": None, "results": None}
    try:
        with at_most(TIME_LIMIT):
            context |= _others(request, state, user)
            if state.is_empty:
                context["recent"] = recent_entries(reader_of(request), may_write=_may_write(user))
            elif settings.INDEX_CUSTOMERS:
                context |= results_context(state, may_write=_may_write(user))
    except TooSlow:
        context["too_slow"], status = True, 503
    if not state.is_empty and not settings.INDEX_CUSTOMERS:
        context["live"] = live_context(state, request.GET, may_write=_may_write(user))
    templates = "searching/search.html", "searching/_results.html"
    response = htmx.render(request, *templates, context, status=status)
    if request.headers.get("HX-Trigger") == "search":
        response["HX-Replace-Url"] = links.search(state.address())
    return response


def _may_write(user: User) -> bool:
    return user.has_perm("customers.write_customers")


def _form(request: HttpRequest, state: SearchState) -> dict[str, Any]:
    """What the form of the search needs, and defaults of everything else."""
    companies = places.known_companies(reader_of(request)) if settings.INDEX_CUSTOMERS else ()
    pairs = [(each.company_id, each.name) for each in companies]
    if state.company and state.company not in dict(pairs):
        pairs.insert(0, (state.company, f"Company {state.company}"))
    names = dict.fromkeys((*COMMON_LACKS, *state.lacks))
    return {
        "state": state,
        "search_url": links.search(),
        "companies": pairs,
        "statuses": [(status, status) for status in CUSTOMER_STATUSES],
        "lacks": [(name, LACKS_LABELS[name]) for name in names],
        "rules": [(rule.name, rule.label) for rule in RULES],
        "has_index": settings.INDEX_CUSTOMERS,
        "others": [],
        "recent": [],
    }


def _others(request: HttpRequest, state: SearchState, user: User) -> dict[str, Any]:
    """What is found beside customers: by an ID, companies, pages."""
    if not state.text.strip() or state.page > 1:
        return {}
    known = places.known_companies(reader_of(request))
    entries = [
        *identified(state.text, may_write=_may_write(user)),
        *(
            places.company_entry(each, state.text)
            for each in places.matching_companies(state.text, known)
        ),
        *places.page_entries(state.text, user),
    ]
    return {"others": entries}
