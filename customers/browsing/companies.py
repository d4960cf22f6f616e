"""The list of companies: their accounting software, the state of its connection, and the time of the last sync."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.browsing import stale
from customers.browsing.list_states import (
    COMPANY_ORDER,
    COMPANY_PAGE_SIZES,
    CONNECTION_STATES,
    read_companies,
)
from customers.codat.companies import accounting_connections
from customers.codat.types import Company, Connection
from customers.formatting import DASH, text_or_dash
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import STATE_LABELS, state_tag
from customers.web.paging import canonical_url, headings, paging

_COLUMNS = (
    ("name", "Company"),
    ("platform", "Accounting software"),
    ("state", "Connection"),
    ("lastSync", "Last synced"),
    ("created", "Added"),
)

_NO_CONNECTION = ("No accounting connection", "")


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A row of the list.

    `url` is "" where the ID cannot be a segment of an address. `state` and `tone` are of the connection in use.
    `last_sync` and `created` are as Codat writes them.
    """

    url: str
    name: str
    platform: str
    state: str
    tone: str
    last_sync: object
    created: object


def company_rows(companies: Iterable[Company]) -> list[CompanyRow]:
    """Rows for companies, each with the address of its customers."""
    return [_row(company) for company in companies]


def _row(company: Company) -> CompanyRow:
    connections = accounting_connections(company)
    connection: Connection | Mapping[str, Any] = connections[0] if connections else {}
    company_id = company.get("id")
    url = links.customers(company_id) if links.is_addressable(company_id) else ""
    name = text_or_dash(company.get("name"))
    others = len(connections) - 1
    state, tone = state_tag(connection.get("status")) if connections else _NO_CONNECTION
    return CompanyRow(
        url=url,
        name=f"Company {company_id}" if url and name == DASH else name,
        platform=text_or_dash(connection.get("platformName"))
        + (f" and {others} more" if others > 0 else ""),
        state=state,
        tone=tone,
        last_sync=connection.get("lastSync") or company.get("lastSync"),
        created=company.get("created"),
    )


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def index(request: HttpRequest) -> HttpResponse:
    """The companies of the Codat account, searchable, a page at a time. One call to Codat."""
    state = read_companies(request.GET)
    companies = default_service().snapshots.list_companies(
        page=state.page,
        page_size=state.page_size,
        query=state.query,
        order_by=state.order_by,
    )
    response = htmx.render(
        request,
        "browsing/companies.html",
        "browsing/_companies.html",
        stale.context(request, companies)
        | {
            "state": state,
            "paging": paging(state, companies.data),
            "heads": headings(_COLUMNS, COMPANY_ORDER, state),
            "rows": company_rows(companies.data["results"]),
            "states": [(name, STATE_LABELS[name]) for name in CONNECTION_STATES],
            "page_sizes": sorted({*COMPANY_PAGE_SIZES, state.page_size}),
            "search_url": links.companies(),
            "here": request.get_full_path(),
        },
    )
    if request.headers.get("HX-Trigger") == "search":
        response["HX-Replace-Url"] = canonical_url(request.path, state)
    return response
