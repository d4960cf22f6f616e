"""The files of an import that go back to the person: with its problems, and with what became of its rows."""

import uuid
from collections.abc import Callable

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from customers.attachments.headers import filename_parameters
from customers.models import Import
from customers.spreadsheets.importing.result import ResultFile, outcome_file, problem_file

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
@permission_required("customers.write_customers", raise_exception=True)
def problems(request: HttpRequest, company_id: str, import_id: uuid.UUID) -> StreamingHttpResponse:
    """The uploaded file with a column that says what is wrong with each row."""
    return _download(company_id, import_id, problem_file)


@require_safe
@permission_required("customers.write_customers", raise_exception=True)
def outcome(request: HttpRequest, company_id: str, import_id: uuid.UUID) -> StreamingHttpResponse:
    """The uploaded file with columns that say what became of each row."""
    return _download(company_id, import_id, outcome_file)


def _download(
    company_id: str, import_id: uuid.UUID, make: Callable[[Import], ResultFile | None]
) -> StreamingHttpResponse:
    """A file that is made while it is sent. 404 before the file was read, and once it was deleted."""
    rows = Import.objects.select_related("batch")
    file = make(get_object_or_404(rows, pk=import_id, company_id=company_id))
    if file is None:
        raise Http404("the file is not there")
    response = StreamingHttpResponse(file.content, content_type=_TYPES[file.file_format])
    response["Content-Disposition"] = f"attachment; {filename_parameters(file.name)}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
