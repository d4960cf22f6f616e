"""How old Codat's copy of the customers is, and the refresh that makes it new: started, joined, followed, ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from customers.codat import refreshes
from customers.codat.errors import AlreadyInUse, BadRequest
from customers.codat.values import is_empty
from customers.formatting import text
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyPage, load_company

# Seconds before looking again: soon at first, then ever slower; after the last look a person decides.
_FIRST_WAIT, _GROWTH, _LONGEST_WAIT, _LOOKS = 1.0, 1.3, 15.0, 60


@dataclass(frozen=True, slots=True)
class RefreshStatus:
    """`state` is running, failed, complete, never or idle.

    `last` is when the copy was last made new, as Codat writes it. `progress` (0 to 100) may be unknown. `wait` is the
    number of seconds before looking again, None to stop.
    """

    state: str
    last: str | None = None
    sentence: str = ""
    said: str = ""
    progress: int | None = None
    follow: str = ""
    wait: str | None = None


def _read(operation: Mapping[str, Any], looks: int) -> RefreshStatus:
    """A pull operation as it is told. A status that nobody knows counts as running: following it ends anyway."""
    status = text(operation.get("status"))
    follow = str(operation.get("id") or "")
    said = operation.get("errorMessage") or operation.get("statusDescription")
    words = said if isinstance(said, str) and not is_empty(said) else ""
    if refreshes.has_failed(status) or operation.get("isErrored") is True:
        sentence = refreshes.FAILED.get(status, "The refresh did not succeed.")
        return RefreshStatus("failed", sentence=sentence, said=words, follow=follow)
    if refreshes.has_ended(operation):
        completed = operation.get("completed") or operation.get("requested")
        return RefreshStatus("complete", last=completed if isinstance(completed, str) else None)
    wait = min(_FIRST_WAIT * _GROWTH**looks, _LONGEST_WAIT)
    return RefreshStatus(
        "running",
        sentence=refreshes.status_label(status),
        said=words,
        progress=refreshes.progress(operation),
        follow=follow,
        wait=f"{wait:.1f}" if looks < _LOOKS and follow else None,
    )


def start(page: CompanyPage) -> RefreshStatus:
    """Queue a refresh, or join the one that runs already. Raises CodatError."""
    service = default_service()
    try:
        operation: Mapping[str, Any] = service.refresh_customers(company_id=page.company_id)
    except (AlreadyInUse, BadRequest):
        # Codat refuses a second refresh while one runs.
        running = current(page)
        if running.state != "running":
            raise
        return running
    return _read(operation, 0)


def follow(page: CompanyPage, dataset_id: str, looks: int) -> RefreshStatus:
    """Look at a refresh once more. Raises CodatError."""
    service = default_service()
    operation = service.get_pull_operation(company_id=page.company_id, dataset_id=dataset_id)
    fresh = _read({**operation, "id": operation.get("id") or dataset_id}, looks)
    if fresh.state == "complete":
        service.get_company(company_id=page.company_id, fresh=True)
    return fresh


def current(page: CompanyPage) -> RefreshStatus:
    """What Codat says about its copy now. Raises CodatError."""
    status: Mapping[str, Any] = default_service().get_data_status(company_id=page.company_id) or {}
    last = status.get("lastSuccessfulSync")
    latest = status.get("latestSyncId")
    word = text(status.get("currentStatus"))
    if word in refreshes.RUNNING and isinstance(latest, str):
        return _read({"id": latest, "status": word}, 0)
    if isinstance(last, str) and not last.startswith("0001"):
        return RefreshStatus("idle", last=last)
    if word in refreshes.FAILED:
        return RefreshStatus("failed", sentence=refreshes.FAILED[word])
    return RefreshStatus("never")


def looks(request: HttpRequest) -> int:
    """How often this refresh has been looked at already, from the address."""
    value = request.GET.get("look", "")
    return min(int(value), _LOOKS) if value.isascii() and value.isdigit() and len(value) < 6 else 0


def address(page: CompanyPage, fresh: RefreshStatus, look: int = 0) -> str:
    """Where a refresh is followed."""
    query = {"follow": fresh.follow, "look": look} if fresh.follow else {}
    if page.suffix:
        query["connection"] = page.connection_id
    return links.freshness(page.company_id) + ("?" + urlencode(query) if query else "")


def context(page: CompanyPage, fresh: RefreshStatus | None, look: int = 0) -> dict[str, object]:
    """What `_freshness.html` needs, beside the page."""
    return {
        "fresh": fresh,
        "look_address": address(page, fresh, look + 1) if fresh else "",
        "check_address": address(page, fresh) if fresh else "",
        "refresh_url": links.refresh(page.company_id) + page.suffix,
    }


def render(request: HttpRequest, page: CompanyPage, fresh: RefreshStatus) -> HttpResponse:
    """The fragment, or a page around it that comes back by itself, without JavaScript too."""
    look = looks(request)
    response = htmx.render(
        request,
        "browsing/freshness.html",
        "browsing/_freshness.html",
        {"page": page} | context(page, fresh, look),
    )
    if htmx.is_fragment(request):
        if fresh.state == "complete":
            response["HX-Trigger"] = "customers-refreshed"
    elif fresh.wait:
        response["Refresh"] = (
            f"{max(round(float(fresh.wait)), 3)}; url={address(page, fresh, look + 1)}"
        )
    return response


@require_POST
@permission_required("customers.read_customers", raise_exception=True)
def refresh(request: HttpRequest, company_id: str) -> HttpResponse:
    """Ask Codat to read the customers again, or join the refresh that runs; then follow it."""
    page = load_company(request, company_id)
    fresh = start(page)
    if not htmx.is_fragment(request):
        return HttpResponseRedirect(address(page, fresh))
    return render(request, page, fresh)


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def freshness(request: HttpRequest, company_id: str) -> HttpResponse:
    """How old Codat's copy is; follows the refresh that `?follow=` names, or the running one."""
    page = load_company(request, company_id)
    dataset_id = request.GET.get("follow", "")
    fresh = follow(page, dataset_id, looks(request)) if dataset_id else current(page)
    return render(request, page, fresh)
