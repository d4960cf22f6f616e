"""The list of batches: one's own, everybody's, or one company's; the newest first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.formatting import counted, thousands
from customers.models import Batch, BatchRow, Write
from customers.web import links
from customers.web.lists.owned_list import company_name_of, owned_list

PAGE_SIZE = 20

_TONES = {
    Batch.State.PREPARING: "info",
    Batch.State.READY: "info",
    Batch.State.RUNNING: "info",
    Batch.State.PAUSED: "warn",
    Batch.State.CANCELLED: "",
    Batch.State.DONE: "good",
}


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def all_batches(request: HttpRequest) -> HttpResponse:
    """The batches of all companies; `?who=mine` narrows them to the reader's own, `?state=` to one state."""
    return _list(request, Batch.objects.all(), {})


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def company_batches(request: HttpRequest, company_id: str) -> HttpResponse:
    """The batches of one company."""
    rows = Batch.objects.filter(company_id=company_id)
    name = company_name_of(company_id, rows.first())
    context = {"company_name": name, "customers_url": links.customers(company_id)}
    return _list(request, rows, context)


def _list(request: HttpRequest, rows: QuerySet[Batch], context: Mapping[str, Any]) -> HttpResponse:
    rows = rows.defer("instructions", "question")
    page = owned_list(request, rows, Batch.State, page_size=PAGE_SIZE)
    defaults = {"company_name": "", "customers_url": "", "rows": _rows(page.rows)}
    return render(request, "batches/batches.html", {**page.context, **defaults, **context})


def _rows(batches: Sequence[Batch]) -> list[dict[str, Any]]:
    """The contexts of the rows. Two queries count their rows, both of an index alone."""
    writes: dict[object, dict[str, int]] = defaultdict(dict)
    counted_writes = Write.objects.filter(batch__in=batches).order_by().values("batch", "state")
    for row in counted_writes.annotate(rows=Count("pk")):
        writes[row["batch"]][row["state"]] = row["rows"]
    needs: dict[object, int] = {}
    waiting = BatchRow.objects.filter(batch__in=batches, state=BatchRow.State.INVALID)
    for counted_rows in waiting.order_by().values("batch").annotate(rows=Count("pk")):
        needs[counted_rows["batch"]] = counted_rows["rows"]
    return [
        {
            "batch": batch,
            "url": links.batch(batch.company_id, batch.pk),
            "tone": "warn" if batch.halted else _TONES[Batch.State(batch.state)],
            "summary": summary(batch, writes[batch.pk], needs.get(batch.pk, 0)),
        }
        for batch in batches
    ]


def summary(batch: Batch, writes: Mapping[str, int], invalid: int) -> str:
    """`412 customers: 269 accepted, 12 refused`."""
    state = Write.State
    parts = [
        (writes.get(state.QUEUED, 0), "queued"),
        (writes.get(state.SENDING, 0) + writes.get(state.PENDING, 0), "sent"),
        (writes.get(state.SUCCESS, 0), "accepted"),
        (sum(writes.get(one, 0) for one in Write.FAILED_STATES), "refused"),
        (writes.get(state.UNKNOWN, 0), "unknown"),
        (writes.get(state.NOT_SENT, 0), "not sent"),
        (invalid, "to correct"),
    ]
    text = ", ".join(f"{thousands(number)} {word}" for number, word in parts if number)
    return counted(batch.total, "customer") + (f": {text}" if text else "")
