"""The preview of an attachment: its bytes, where it is safe to show them."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from customers.attachments.headers import set_file_headers
from customers.attachments.list_view import render_list
from customers.attachments.listing import attachment_ids
from customers.attachments.preview import POLICY, Preview
from customers.attachments.streaming import Transfer
from customers.service import default_service
from customers.web import links
from customers.web.company_context import CompanyContext, load_company


@require_GET
@permission_required("customers.read_customers", raise_exception=True)
def preview(
    request: HttpRequest, company_id: str, customer_id: str, attachment_id: str
) -> HttpResponseBase:
    """Images, PDF and plain text, as their first bytes say, for the attachment's page.

    An image is shown by the browser, a PDF is drawn by `static/pdf_preview.js`.
    """
    page = load_company(request, company_id)
    if not page.is_linked:
        return render_list(request, page, customer_id, status=409)
    ids = attachment_ids(page, customer_id, attachment_id)
    transfer = Transfer(
        request, "preview", lambda: Preview(default_service().download_attachment(**ids))
    )
    body = transfer.body
    if body.refusal is not None:
        transfer.close()
        return _no_preview(request, page, customer_id, attachment_id, *body.refusal)
    response = StreamingHttpResponse(transfer, content_type=body.media_type)
    # The name is only the title in the viewer, so it is not read from Codat for each image.
    name = {"name": request.GET.get("name")}
    set_file_headers(
        response, name, attachment_id, body.content_length, as_attachment=not body.is_inline
    )
    if body.content_encoding:
        response["Content-Encoding"] = body.content_encoding
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _no_preview(
    request: HttpRequest,
    page: CompanyContext,
    customer_id: str,
    attachment_id: str,
    status: int,
    reason: str,
) -> HttpResponse:
    ids = (page.company_id, customer_id, attachment_id)
    context = {
        "page": page,
        "reason": reason,
        "url": links.attachment(*ids) + page.suffix,
        "download_url": links.download(*ids) + page.suffix,
    }
    return render(request, "attachments/no_preview.html", context, status=status)
