"""The page on which a spreadsheet is uploaded, or cells are pasted. It works without scripts."""

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from customers.editing.opening import uuid_or_new
from customers.spreadsheets.files.limits import MAX_FILE_BYTES, MAX_ROWS, MIB
from customers.spreadsheets.importing import uploading
from customers.spreadsheets.pages.import_upload import (
    NotUploaded,
    is_refused,
    received,
    takes_file,
)
from customers.web import htmx, links
from customers.web.company_context import CompanyContext, load_company

_TEMPLATES = "spreadsheets/new_import.html", "spreadsheets/_new_import.html"


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.write_customers", raise_exception=True)
@takes_file(MAX_FILE_BYTES)
def new_import(request: HttpRequest, company_id: str) -> HttpResponse:
    """The form; a post stores the file, and leads to the page of its import. `submission` makes one import."""
    page = load_company(request, company_id)
    if request.method != "POST":
        return _render(request, page)
    try:
        if not page.is_writable:
            return _render(request, page, status=409)
        return _store(request, page)
    except NotUploaded as error:
        return _render(request, page, problem=str(error), status=error.status)
    except uploading.CannotStore as error:
        return _render(request, page, problem=str(error), status=422)


def _store(request: HttpRequest, page: CompanyContext) -> HttpResponse:
    """Store what was uploaded or pasted, and go to its page. Raises NotUploaded, CannotStore."""
    if page.connection is None:
        raise Http404("no connection")
    file = received(request, "file")
    cells = request.POST.get("cells", "")
    if file and cells.strip():
        raise NotUploaded("Choose a file or paste cells, not both. Nothing was uploaded.")
    if not file and not cells.strip():
        raise NotUploaded("Choose a file, or paste cells.")
    stored = uploading.store(
        file.chunks() if file else cells.encode(),
        file_name=file.name or "" if file else uploading.PASTED,
        user=cast(User, request.user),
        company_id=page.company_id,
        company=page.company,
        connection=page.connection,
        submission=uuid_or_new(request.POST.get("submission")),
    )
    return htmx.redirect(request, links.import_page(page.company_id, stored.source.pk))


def _render(
    request: HttpRequest, page: CompanyContext, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """The form, with what was pasted."""
    is_posted = request.method == "POST" and not is_refused(request)
    context: dict[str, Any] = {
        "page": page,
        "problem": problem,
        "cells": request.POST.get("cells", "") if is_posted else "",
        # A post that stored nothing was not the one that makes the import.
        "submission": uuid_or_new(request.POST.get("submission") if is_posted else ""),
        "form_url": links.new_import(page.company_id, connection=page.connection_id),
        "imports_url": links.company_imports(page.company_id),
        "max_bytes": MAX_FILE_BYTES,
        "max_size": f"{MAX_FILE_BYTES // MIB} MB",
        "max_rows": MAX_ROWS,
        "keep_days": settings.KEEP_IMPORTS_DAYS,
    }
    return htmx.render(request, *_TEMPLATES, context, status=status)
