"""The page of one import: its file, its columns, its rows, and what became of them; and its corrected file."""

import uuid
from typing import cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from customers.models import Import
from customers.spreadsheets.files.limits import MAX_FILE_BYTES
from customers.spreadsheets.importing import uploading
from customers.spreadsheets.pages.import_actions import act
from customers.spreadsheets.pages.import_context import ImportView
from customers.spreadsheets.pages.import_upload import NotUploaded, received, takes_file
from customers.web import htmx


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.write_customers", raise_exception=True)
def import_page(request: HttpRequest, company_id: str, import_id: uuid.UUID) -> HttpResponse:
    """One import. `?show`, `?kind`, `?q` and `?page` select its rows. HTMX repeats the GET while the worker works.

    POST `action` is the button; `version` is that of the import as the page showed it, and an older one does nothing.
    """
    view = ImportView(request, _import(company_id, import_id))
    return act(view) if request.method == "POST" else view.render()


@require_POST
@permission_required("customers.write_customers", raise_exception=True)
@takes_file(MAX_FILE_BYTES)
def corrected_file(request: HttpRequest, company_id: str, import_id: uuid.UUID) -> HttpResponse:
    """Goes on with an import by a corrected file."""
    view = ImportView(request, _import(company_id, import_id))
    try:
        _replace(view)
    except NotUploaded as error:
        view.problem = str(error)
        return view.render(status=error.status)
    except uploading.CannotStore as error:
        view.problem = str(error)
        return view.render(status=422)
    return htmx.redirect(request, view.url)


def _import(company_id: str, import_id: uuid.UUID) -> Import:
    """The import; 404 where the company has no such import."""
    rows = Import.objects.select_related("batch")
    return get_object_or_404(rows, pk=import_id, company_id=company_id)


def _replace(view: ImportView) -> None:
    """Store the file. Raises NotUploaded, CannotStore."""
    request, source = view.request, view.source
    file = received(request, "file")
    if file is None:
        raise NotUploaded("Choose the corrected file.")
    is_same = request.POST.get("version", "") == str(source.version)
    name, user = file.name or "", cast(User, request.user)
    if not is_same or not uploading.replace(source, file.chunks(), file_name=name, user=user):
        source.refresh_from_db()
        raise NotUploaded("This import was changed meanwhile, so nothing was uploaded.", 409)
