"""The download of all attachments of a customer as one ZIP archive."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from customers.attachments.headers import set_file_headers
from customers.attachments.list_view import render_list
from customers.attachments.listing import attachment_ids, customer_name, load_attachments
from customers.attachments.streaming import Transfer
from customers.attachments.zip_archive import Archive
from customers.codat.http.download import Download
from customers.codat.parallel import in_parallel
from customers.service import default_service
from customers.web.company_context import load_company


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def download(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponseBase:
    """A ZIP archive, written while its files arrive. The page's deadline ends when it starts; each file has its own."""
    page = load_company(request, company_id)
    if not page.is_linked:
        return render_list(request, page, customer_id, status=409)
    service = default_service()

    def open_file(attachment_id: str) -> Download:
        return service.download_attachment(**attachment_ids(page, customer_id, attachment_id))

    def open_archive() -> Archive:
        attachments, name = in_parallel(
            lambda: load_attachments(page, customer_id), lambda: customer_name(page, customer_id)
        )
        return Archive({"id": customer_id, "name": name}, attachments, open_file)

    if request.method == "HEAD":
        response, name = StreamingHttpResponse(()), customer_name(page, customer_id)
    else:
        transfer = Transfer(request, "archive", open_archive)
        response, name = StreamingHttpResponse(transfer), transfer.body.customer["name"]
    response["Content-Type"] = "application/zip"
    archive = {"name": f"Attachments of {name}.zip", "contentType": "application/zip"}
    set_file_headers(response, archive, "attachments", None, as_attachment=True)
    return response
