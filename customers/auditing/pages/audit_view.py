"""The audit: a list with filters, and the same as a file."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers import scope
from customers.auditing import entry_files, words
from customers.auditing.filters import KINDS, EntryFilters, people
from customers.auditing.paging import PLACE, entry_page
from customers.home.activity import company_names
from customers.models import AuditChain, AuditEntry, CompanyState
from customers.web import htmx, links


@require_safe
@permission_required("customers.read_audit", raise_exception=True)
def audit(request: HttpRequest) -> HttpResponse:
    """The entries, the newest first; `person`, `company`, `customer`, `kind`, `from` and `to` narrow them."""
    filters = EntryFilters.of(request.GET)
    context = _list(request, filters) | {"filters": filters, "kinds": KINDS}
    if not htmx.is_fragment(request):
        context |= {
            "people": people(),
            "company_names": company_names(),
            "chains": _chains() if scope.current().is_everything else [],
        }
    return htmx.render(request, "audit/audit.html", "audit/_audit.html", context)


@require_safe
@permission_required("customers.read_audit", raise_exception=True)
def audit_table(request: HttpRequest) -> StreamingHttpResponse:
    """The entries that the filters select, as CSV."""
    return _file(request, entry_files.table, "csv", "text/csv; charset=utf-8")


@require_safe
@permission_required("customers.read_audit", raise_exception=True)
def audit_lines(request: HttpRequest) -> StreamingHttpResponse:
    """The same as JSON lines."""
    return _file(request, entry_files.lines, "jsonl", "application/x-ndjson; charset=utf-8")


def _file(request: HttpRequest, make: Any, suffix: str, media_type: str) -> StreamingHttpResponse:
    # What is recorded while the file is written is none of it.
    rows = EntryFilters.of(request.GET).entries().filter(at__lte=timezone.now())
    response = StreamingHttpResponse(make(rows), content_type=media_type)
    name = f"audit-{timezone.now():%Y-%m-%d}.{suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _list(request: HttpRequest, filters: EntryFilters) -> dict[str, Any]:
    """The context of `audit/_audit.html`."""
    query = request.GET
    page = entry_page(filters.entries(), query)
    kept = {name: value for name, value in query.items() if name not in PLACE and value}
    names = _company_names(page.entries)

    def address(place: dict[str, str]) -> str:
        return "?" + urlencode(kept | place, errors="replace") if place else ""

    tail = f"?{urlencode(kept, errors='replace')}" if kept else ""
    return {
        "total": page.total,
        "is_total_known": page.is_total_known,
        "newer_url": address(page.newer),
        "older_url": address(page.older),
        "table_url": links.audit_table() + tail,
        "lines_url": links.audit_lines() + tail,
        "all_url": links.audit(),
        "rows": [
            {
                "entry": entry,
                "detail": words.detail(entry),
                "subject_url": words.subject_url(entry),
                "customer_url": words.customer_url(entry),
                "company_name": names.get(entry.company_id, entry.company_id),
                "company_url": links.customers(entry.company_id) if entry.company_id else "",
            }
            for entry in page.entries
        ],
    }


def _company_names(entries: list[AuditEntry]) -> dict[str, str]:
    """The names of companies by their IDs, as the worker last read them."""
    ids = {entry.company_id for entry in entries if entry.company_id}
    return dict(CompanyState.objects.filter(company_id__in=ids).values_list("company_id", "name"))


def _chains() -> list[dict[str, Any]]:
    """How many entries each chain has, and how many are not chained yet."""
    waiting = AuditEntry.objects.filter(number=None)
    return [
        {
            "label": chain.get_name_display(),
            "count": chain.number - chain.anchor_number,
            "waiting": waiting.filter(chain=chain.name).count(),
            "anchored_at": chain.anchored_at,
        }
        for chain in AuditChain.objects.order_by("name")
    ]
