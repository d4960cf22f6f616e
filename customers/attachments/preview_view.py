"""One attachment, looked at: a page about it, and its bytes for that page where it is safe to show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from customers.attachments import file_types, list_view
from customers.attachments.headers import set_file_headers
from customers.attachments.streaming import Transfer
from customers.codat.download import Download
from customers.codat.errors import CodatError, ErrorResponse, InvalidResponse
from customers.codat.parallel import side_by_side
from customers.codat.types import Attachment
from customers.formatting import size
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyPage, load_company
from customers.web.list_state import ListState
from customers.web.paging import joined

# Bytes: a picture or PDF beyond this is for a program of its own.
PREVIEW_BYTES = 32 * 1024 * 1024
# For every preview: nothing loaded, nothing sent, shown inside our own pages only.
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
# Chromium shows no PDF in a sandbox. Its viewer brings a style of its own and embeds the file it stands for.
_PDF_POLICY = f"{_POLICY}; object-src 'self'; style-src 'unsafe-inline'"
_SANDBOX_POLICY = f"{_POLICY}; sandbox"


@dataclass(frozen=True, slots=True)
class Look:
    """The first bytes of a file, and whether there are more; or the trouble that there was."""

    head: bytes = b""
    is_cut: bool = False
    trouble: CodatError | None = None

    @property
    def kind(self) -> file_types.Kind:
        """What the file is by these bytes."""
        return file_types.UNKNOWN if self.trouble else file_types.by_bytes(self.head)

    @property
    def text(self) -> str:
        """The bytes as text, an incomplete character at the end left out."""
        encoding = file_types.encoding(self.head)
        decoded = self.head.decode(encoding, "replace") if encoding else ""
        return decoded.rstrip("\ufffd") if self.is_cut else decoded


def _look(page: CompanyPage, customer_id: str, attachment_id: str) -> Look:
    """Fetch the beginning of a file. An upstream that knows no ranges is cut off after it."""
    try:
        file = default_service().download_attachment(
            **list_view.ids(page, customer_id, attachment_id),
            headers={"Range": f"bytes=0-{file_types.HEAD}"},
        )
        try:
            head = file.peek(file_types.HEAD + 1)
        finally:
            file.close()
    except CodatError as error:
        # An empty file has no first byte to give.
        empty = isinstance(error, ErrorResponse) and error.status == 416
        return Look() if empty else Look(trouble=error)
    return Look(head[: file_types.HEAD], len(head) > file_types.HEAD)


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def detail(
    request: HttpRequest, company_id: str, customer_id: str, attachment_id: str
) -> HttpResponse:
    """One attachment with its neighbours in the list. Two calls to Codat at once: the list, the first bytes."""
    page = load_company(request, company_id)
    if not page.is_linked:
        return list_view.render(request, page, customer_id, status=409)
    state = list_view.read_state(request)
    everything, look = side_by_side(
        lambda: list_view.load(page, customer_id),
        lambda: _look(page, customer_id, attachment_id),
    )
    rows, at = _placed(everything, page, customer_id, attachment_id, state)
    attachment = rows[at]
    return htmx.render(
        request,
        "attachments/attachments.html",
        "attachments/_attachment.html",
        list_view.frame(request, page, customer_id, state)
        | {
            "fragment": "attachments/_attachment.html",
            "attachment": attachment,
            "previous": rows[at - 1] if at else None,
            "next": rows[at + 1] if at + 1 < len(rows) else None,
            "number": at + 1,
            "count": len(rows),
            "here": request.get_full_path(),
        }
        | _shown(look, attachment, page, customer_id),
        look.trouble.our_status if look.trouble else 200,
    )


def _placed(
    everything: list[Attachment],
    page: CompanyPage,
    customer_id: str,
    attachment_id: str,
    state: ListState,
) -> tuple[list[dict[str, Any]], int]:
    """The rows of the list as the address arranges it, and where in them the attachment is."""
    rows = [
        list_view.row(item, page, customer_id, state)
        for item in list_view.arranged(everything, state)
    ]
    at = next((n for n, found in enumerate(rows) if found["id"] == attachment_id), None)
    if at is not None:
        return rows, at
    # Left out by what the address asks for, or not in the list at all: Codat has the last word.
    item = next((one for one in everything if one.get("id") == attachment_id), None)
    found = item or _described(page, customer_id, attachment_id)
    return [list_view.row(found, page, customer_id, state)], 0


def _described(page: CompanyPage, customer_id: str, attachment_id: str) -> Mapping[str, Any]:
    return default_service().get_attachment(**list_view.ids(page, customer_id, attachment_id))


def _shown(
    look: Look, attachment: Mapping[str, Any], page: CompanyPage, customer_id: str
) -> dict[str, Any]:
    """How the file is shown, or why it is not, and whether it is what it says."""
    kind, how, reason = look.kind, look.kind.shown, ""
    if look.trouble is None and not how:
        reason = _not_shown(kind)
    elif how in ("image", "pdf") and (attachment["bytes"] or 0) > PREVIEW_BYTES:
        how, reason = "", _too_large()
    return {
        "kind": kind,
        "how": how,
        "reason": reason,
        "trouble": look.trouble,
        "contradiction": ""
        if look.trouble
        else file_types.contradiction(attachment["raw_name"], attachment["raw_type"], kind),
        "text": look.text if how == "text" else "",
        "is_cut": look.is_cut,
        "preview_url": links.preview(page.company_id, customer_id, attachment["id"])
        + joined("?" + urlencode({"name": attachment["name"]}), page.suffix),
    }


def _not_shown(kind: file_types.Kind) -> str:
    if kind.name == "empty":
        return "The file is empty."
    if kind.like == "markup":
        return "Web pages, XML and SVG drawings can carry programs, so they are not shown here."
    if kind is file_types.UNKNOWN:
        return "Its first bytes are of no sort that can be shown here."
    return f"Files of this sort ({kind.label}) are not shown here."


def _too_large() -> str:
    return f"Files of more than {size(PREVIEW_BYTES)} are not shown here."


class Preview:
    """A file for looking at, of at most `PREVIEW_BYTES`. `kind` is what its first bytes say."""

    def __init__(self, file: Download) -> None:
        self.content_length = file.content_length
        self._file, self._sent = file, 0
        self._head = file.peek(file_types.HEAD)[: file_types.HEAD]
        self.kind = file_types.by_bytes(self._head)

    @property
    def is_too_large(self) -> bool:
        """Whether it is known before the first byte that the file is too large."""
        return (self.content_length or 0) > PREVIEW_BYTES

    @property
    def media_type(self) -> str:
        """What the browser is told."""
        if self.kind.shown == "text":
            return f"text/plain; charset={file_types.encoding(self._head)}"
        return self.kind.media_type

    def __next__(self) -> bytes:
        piece = next(self._file)
        self._sent += len(piece)
        if self._sent > PREVIEW_BYTES:
            raise InvalidResponse("a preview that turned out too large")
        return piece

    def close(self) -> None:
        """End the transfer."""
        self._file.close()


@require_GET
@permission_required("customers.read_customers", raise_exception=True)
def preview(
    request: HttpRequest, company_id: str, customer_id: str, attachment_id: str
) -> HttpResponseBase:
    """The file inside a page of ours: pictures, PDF and plain text, as its bytes say, and nothing else."""
    page = load_company(request, company_id)
    if not page.is_linked:
        return list_view.render(request, page, customer_id, status=409)
    transfer = Transfer(
        request,
        "preview",
        lambda: Preview(
            default_service().download_attachment(**list_view.ids(page, customer_id, attachment_id))
        ),
    )
    body = transfer.body
    if not body.kind.shown or body.is_too_large:
        transfer.close()
        return _refused(request, page, body, customer_id, attachment_id)
    response = StreamingHttpResponse(transfer, content_type=body.media_type)
    # The name is only the viewer's title, not worth a call to Codat for each picture.
    set_file_headers(
        response, {"name": request.GET.get("name")}, attachment_id, body.content_length, saved=False
    )
    is_pdf = body.kind.shown == "pdf"
    response["Content-Security-Policy"] = _PDF_POLICY if is_pdf else _SANDBOX_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _refused(
    request: HttpRequest, page: CompanyPage, body: Preview, customer_id: str, attachment_id: str
) -> HttpResponse:
    place = (page.company_id, customer_id, attachment_id)
    context = {
        "page": page,
        "reason": _too_large() if body.kind.shown else _not_shown(body.kind),
        "url": links.attachment(*place) + page.suffix,
        "download_url": links.download(*place) + page.suffix,
    }
    status = 413 if body.kind.shown else 415
    return render(request, "attachments/not_previewed.html", context, status=status)
