"""The list of a company's customers."""

from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from customers.browsing.codats_copy import freshness
from customers.browsing.codats_copy.refresh import current
from customers.browsing.codats_copy.seen_before import SeenBefore
from customers.browsing.customer_list import list_controls, row_changes, row_parts, saved_views
from customers.browsing.customer_list.columns import (
    Choice,
    choose,
    keep_columns,
    ordered,
    reader_columns,
)
from customers.browsing.customer_list.customer_rows import Rows, customer_rows
from customers.browsing.customer_list.list_counts import count_sentence
from customers.codat import iso_codes
from customers.codat.errors import NotFound, NotSynced
from customers.web import htmx, links, recent
from customers.web.company_context import (
    CompanyContext,
    company_context,
    load_company,
)
from customers.web.lists.list_state import ListState
from customers.web.lists.list_states import CUSTOMER_ORDER, read_customers
from customers.web.lists.paging import canonical_url, headings, joined, paging
from customers.web.origins.list_origin import Origin
from customers.web.origins.return_address import list_address
from customers.web.reader import RecentRecord
from customers.writes.showing.listed import listed_writes, poll_context

_TEMPLATES = ("browsing/customers.html", "browsing/_customers_update.html")
# For how long a browser has the codes of currencies.
_CURRENCIES_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address of a list asks for, and how its reader keeps it."""

    state: ListState
    choice: Choice
    own_columns: tuple[str, ...]
    views: list[saved_views.View]


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def index(request: HttpRequest, company_id: str) -> HttpResponse:
    """The list of customers. One call to Codat, and one in parallel where the company is not cached."""
    asked = _read(request)
    address = _other_address(request, asked)
    if address:
        return HttpResponseRedirect(request.path + address)
    state = asked.state
    seen, shown = SeenBefore(request, company_id), row_parts.asked_for(request)
    try:
        company, customers = seen.customers(state)
    except (NotSynced, NotFound) as error:
        page = load_company(request, company_id)
        if page.connection and not isinstance(error, NotSynced):
            raise
        return _without_data(request, page, asked)
    if seen.is_unchanged:
        return seen.unchanged()
    page = company_context(request, company_id, company.data)
    data = cast("dict[str, Any]", customers.data)
    rows, context = _rows_context(request, page, asked, data)
    if shown:
        return row_parts.other_rows(rows, data, shown)
    recent.visit_record(request, RecentRecord("company", company_id))
    context |= seen.context()
    context |= row_parts.parts(request, seen, rows, data)
    response = seen.render(*_TEMPLATES, _list_context(request, page, asked) | context)
    if request.headers.get("HX-Trigger") == "search":
        response["HX-Replace-Url"] = canonical_url(request.path, state, page.suffix)
    return response


def _read(request: HttpRequest) -> _Asked:
    state = read_customers(request.GET)
    own = reader_columns(request)
    choice = choose(request.GET, own)
    # Only what was understood goes on in links.
    state = replace(
        state,
        kept=dict(state.kept) | {"columns": choice.word},
        corrections=state.corrections + choice.notices,
    )
    return _Asked(state, choice, own, saved_views.views_of(cast(User, request.user)))


def _other_address(request: HttpRequest, asked: _Asked) -> str:
    """The query string of the address that this one stands for, "" where it stands for itself.

    A list that is opened without parameters opens in its reader's default view. The columns menu posts each name apart.
    """
    if htmx.is_fragment(request):
        return ""
    connection = request.GET.get("connection", "")
    suffix = "?" + urlencode({"connection": connection}) if connection else ""
    if not request.GET.keys() - {"connection"}:
        address = saved_views.opening_address(asked.views)
        return joined(address, suffix) if address else ""
    if len(request.GET.getlist("columns")) > 1:
        return joined(asked.state.address(), suffix) or "?"
    return ""


def _rows_context(
    request: HttpRequest, page: CompanyContext, asked: _Asked, data: dict[str, Any]
) -> tuple[Rows, dict[str, Any]]:
    """The rows, and the context of what says how many there are."""
    state, results = asked.state, data["results"]
    pages = paging(state, data, page.suffix)
    listed = links.from_list(joined(state.address(), page.suffix))
    origin = Origin(page.company_id, state, page.suffix, 0)
    ids = [customer_id for row in results if isinstance(customer_id := row.get("id"), str)]
    writes = listed_writes(page.company_id, ids)
    changes = row_changes.place(
        writes,
        results,
        asked.choice.columns,
        replace(origin, at=pages.first),
        may_write=request.user.has_perm("customers.write_customers"),
    )
    rows: Rows = customer_rows(
        results,
        page.company_id,
        asked.choice.columns,
        suffix=joined(page.suffix, listed),
        first=pages.first,
        changes=changes.rows,
        new=changes.new,
        show_empty=state.kept["empty"] == "show",
        ordered_by=state.order_field,
    )
    count = count_sentence(
        state, pages, results, company_id=page.company_id, last_sync=page.last_sync
    )
    return rows, {
        "paging": pages,
        "count": count,
        **_columns_context(state, rows, page.suffix),
        "elsewhere": changes.elsewhere,
        **poll_context(origin, writes, changes.shown),
    }


def _columns_context(state: ListState, rows: Rows, suffix: str) -> dict[str, Any]:
    """The columns, and those that are left out."""
    columns = tuple((column.order or column.name, column.label) for column in rows.columns)
    return {
        "columns": rows.columns,
        "heads": headings(columns, CUSTOMER_ORDER, state, suffix),
        "empty_columns": rows.empty,
        "show_empty_url": joined(state.address(empty="show"), suffix),
        "chips": list_controls.chips(state, rows.columns, suffix),
    }


def _without_data(request: HttpRequest, page: CompanyContext, asked: _Asked) -> HttpResponse:
    """Codat has no copy of this company's customers yet: say why, and offer a sync."""
    refresh = current(page.company_id) if page.connection else None
    context = freshness.context(page, refresh) | {"no_data": True}
    return htmx.render(request, *_TEMPLATES, _list_context(request, page, asked) | context)


def _list_context(request: HttpRequest, page: CompanyContext, asked: _Asked) -> dict[str, Any]:
    state = asked.state
    listed = joined(state.address(), page.suffix)
    here = links.customers(page.company_id) + listed
    bar = saved_views.view_bar(
        asked.views, state, may_write=request.user.has_perm("customers.write_customers")
    )
    return freshness.context(page, None) | {
        "page": page,
        "state": state,
        "views": bar,
        "list_notices": state.notices + bar.notices,
        "new_view_url": links.new_view(here),
        "list_address": here,
        "view_url": links.view(bar.current.id, here) if bar.current else "",
        "filter_fields": list_controls.filter_fields(state),
        "order_options": list_controls.order_options(state.order_by, asked.choice.names),
        "column_menu": list_controls.column_menu(
            state, asked.choice, asked.own_columns, page.suffix
        ),
        "search_url": links.customers(page.company_id),
        "compare_url": links.compare(page.company_id),
        **_selection_context(page, listed, joined(state.address(page=1), page.suffix)),
        "columns_url": links.columns(),
        "new_url": links.new(page.company_id) + joined(page.suffix, links.from_list(listed)),
        "writes_url": links.writes(page.company_id),
        "notes_url": links.notes(page.company_id),
        "import_url": links.new_import(page.company_id, connection=page.connection_id),
        "here": request.get_full_path(),
    }


def _selection_context(page: CompanyContext, listed: str, whole: str) -> dict[str, str]:
    """Where a batch or an export is made: of the rows ticked in a list, and of all that it has from page 1 on."""
    company_id, connection = page.company_id, page.connection_id
    return {
        "edit_url": links.new_batch(company_id, connection=connection, listed=listed),
        "edit_all_url": links.new_batch(
            company_id, connection=connection, listed=whole, is_all=True
        ),
        "export_url": links.export(company_id, listed=listed),
        "export_all_url": links.export(company_id, listed=whole, is_all=True),
    }


@require_POST
@permission_required("customers.read_customers", raise_exception=True)
def columns(request: HttpRequest) -> HttpResponse:
    """Keep the posted columns for every list of this person; then back to the list."""
    names = ordered(request.POST.get("columns", "").split(","))
    if names:
        keep_columns(cast(User, request.user), names)
    path, state, suffix = list_address(request.POST.get("next", ""))
    return HttpResponseRedirect(path + joined(state.address(columns=""), suffix))


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def currencies(request: HttpRequest) -> HttpResponse:
    """The codes that the filter of currencies suggests, fetched when its menu opens: a twentieth of a list's bytes."""
    codes = [code for code, _ in iso_codes.CURRENCIES]
    response = render(request, "browsing/_currencies.html", {"codes": codes})
    response["Cache-Control"] = f"private, max-age={_CURRENCIES_SECONDS}"
    return response
