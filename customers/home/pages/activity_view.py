"""What the team changed in all companies: a list with filters, and the same as a file."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.home.activity import OUTCOMES, ActivityFilters, company_names, people
from customers.home.activity_file import ActivityFile
from customers.home.periods import LABELS as PERIODS
from customers.models import Write
from customers.notices.addresses import absolute
from customers.web import htmx, links
from customers.writes import sentences, tracking
from customers.writes.pages.change_origin import ACTIVITY, list_origin
from customers.writes.pages.change_pages import PLACE, change_page
from customers.writes.showing.effects import changes_of_rows


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def activity(request: HttpRequest) -> HttpResponse:
    """All changes, the newest first; `person`, `company`, `outcome`, `period`, `from` and `to` narrow them."""
    filters = ActivityFilters.of(request.GET)
    context = _list(request, filters) | {
        "filters": filters,
        "outcomes": OUTCOMES,
        "periods": PERIODS.items(),
    }
    if not htmx.is_fragment(request):
        context |= {"people": [("", "Everybody"), *((name, name) for name in people())]}
        context |= {"company_names": company_names()}
    return htmx.render(request, "home/activity.html", "home/_activity.html", context)


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def activity_file(request: HttpRequest) -> StreamingHttpResponse:
    """The changes that the filters select, as CSV."""

    def url_of(write: Write) -> str:
        return absolute(links.write(write.company_id, write.pk), request)

    rows = ActivityFilters.of(request.GET).apply(Write.objects.filter())
    file = ActivityFile(rows.filter(created_at__lte=timezone.now()), url_of)
    response = StreamingHttpResponse(file, content_type="text/csv; charset=utf-8")
    name = f"activity-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _list(request: HttpRequest, filters: ActivityFilters) -> dict[str, Any]:
    """The context of `home/_activity.html`."""
    query = request.GET
    rows = Write.objects.select_related("batch").defer("batch__instructions", "batch__question")
    page = change_page(filters.apply(rows.all()), query)
    kept = {name: value for name, value in query.items() if name not in PLACE and value}
    origin = list_origin(query, ACTIVITY).query

    def address(place: dict[str, str]) -> str:
        return "?" + urlencode(kept | place, errors="replace") if place else ""

    return {
        "total": page.total,
        "is_total_known": page.is_total_known,
        "position": page.position,
        "previous_url": address(page.previous_place),
        "next_url": address(page.next_place),
        "file_url": links.activity_file()
        + (f"?{urlencode(kept, errors='replace')}" if kept else ""),
        "all_url": links.activity(),
        "seconds": tracking.shortest_interval(page.writes),
        "rows": [
            {
                "write": write,
                "url": links.write(write.company_id, write.pk) + origin,
                "company_url": links.customers(write.company_id),
                "mark": sentences.mark(write),
                "label": sentences.summary(write).label,
                "changes": changes,
                "batch": write.batch,
                "batch_url": links.batch(write.company_id, write.batch.pk) if write.batch else "",
            }
            for write, changes in zip(page.writes, changes_of_rows(page.writes), strict=True)
        ],
    }
