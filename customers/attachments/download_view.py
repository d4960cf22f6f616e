"""The download of one attachment, passed through as it arrives and stored nowhere."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from customers.attachments.byte_range import ByteRange
from customers.attachments.fetching import RangeNotSatisfiable, open_with_metadata
from customers.attachments.filenames import content_type
from customers.attachments.headers import copy_upstream_headers, set_file_headers
from customers.attachments.list_view import render_list
from customers.attachments.listing import AttachmentIds, announced_size, attachment_ids
from customers.attachments.streaming import Transfer
from customers.service import default_service
from customers.web.company_context import load_company


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def download(
    request: HttpRequest, company_id: str, customer_id: str, attachment_id: str
) -> HttpResponseBase:
    """The file as it arrives from the accounting software. HEAD asks for its metadata only."""
    page = load_company(request, company_id)
    if not page.is_linked:
        return render_list(request, page, customer_id, status=409)
    ids = attachment_ids(page, customer_id, attachment_id)
    if request.method == "HEAD":
        attachment = default_service().get_attachment(**ids)
        response = StreamingHttpResponse(())
        length = announced_size(attachment)
    else:
        byte_range = ByteRange.from_request(request)
        try:
            transfer = Transfer(request, "download", lambda: open_with_metadata(ids, byte_range))
        except RangeNotSatisfiable:
            return _range_not_satisfiable(ids)
        file, attachment = transfer.body.file, transfer.body.attachment
        # Django closes the transfer when the browser disconnects, and with it the connection to Codat.
        response = StreamingHttpResponse(transfer, status=file.status)
        length = file.content_length
        copy_upstream_headers(file, response, is_range_request=byte_range is not None)
    response["Content-Type"] = content_type(attachment)
    set_file_headers(response, attachment, attachment_id, length, as_attachment=True)
    return response


def _range_not_satisfiable(ids: AttachmentIds) -> HttpResponse:
    length = announced_size(default_service().get_attachment(**ids))
    response = HttpResponse(status=416)
    response["Content-Range"] = f"bytes */{'*' if length is None else length}"
    return response
