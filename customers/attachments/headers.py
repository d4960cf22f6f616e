"""Headers of a file that is passed on."""

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from customers.attachments import filenames
from customers.attachments.byte_range import Range
from customers.codat.download import Download
from customers.codat.text import header_text

_PASSED_ON = ("Accept-Ranges", "ETag", "Last-Modified")


def _pass_on(file: Download, response: HttpResponseBase, asked: Range | None) -> None:
    """The few headers from upstream that may go on, where they are what they should be."""
    names = _PASSED_ON + (("Content-Range",) if file.status == 206 else ())
    for name in names:
        if value := header_text(file.headers.get(name, "")):
            response.headers[name] = value
    if asked and file.status == 200 and "Accept-Ranges" not in response:
        response["Accept-Ranges"] = "none"


def set_file_headers(
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
