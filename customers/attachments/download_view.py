"""One attachment's file, passed through as it arrives and kept nowhere."""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from customers.attachments import filenames, list_view
from customers.attachments.streaming import Transfer
from customers.codat.connections import Download
from customers.codat.errors import Refused
from customers.codat.types import Attachment
from customers.service import default_service
from customers.web.company_context import load_company, side_by_side

# One range, which is all that browsers and download managers ask for. Of several, RFC 9110 (14.2) lets a server
# ignore the field; so the whole file comes.
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(?:(\d{1,18})|\*)")
# A header's value from upstream that may go on: no folded lines, nothing endless.
_PLAIN = re.compile(r"[\x20-\x7e]{1,200}")
_PASSED_ON = ("Accept-Ranges", "ETag", "Last-Modified")


@dataclass(frozen=True, slots=True)
class Range:
    """What a browser asks for: `first` to `last` (None: the end), or the last `suffix` bytes.

    `condition` is If-Range: the part counts only of the file that has this ETag or date.
    """

    header: str
    first: int | None
    last: int | None
    suffix: int | None
    condition: str

    @classmethod
    def read(cls, request: HttpRequest) -> "Range | None":
        """The range that a request asks for; None for none, several, or one that makes no sense."""
        header = request.headers.get("Range", "").strip()
        found = _RANGE.fullmatch(header)
        if found is None:
            return None
        first, last, suffix = (int(part) if part else None for part in found.groups())
        if first is not None and last is not None and last < first:
            return None
        return cls(header, first, last, suffix, request.headers.get("If-Range", "").strip())

    def is_answered_by(self, file: Download) -> bool:
        """Whether this part of a file is the part that was asked for, of the file that was meant."""
        found = _CONTENT_RANGE.fullmatch(file.headers.get("Content-Range", ""))
        if found is None:
            return False
        first, last, total = (int(part) if part else None for part in found.groups())
        if first is None or last is None or last < first or (total is not None and last >= total):
            return False
        if file.content_length not in (None, last - first + 1):
            return False
        if self.first is not None:
            fits = first == self.first and (self.last is None or last <= self.last)
        else:
            fits = total is not None and last == total - 1 and last - first < (self.suffix or 0)
        return fits and self._holds(file)

    def _holds(self, file: Download) -> bool:
        """Upstream may honour Range and know nothing of If-Range; a weak ETag never matches."""
        if not self.condition:
            return True
        known = (file.headers.get("ETag"), file.headers.get("Last-Modified"))
        return self.condition in known and not self.condition.startswith("W/")


class Unsatisfiable(Exception):
    """Upstream says that the file has no such part."""


def open_file(asked: Range | None, ids: list_view.Ids) -> Download:
    """The file, or the part of it that was asked for where upstream gives it. The rest is the errors of errors.py."""
    service = default_service()
    if asked is not None:
        headers = {"Range": asked.header}
        if asked.condition and _PLAIN.fullmatch(asked.condition):
            headers["If-Range"] = asked.condition
        try:
            file = service.download_attachment(**ids, headers=headers)
        except Refused as error:
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
    dress(response, attachment, attachment_id, length, saved=True)
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


def _pass_on(file: Download, response: HttpResponseBase, asked: Range | None) -> None:
    """The few headers from upstream that may go on, where they are what they should be."""
    names = _PASSED_ON + (("Content-Range",) if file.status == 206 else ())
    for name in names:
        value = file.headers.get(name, "")
        if _PLAIN.fullmatch(value):
            response.headers[name] = value
    if asked and file.status == 200 and "Accept-Ranges" not in response:
        response["Accept-Ranges"] = "none"


def _no_such_part(attachment: Attachment) -> HttpResponse:
    length = list_view.bytes_of(attachment)
    response = HttpResponse(status=416)
    response["Content-Range"] = f"bytes */{'*' if length is None else length}"
    return response


def dress(
    response: HttpResponseBase,
    attachment: Any,
    attachment_id: str,
    length: int | None,
    *,
    saved: bool,
) -> None:
    """The headers of every file: its name, its length in bytes where known, nothing kept, nothing guessed."""
    name = filenames.file_name(attachment, attachment_id)
    disposition = content_disposition_header(as_attachment=saved, filename=name)
    response["Content-Disposition"] = disposition or "attachment"
    if length is not None:
        response["Content-Length"] = str(length)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
