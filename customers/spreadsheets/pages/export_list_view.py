"""The exports of all companies, the newest first: what left the house."""

from typing import cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.models import Export
from customers.spreadsheets.pages.export_sentences import format_of, state_of, what_of
from customers.web import links
from customers.web.lists.owned_list import owned_list

PAGE_SIZE = 50


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def exports(request: HttpRequest) -> HttpResponse:
    """The exports; `?who=mine` narrows them to the reader's own, `?state=` to one state."""
    rows = Export.objects.defer("columns")
    page = owned_list(request, rows, Export.State, page_size=PAGE_SIZE)
    reader = cast(User, request.user)
    context = {**page.context, "rows": [_row(export, reader) for export in page.rows]}
    return render(request, "spreadsheets/exports.html", context)


def _row(export: Export, reader: User) -> dict[str, object]:
    label, tone = state_of(export)
    return {
        "export": export,
        "url": links.exported(export.company_id, export.pk),
        "what": what_of(export, reader)[0],
        "format_label": format_of(export),
        "label": label,
        "tone": tone,
    }
