"""The companies: whose books are connected, to what, in which state, and how fresh."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from customers.codat.companies import accounting_connections
from customers.formatting import DASH, day, since, text
from customers.service import default_service
from customers.web import htmx, links, stale
from customers.web.company_context import STATE_WORDS
from customers.web.list_state import (
    COMPANY_ORDER,
    COMPANY_PAGE_SIZES,
    CONNECTION_STATES,
    read_companies,
)
from customers.web.paging import canonical_url, heads, paging

_COLUMNS = (
    ("name", "Company"),
    ("platform", "Accounting software"),
    ("state", "Connection"),
    ("lastSync", "Last read by Codat"),
    ("created", "Added"),
)
_ROW = "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>"
_TAG = '<span class="tag {}">{}</span>'
_TAG_CLASSES = {"Linked": "good", "PendingAuth": "warn"}
_NONE = mark_safe('<span class="tag">No accounting connection</span>')


def _state_tag(status: str) -> SafeString:
    if status == DASH:
        return _NONE
    return format_html(_TAG, _TAG_CLASSES.get(status, "bad"), STATE_WORDS.get(status, status))


def company_rows(companies: list[Mapping[str, Any]]) -> SafeString:
    """Table rows for companies, each linked to its customers. Every value is escaped."""
    rows = []
    for company in companies:
        connections = accounting_connections(company)  # type: ignore[arg-type]  # checked inside
        connection: Mapping[str, Any] = connections[0] if connections else {}
        company_id = company.get("id")
        name = text(company.get("name"))
        platform = text(connection.get("platformName"))
        if len(connections) > 1:
            platform += f" and {len(connections) - 1} more"
        rows.append(
            format_html(
                _ROW,
                format_html(
                    '<a href="{}">{}</a>',
                    links.customers(company_id),
                    name if name != DASH else f"Company {company_id}",
                )
                if isinstance(company_id, str) and links.is_addressable(company_id)
                else name,
                platform,
                _state_tag(text(connection.get("status"))),
                since(connection.get("lastSync") or company.get("lastSync")),
                day(company.get("created")),
            )
        )
    return mark_safe("".join(rows))  # noqa: S308  every row went through format_html


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
            "heads": heads(_COLUMNS, COMPANY_ORDER, state),
            "rows": company_rows(companies.data["results"]),  # type: ignore[arg-type]  # dicts under Codat's names
            "states": [(name, STATE_WORDS[name]) for name in CONNECTION_STATES],
            "page_sizes": sorted({*COMPANY_PAGE_SIZES, state.page_size}),
            "search_url": links.companies(),
            "here": request.get_full_path(),
        },
    )
    if request.headers.get("HX-Trigger") == "search":
        response["HX-Replace-Url"] = canonical_url(request.path, state)
    return response
