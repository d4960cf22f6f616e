"""The rows of a batch as a file."""

import uuid

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from customers.batches.pages.row_list import RowPlace, matching
from customers.batches.progress import progress_of
from customers.batches.result_file import ResultFile
from customers.models import Batch, BatchRow
from customers.notices.addresses import absolute
from customers.web import links


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def result(request: HttpRequest, company_id: str, batch_id: uuid.UUID) -> StreamingHttpResponse:
    """The rows as CSV, all of them or those that `?state` and `?q` select."""
    batch = get_object_or_404(Batch, pk=batch_id, company_id=company_id)

    def url_of(row: BatchRow) -> str:
        if row.write_id is None:
            return ""
        return absolute(links.write(batch.company_id, row.write_id), request)

    place = RowPlace.of(request.GET)
    positions = matching(batch, place, progress_of(batch))
    response = StreamingHttpResponse(
        ResultFile(batch, sorted(positions), url_of), content_type="text/csv; charset=utf-8"
    )
    name = f"batch-{batch.created_at:%Y-%m-%d}-{str(batch.pk)[:8]}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
