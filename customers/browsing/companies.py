"""The list of companies: their accounting software, the state of its connection, and the time of the last sync."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.browsing.codats_copy.seen_before import SeenBefore
from customers.codat.companies import accounting_connections
from customers.codat.types import Company, Connection
from customers.codat.values import parse_date
from customers.formatting import DASH, text_or_dash
from customers.web import links
from customers.web.company_context import STATE_LABELS, state_tag
from customers.web.lists.list_states import (
    COMPANY_ORDER,
    COMPANY_PAGE_SIZES,
    CONNECTION_STATES,
    read_companies,
)
from customers.web.lists.paging import canonical_url, headings, paging

_COLUMNS = (
    ("name", "Company"),
    ("platform", "Accounting software"),
    ("state", "Connection"),
    ("lastSync", "Last synced"),
    ("created", "Added"),
)

# Codat's copy is old after this time.
_OLD = timedelta(days=30)
_NO_CONNECTION = ("No accounting connection", "")


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A row of the list.

    `url` is "" where the id cannot be a segment of an address. `state` and `tone` are of the connection in use.
    `last_sync` and `created` are as Codat writes them; `is_old` where the last sync was more than 30 days ago.
    """

    company_id: str
    url: str
    name: str
    platform: str
    state: str
    tone: str
    last_sync: object
    is_old: bool
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
    last_sync = connection.get("lastSync") or company.get("lastSync")
    synced_at = parse_date(last_sync)
    return CompanyRow(
        company_id=str(company_id),
        url=url,
        name=f"Company {company_id}" if url and name == DASH else name,
        platform=text_or_dash(connection.get("platformName"))
        + (f" and {others} more" if others > 0 else ""),
        state=state,
        tone=tone,
        last_sync=last_sync,
        is_old=synced_at is not None and timezone.now() - synced_at > _OLD,
        created=company.get("created"),
    )


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def index(request: HttpRequest) -> HttpResponse:
    """The companies of the Codat account, searchable, a page at a time. One call to Codat."""
    state = read_companies(request.GET)
    seen = SeenBefore(request)
    companies = seen.companies(state)
    if seen.is_unchanged:
        return seen.unchanged()
    response = seen.render(
        "browsing/companies.html",
        "browsing/_companies.html",
        seen.context()
        | {
            "state": state,
            "paging": paging(state, companies.data),
            "heads": headings(_COLUMNS, COMPANY_ORDER, state),
            "rows": company_rows(companies.data["results"]),
            "states": [(name, STATE_LABELS[name]) for name in CONNECTION_STATES],
            "page_sizes": sorted({*COMPANY_PAGE_SIZES, state.page_size}),
            "search_url": links.companies(),
            "customers_found_url": links.search("?" + urlencode({"q": state.search.text})),
            "here": request.get_full_path(),
        },
    )
    if request.headers.get("HX-Trigger") == "search":
        response["HX-Replace-Url"] = canonical_url(request.path, state)
    return response
