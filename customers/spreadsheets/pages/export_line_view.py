"""One export: who took what, how far it is, and whether the file is whole."""

import uuid
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.models import Export
from customers.spreadsheets.exporting.journal import is_silent
from customers.spreadsheets.pages.export_sentences import (
    NOT_STARTED,
    STARTING,
    format_of,
    said_of,
    what_of,
)
from customers.web import htmx, links
from customers.web.lists.paging import page_number

# Seconds for which a page that has started an export asks for one that has not begun: a page of Codat's may take a
# minute, and an error page comes in its place sooner.
_MAX_ATTEMPTS = 90


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def exported(request: HttpRequest, company_id: str, export_id: uuid.UUID) -> HttpResponse:
    """The export; as a fragment, how far it is. HTMX repeats the GET while it runs, and (`?try`) until it begins."""
    export = Export.objects.filter(pk=export_id, company_id=company_id).first()
    if export is None:
        if not htmx.is_fragment(request):
            raise Http404("no such export")
        return _not_begun(request)
    templates = "spreadsheets/exported.html", "spreadsheets/_exported.html"
    return htmx.render(request, *templates, _context(request, export))


def _not_begun(request: HttpRequest) -> HttpResponse:
    attempt = page_number(request.GET.get("try", ""), digits=3)
    is_waiting = attempt < _MAX_ATTEMPTS
    context = {
        "export": None,
        "said": STARTING if is_waiting else NOT_STARTED,
        "percent": None,
        "again_url": f"{request.path}?{urlencode({'try': attempt + 1})}" if is_waiting else "",
    }
    return render(request, "spreadsheets/_exported.html", context)


def _context(request: HttpRequest, export: Export) -> dict[str, Any]:
    url = links.exported(export.company_id, export.pk)
    is_running = export.state == Export.State.RUNNING and not is_silent(export)
    what, question = what_of(export, cast(User, request.user))
    return {
        "export": export,
        "said": said_of(export),
        "percent": min(export.written * 100 // export.promised, 100) if export.promised else None,
        "again_url": url if is_running else "",
        "what": what,
        "list_url": question.url if question else "",
        "format_label": format_of(export),
        "customers_url": links.customers(export.company_id),
        "exports_url": links.exports(),
    }
