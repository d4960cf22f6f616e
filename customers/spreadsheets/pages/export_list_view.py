"""The exports of all companies, the newest first: what left the house."""

from typing import cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.models import Export
from customers.spreadsheets.pages.export_sentences import format_of, state_of, what_of
from customers.web import links
from customers.web.paging import page_number

PAGE_SIZE = 50
_MAX_DIGITS = 5
# Values of the filter `who`.
_MINE, _EVERYBODY = "mine", ""


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def exports(request: HttpRequest) -> HttpResponse:
    """The exports; `?who=mine` narrows them to the reader's own, `?state=` to one state."""
    who = _MINE if request.GET.get("who") == _MINE else _EVERYBODY
    state = request.GET.get("state", "")
    state = state if state in Export.State.values else ""
    rows = Export.objects.all()
    if who == _MINE:
        rows = rows.filter(user=cast(User, request.user))
    if state:
        rows = rows.filter(state=state)
    page = page_number(request.GET.get("page", ""), digits=_MAX_DIGITS)
    start = (page - 1) * PAGE_SIZE
    found = list(rows.defer("columns")[start : start + PAGE_SIZE + 1])

    def address(number: int) -> str:
        pairs = {"who": who, "state": state, "page": str(number) if number > 1 else ""}
        return "?" + urlencode({name: value for name, value in pairs.items() if value})

    context = {
        "rows": [_row(export) for export in found[:PAGE_SIZE]],
        "who": who,
        "state": state,
        "people": [(_EVERYBODY, "Everybody"), (_MINE, "Me")],
        "states": [("", "All"), *Export.State.choices],
        "is_narrowed": bool(who or state) or page > 1,
        "position": f"Page {page}",
        "previous_url": address(page - 1) if page > 1 else "",
        "next_url": address(page + 1) if len(found) > PAGE_SIZE else "",
    }
    return render(request, "spreadsheets/exports.html", context)


def _row(export: Export) -> dict[str, object]:
    label, tone = state_of(export)
    return {
        "export": export,
        "url": links.exported(export.company_id, export.pk),
        "what": what_of(export)[0],
        "format_label": format_of(export),
        "label": label,
        "tone": tone,
    }
