"""The download of one attachment, streamed as it arrives and stored nowhere."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from customers.attachments.byte_range import ByteRange
from customers.attachments.fetching import (
    RangeNotSatisfiable,
    fetch_head,
    fetch_head_with_metadata,
    open_with_metadata,
)
from customers.attachments.filenames import content_type
from customers.attachments.headers import copy_upstream_headers, set_file_headers
from customers.attachments.list_view import render_list
from customers.attachments.listing import AttachmentIds, attachment_ids
from customers.attachments.streaming import Transfer
from customers.web.company_context import load_company


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def download(
    request: HttpRequest, company_id: str, customer_id: str, attachment_id: str
) -> HttpResponseBase:
    """The file as it arrives from the accounting software. HEAD fetches its first bytes only."""
    page = load_company(request, company_id)
    if not page.is_linked:
        return render_list(request, page, customer_id, status=409)
    ids = attachment_ids(page, customer_id, attachment_id)
    if request.method == "HEAD":
        return _head(ids)
    byte_range = ByteRange.from_request(request)
    try:
        transfer = Transfer(request, "download", lambda: open_with_metadata(ids, byte_range))
    except RangeNotSatisfiable:
        return _range_not_satisfiable(ids)
    file, attachment = transfer.body.file, transfer.body.attachment
    # Django closes the transfer when the browser disconnects, and with it the connection to Codat.
    response = StreamingHttpResponse(transfer, status=file.status)
    ranges_ignored = byte_range is not None and file.status == 200
    copy_upstream_headers(file.headers, response, ranges_ignored=ranges_ignored)
    set_file_headers(response, attachment, attachment_id, file.content_length, as_attachment=True)
    response["Content-Type"] = content_type(attachment)
    return response


def _head(ids: AttachmentIds) -> HttpResponseBase:
    """The headers of the file, from its first bytes, by which its size and content are verified."""
    head, attachment = fetch_head_with_metadata(ids)
    response = StreamingHttpResponse(())
    copy_upstream_headers(head.headers, response, ranges_ignored=head.ranges_ignored)
    set_file_headers(response, attachment, ids["attachment_id"], head.length, as_attachment=True)
    response["Content-Type"] = content_type(attachment)
    return response


def _range_not_satisfiable(ids: AttachmentIds) -> HttpResponse:
    """416 with the size of the file, where it is known from its first bytes."""
    response = HttpResponse(status=416)
    size = fetch_head(ids).length
    if size is not None:
        response["Content-Range"] = f"bytes */{size}"
    return response
