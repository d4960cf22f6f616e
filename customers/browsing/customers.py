"""The list of a company's customers."""

from functools import cache

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from customers.browsing import freshness, stale
from customers.browsing.customer_rows import COLUMNS, customer_rows
from customers.browsing.refresh import current
from customers.codat.errors import NotFound, NotSynced
from customers.forms import iso_codes
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import (
    CompanyContext,
    company_context,
    load_company,
    with_company,
)
from customers.web.list_state import ListState
from customers.web.list_states import (
    CUSTOMER_ORDER,
    CUSTOMER_STATUSES,
    PAGE_SIZES,
    read_customers,
)
from customers.web.paging import canonical_url, headings, joined, paging
from customers.writes.pending import pending


@cache
def _currency_options() -> SafeString:
    """The suggestions of the currency filter as HTML, made once. Any code of three letters can be typed.

    For a row of the bench, "The same page, to the one over Codat's SDK": 155 options are a tenth of the page's HTML.
    """
    currencies = [code for code, _ in iso_codes.CURRENCIES]
    html = render_to_string("browsing/_currency_options.html", {"currencies": currencies})
    return SafeString(html)


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def index(request: HttpRequest, company_id: str) -> HttpResponse:
    """The list of customers. One call to Codat, and one in parallel where the company is not cached."""
    state = read_customers(request.GET)
    try:
        company, customers = with_company(
            company_id,
            lambda: default_service().snapshots.list(
                company_id=company_id,
                page=state.page,
                page_size=state.page_size,
                query=state.query,
                order_by=state.order_by,
            ),
        )
    except (NotSynced, NotFound) as error:
        page = load_company(request, company_id)
        if page.connection and not isinstance(error, NotSynced):
            raise
        return _without_data(request, page, state)
    page = company_context(request, company_id, company.data)
    pages = paging(state, customers.data, page.suffix)
    listed = links.from_list(joined(state.address(), page.suffix))
    context = stale.context(request, company, customers) | {
        "paging": pages,
        "heads": headings(COLUMNS, CUSTOMER_ORDER, state, page.suffix),
        "rows": customer_rows(
            customers.data["results"], company_id, joined(page.suffix, listed), pages.first
        ),
    }
    response = _render(request, _list_context(request, page, state) | context)
    if request.headers.get("HX-Trigger") == "search":
        response["HX-Replace-Url"] = canonical_url(request.path, state, page.suffix)
    return response


def _without_data(request: HttpRequest, page: CompanyContext, state: ListState) -> HttpResponse:
    """The page where Codat has no copy of this company's customers yet: the reason, and a button for a sync."""
    refresh = current(page.company_id) if page.connection else None
    context = freshness.context(page, refresh) | {"no_data": True}
    return _render(request, _list_context(request, page, state) | context)


def _render(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    return htmx.render(request, "browsing/customers.html", "browsing/_customers.html", context)


def _list_context(
    request: HttpRequest, page: CompanyContext, state: ListState
) -> dict[str, object]:
    listed = links.from_list(joined(state.address(), page.suffix))
    return freshness.context(page, None) | {
        "page": page,
        "customer_id": "",
        "state": state,
        "statuses": [(status, status) for status in CUSTOMER_STATUSES],
        "currency_options": _currency_options(),
        "page_sizes": sorted({*PAGE_SIZES, state.page_size}),
        "search_url": links.customers(page.company_id),
        "new_url": links.new(page.company_id) + joined(page.suffix, listed),
        "writes_url": links.writes(page.company_id),
        "here": request.get_full_path(),
        **pending(page.company_id),
    }
