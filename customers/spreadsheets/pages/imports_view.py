"""The list of imports: one's own, everybody's, or one company's; the newest first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.formatting import counted, thousands
from customers.models import Import, ImportRow
from customers.web import links
from customers.web.lists.owned_list import company_name_of, owned_list

PAGE_SIZE = 20

State = Import.State
_TONES = {
    State.READING: "info",
    State.UNREADABLE: "bad",
    State.COLUMNS: "info",
    State.CHECKING: "info",
    State.CHECKED: "info",
    State.SENT: "good",
    State.CANCELLED: "",
}


@require_safe
@permission_required("customers.write_customers", raise_exception=True)
def all_imports(request: HttpRequest) -> HttpResponse:
    """The imports of all companies; `?who=mine` narrows them to the reader's own, `?state=` to one state."""
    return _list(request, Import.objects.all(), {})


@require_safe
@permission_required("customers.write_customers", raise_exception=True)
def company_imports(request: HttpRequest, company_id: str) -> HttpResponse:
    """The imports of one company."""
    rows = Import.objects.filter(company_id=company_id)
    name = company_name_of(company_id, rows.first())
    context = {
        "company_name": name,
        "customers_url": links.customers(company_id),
        "new_url": links.new_import(company_id),
    }
    return _list(request, rows, context)


def _list(request: HttpRequest, rows: QuerySet[Import], context: Mapping[str, Any]) -> HttpResponse:
    rows = rows.defer("headings", "mapping", "reading")
    page = owned_list(request, rows, State, page_size=PAGE_SIZE)
    defaults = {"company_name": "", "customers_url": "", "new_url": "", "rows": _rows(page.rows)}
    return render(request, "spreadsheets/imports.html", {**page.context, **defaults, **context})


def _rows(imports: Sequence[Import]) -> list[dict[str, Any]]:
    """The contexts of the rows. One query counts what the checks found, of an index alone."""
    states: dict[object, dict[str, int]] = defaultdict(dict)
    checked = [one.pk for one in imports if one.state == State.CHECKED]
    rows = ImportRow.objects.filter(source__in=checked).order_by().values("source", "state")
    for row in rows.annotate(number=Count("pk")):
        states[row["source"]][row["state"]] = row["number"]
    return [
        {
            "import": one,
            "url": links.import_page(one.company_id, one.pk),
            "tone": _TONES[State(one.state)],
            "summary": _summary(one, states[one.pk]),
        }
        for one in imports
    ]


def _summary(one: Import, states: Mapping[str, int]) -> str:
    """`200 rows: 168 to send, 9 problems`; "" while nothing is known."""
    if not one.total:
        return ""
    parts = [
        (sum(states.get(each, 0) for each in ImportRow.SENDABLE), "to send"),
        (sum(states.get(each, 0) for each in ImportRow.PROBLEMS), "with problems"),
    ]
    text = ", ".join(f"{thousands(number)} {word}" for number, word in parts if number)
    return counted(one.total, "row") + (f": {text}" if text else "")
