"""The page of one attachment, with its preview and its neighbours in the list."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.attachments import file_types, preview
from customers.attachments.fetching import FileHead, fetch_head
from customers.attachments.list_view import (
    base_context,
    read_state,
    render_list,
    suffix,
    with_customer_name,
)
from customers.attachments.listing import (
    AttachmentIds,
    announced_size,
    attachment_ids,
    attachment_row,
    display_name,
    filter_and_sort,
    load_attachments,
)
from customers.attachments.verification import size_difference
from customers.codat.parallel import in_parallel
from customers.codat.types import Attachment
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyContext, load_company
from customers.web.lists.list_state import ListState
from customers.web.lists.paging import joined


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def detail(
    request: HttpRequest, company_id: str, customer_id: str, attachment_id: str
) -> HttpResponse:
    """One attachment. Calls to Codat in parallel: the list, the first bytes of the file, and the customer's name."""
    page = load_company(request, company_id)
    if not page.is_linked:
        return render_list(request, page, customer_id, status=409)
    state, ids = read_state(request), attachment_ids(page, customer_id, attachment_id)
    (attachments, head), name = with_customer_name(
        request,
        page,
        customer_id,
        lambda: in_parallel(lambda: load_attachments(page, customer_id), lambda: fetch_head(ids)),
    )
    selected, index = _find(attachments, ids, state)
    head = head.verified(selected[index])
    query = suffix(request, page)
    rows = [attachment_row(item, page, customer_id, state, query) for item in selected]
    return htmx.render(
        request,
        "attachments/attachments.html",
        "attachments/_attachment.html",
        base_context(request, page, customer_id, name, state)
        | {
            "fragment": "attachments/_attachment.html",
            "attachment": rows[index],
            "previous": rows[index - 1] if index else None,
            "next": rows[index + 1] if index + 1 < len(rows) else None,
            "number": index + 1,
            "count": len(rows),
            "current_url": request.get_full_path(),
        }
        | _preview_context(head, selected[index], page, ids),
        head.error.our_status if head.error else 200,
    )


def _find(
    attachments: list[Attachment], ids: AttachmentIds, state: ListState
) -> tuple[list[Attachment], int]:
    """The attachments that the list's state selects, and the index of this one in them.

    One that the state or the list leaves out is the only one; Codat decides whether it exists. Raises CodatError.
    """
    selected = filter_and_sort(attachments, state)
    for candidates in (selected, attachments):
        for index, item in enumerate(candidates):
            if item.get("id") == ids["attachment_id"]:
                return (selected, index) if candidates is selected else ([item], 0)
    return [default_service().get_attachment(**ids)], 0


def _preview_context(
    head: FileHead, attachment: Attachment, page: CompanyContext, ids: AttachmentIds
) -> dict[str, Any]:
    """How the file is previewed, or why it is not, and whether its content matches its name and type."""
    file_type, how, reason = head.file_type, head.file_type.preview, ""
    name, content_type = attachment.get("name"), attachment.get("contentType")
    size = announced_size(attachment) if head.content.size is None else head.content.size
    if head.error is None and not how:
        reason = preview.unsupported_reason(file_type)
    elif how in ("image", "pdf") and (size or 0) > preview.MAX_PREVIEW_BYTES:
        how, reason = "", preview.too_large_reason()
    url = links.preview(ids["company_id"], ids["customer_id"], ids["attachment_id"])
    return {
        "file_type": file_type,
        "preview": how,
        "no_preview_reason": reason,
        "error": head.error,
        "other_size": "" if head.error else size_difference(attachment, head.content.size),
        "mismatch": "" if head.error else file_types.mismatch(name, content_type, file_type),
        "text": head.text if how == "text" else "",
        "is_truncated": head.is_truncated,
        "preview_url": url
        + joined("?" + urlencode({"name": display_name(attachment)}), page.suffix),
    }
