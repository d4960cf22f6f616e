"""The views of a refresh of Codat's copy: start it, and poll it, with HTMX or as a page that reloads."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from customers.browsing.codats_copy.refresh import MAX_POLLS, RefreshStatus, current, follow, start
from customers.web import htmx, links
from customers.web.company_context import CompanyContext, load_company

# Seconds. The shortest interval in which a page without HTMX reloads.
_MIN_RELOAD_SECONDS = 3


def _polls(request: HttpRequest) -> int:
    """How often this refresh was polled already, from the address."""
    value = request.GET.get("poll", "")
    is_count = value.isascii() and value.isdigit() and len(value) < 6
    return min(int(value), MAX_POLLS) if is_count else 0


def _url(page: CompanyContext, refresh: RefreshStatus, polls: int = 0) -> str:
    """The address that polls a refresh."""
    query = {"follow": refresh.operation_id, "poll": polls} if refresh.operation_id else {}
    if page.suffix:
        query["connection"] = page.connection_id
    return links.freshness(page.company_id) + ("?" + urlencode(query) if query else "")


def context(
    page: CompanyContext, refresh: RefreshStatus | None, polls: int = 0
) -> dict[str, object]:
    """What `_freshness.html` needs, beside the page."""
    return {
        "refresh": refresh,
        "poll_url": _url(page, refresh, polls + 1) if refresh else "",
        "check_url": _url(page, refresh) if refresh else "",
        "refresh_url": links.refresh(page.company_id) + page.suffix,
        "no_data": False,
    }


def _render(request: HttpRequest, page: CompanyContext, refresh: RefreshStatus) -> HttpResponse:
    """The fragment, or a page around it that reloads without JavaScript."""
    polls = _polls(request)
    response = htmx.render(
        request,
        "browsing/freshness.html",
        "browsing/_freshness.html",
        {"page": page} | context(page, refresh, polls),
    )
    if htmx.is_fragment(request):
        if refresh.state == "complete":
            response["HX-Trigger"] = "customers-refreshed"
    elif refresh.poll_seconds:
        seconds = max(round(float(refresh.poll_seconds)), _MIN_RELOAD_SECONDS)
        response["Refresh"] = f"{seconds}; url={_url(page, refresh, polls + 1)}"
    return response


@require_POST
@permission_required("customers.read_customers", raise_exception=True)
def refresh(request: HttpRequest, company_id: str) -> HttpResponse:
    """Start a refresh of the customers, or use the running one; then poll it."""
    page = load_company(request, company_id)
    status = start(company_id)
    if not htmx.is_fragment(request):
        return HttpResponseRedirect(_url(page, status))
    return _render(request, page, status)


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def freshness(request: HttpRequest, company_id: str) -> HttpResponse:
    """How old Codat's copy is; polls the refresh that `?follow=` names, or the running one."""
    page = load_company(request, company_id)
    operation_id = request.GET.get("follow", "")
    if operation_id:
        return _render(request, page, follow(company_id, operation_id, _polls(request)))
    return _render(request, page, current(company_id))
