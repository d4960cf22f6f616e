"""One attachment's file, passed through as it arrives and kept nowhere."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from customers.attachments import filenames, list_view
from customers.attachments.byte_range import Range
from customers.attachments.headers import _pass_on, set_file_headers
from customers.attachments.streaming import Transfer
from customers.codat.download import Download
from customers.codat.errors import ErrorResponse
from customers.codat.parallel import side_by_side
from customers.codat.text import header_text
from customers.codat.types import Attachment
from customers.service import default_service
from customers.web.company_context import load_company


class Unsatisfiable(Exception):
    """Upstream says that the file has no such part."""


def open_file(asked: Range | None, ids: list_view.Ids) -> Download:
    """The file, or the part of it that was asked for where upstream gives it. The rest is the errors of errors.py."""
    service = default_service()
    if asked is not None:
        headers = {"Range": asked.header}
        if condition := header_text(asked.condition):
            headers["If-Range"] = condition
        try:
            file = service.download_attachment(**ids, headers=headers)
        except ErrorResponse as error:
            if error.status == 416:
                raise Unsatisfiable from error
            raise
        if file.status == 200 or asked.is_answered_by(file):
            return file
        # Another part, or one of another file: then the whole of it, which is always right.
        file.close()
    return service.download_attachment(**ids)


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def download(
    request: HttpRequest, company_id: str, customer_id: str, attachment_id: str
) -> HttpResponseBase:
    """The file, as it arrives from the accounting software. HEAD asks for its description only."""
    page = load_company(request, company_id)
    if not page.is_linked:
        return list_view.render(request, page, customer_id, status=409)
    ids = list_view.ids(page, customer_id, attachment_id)
    if request.method == "HEAD":
        attachment = default_service().get_attachment(**ids)
        response = StreamingHttpResponse(())
        length = list_view.bytes_of(attachment)
    else:
        asked = Range.read(request)
        described: list[Attachment] = []
        try:
            transfer = Transfer(
                request, "download", lambda: _with_description(asked, ids, described)
            )
        except Unsatisfiable:
            return _no_such_part(default_service().get_attachment(**ids))
        file, attachment = transfer.body, described[0]
        # An object with close(): Django closes it when the browser goes away, and the connection upstream with it.
        response = StreamingHttpResponse(transfer, status=file.status)
        length = file.content_length
        _pass_on(file, response, asked)
    response["Content-Type"] = filenames.content_type(attachment)
    set_file_headers(response, attachment, attachment_id, length, saved=True)
    return response


def _with_description(
    asked: Range | None, ids: list_view.Ids, described: list[Attachment]
) -> Download:
    """The file, its description asked for at the same time and put into `described`."""
    opened: list[Download] = []

    def begin() -> Download:
        opened.append(open_file(asked, ids))
        return opened[0]

    try:
        file, attachment = side_by_side(begin, lambda: default_service().get_attachment(**ids))
    except BaseException:
        for file in opened:
            file.close()
        raise
    described.append(attachment)
    return file


def _no_such_part(attachment: Attachment) -> HttpResponse:
    length = list_view.bytes_of(attachment)
    response = HttpResponse(status=416)
    response["Content-Range"] = f"bytes */{'*' if length is None else length}"
    return response
