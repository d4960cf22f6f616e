"""The list of imports: one's own, everybody's, or one company's; the newest first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.batches.estimate import counted
from customers.formatting import text_or_dash, thousands
from customers.models import Import, ImportRow
from customers.service import default_service
from customers.web import links
from customers.web.paging import page_number

PAGE_SIZE = 20
_MAX_DIGITS = 5
# Values of the filter `who`.
MINE, EVERYBODY = "mine", ""

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
    newest = rows.first()
    company = default_service().snapshots.cached_company(company_id=company_id)
    name = (
        newest.company_name
        if newest
        else text_or_dash(company.data.get("name") if company else None)
    )
    context = {
        "company_name": name,
        "customers_url": links.customers(company_id),
        "new_url": links.new_import(company_id),
    }
    return _list(request, rows, context)


def _list(request: HttpRequest, rows: QuerySet[Import], context: Mapping[str, Any]) -> HttpResponse:
    who = MINE if request.GET.get("who") == MINE else EVERYBODY
    state = request.GET.get("state", "")
    state = state if state in State.values else ""
    if who == MINE:
        rows = rows.filter(user=cast(User, request.user))
    if state:
        rows = rows.filter(state=state)
    page = page_number(request.GET.get("page", ""), digits=_MAX_DIGITS)
    start = (page - 1) * PAGE_SIZE
    found = list(rows.defer("headings", "mapping", "reading")[start : start + PAGE_SIZE + 1])

    def address(number: int) -> str:
        pairs = {"who": who, "state": state, "page": str(number) if number > 1 else ""}
        return "?" + urlencode({name: value for name, value in pairs.items() if value})

    return render(
        request,
        "spreadsheets/imports.html",
        {
            "company_name": "",
            "customers_url": "",
            "new_url": "",
            "rows": _rows(found[:PAGE_SIZE]),
            "who": who,
            "state": state,
            "people": [(EVERYBODY, "Everybody"), (MINE, "Me")],
            "states": [("", "All"), *State.choices],
            "is_narrowed": bool(who or state or page > 1),
            "position": f"Page {page}",
            "previous_url": address(page - 1) if page > 1 else "",
            "next_url": address(page + 1) if len(found) > PAGE_SIZE else "",
            **context,
        },
    )


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
