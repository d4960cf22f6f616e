"""Codat's own push history of a company, which includes changes that were not made with this dashboard."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.codat.pages import position
from customers.codat.types import PushOperation
from customers.models import Write
from customers.service import default_service
from customers.web import htmx, links
from customers.writes.operations import operation_customer_id, operation_key
from customers.writes.sentences import operation_tag

PAGE_SIZE = 50
MAX_PAGE_DIGITS = 6


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def codat_history(request: HttpRequest, company_id: str) -> HttpResponse:
    """A company's push operations, the newest first; those of the journal link to their change."""
    page = _page_number(request.GET.get("page", ""))
    results = default_service().list_push_operations(
        company_id=company_id, page=page, page_size=PAGE_SIZE, order_by="-requestedOnUtc"
    )
    operations, place = results["results"], position(results, page, PAGE_SIZE)
    keys = [key for operation in operations if (key := operation_key(operation))]
    journaled = Write.objects.filter(company_id=company_id, push_operation_key__in=keys)
    writes = {write.push_operation_key: write for write in journaled}
    url = links.codat_writes(company_id)
    context = {
        "writes_url": links.writes(company_id),
        "customers_url": links.customers(company_id),
        "rows": [_row(company_id, operation, writes) for operation in operations],
        "total": place.total,
        "previous_url": f"{url}?page={place.page - 1}" if place.page > 1 else "",
        "next_url": f"{url}?page={place.page + 1}" if place.has_next else "",
    }
    templates = "writes/codat_history.html", "writes/_codat_history.html"
    return htmx.render(request, *templates, context)


def _page_number(text: str) -> int:
    """The page that an address names, 1 where it names none."""
    is_number = text.isascii() and text.isdigit()
    return max(int(text[:MAX_PAGE_DIGITS]), 1) if is_number else 1


def _row(company_id: str, operation: PushOperation, writes: dict[str, Write]) -> dict[str, Any]:
    """The context of one row of the history."""
    write = writes.get(operation_key(operation))
    record_id = operation_customer_id(operation)
    is_customer = str(operation.get("dataType") or "").lower() == "customers"
    has_page = is_customer and links.is_addressable(record_id)
    state, tone = operation_tag(operation)
    return {
        "operation": operation,
        "state": state,
        "tone": tone,
        "write": write,
        "url": links.write(company_id, write.pk) if write else "",
        "record_id": record_id,
        "record_url": links.customer(company_id, record_id) if has_page else "",
    }
