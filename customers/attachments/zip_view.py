"""The download of all attachments of a customer as one ZIP archive."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from customers.attachments.headers import set_file_headers
from customers.attachments.list_view import render_list
from customers.attachments.listing import attachment_ids, load_attachments
from customers.attachments.streaming import Transfer
from customers.attachments.zip_archive import Archive
from customers.codat.download import Download
from customers.service import default_service
from customers.web.company_context import load_company


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def download(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponseBase:
    """A ZIP archive, made while its files arrive. The page's deadline ends when it starts, and restarts per file."""
    page = load_company(request, company_id)
    if not page.is_linked:
        return render_list(request, page, customer_id, status=409)
    service = default_service()

    def open_file(attachment_id: str) -> Download:
        return service.download_attachment(**attachment_ids(page, customer_id, attachment_id))

    if request.method == "HEAD":
        response = StreamingHttpResponse(())
    else:
        transfer = Transfer(
            request, "archive", lambda: Archive(load_attachments(page, customer_id), open_file)
        )
        response = StreamingHttpResponse(transfer)
    response["Content-Type"] = "application/zip"
    name = {"name": f"Attachments of {customer_id}.zip", "contentType": "application/zip"}
    set_file_headers(response, name, "attachments", None, as_attachment=True)
    return response
