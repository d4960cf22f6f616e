"""Response headers of a file."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.http.response import HttpResponseBase

from customers.attachments import filenames
from customers.codat.text import header_text

_PASSED_ON = ("Accept-Ranges", "Content-Encoding", "ETag", "Last-Modified")


def copy_upstream_headers(
    headers: Mapping[str, str], response: HttpResponseBase, *, ranges_ignored: bool
) -> None:
    """Copy the few headers of Codat's response that may be passed on.

    `ranges_ignored`: a range was requested, and the response is the whole file.
    """
    names = _PASSED_ON + (("Content-Range",) if response.status_code == 206 else ())
    for name in names:
        if value := header_text(headers.get(name, "")):
            response.headers[name] = value
    if ranges_ignored and "Accept-Ranges" not in response:
        response["Accept-Ranges"] = "none"


def filename_parameters(name: str) -> str:
    """The parameters of Content-Disposition for a name of `file_name`: it holds no quotation mark and no backslash.

    A name beyond ASCII is in `filename*` (RFC 6266), and as ASCII in `filename` for clients that know only that.
    """
    if name.isascii():
        return f'filename="{name}"'
    fallback = filenames.ascii_file_name(name)
    return f"filename=\"{fallback}\"; filename*=utf-8''{quote(name, safe='')}"


def set_file_headers(
    response: HttpResponseBase,
    attachment: Mapping[str, Any],
    attachment_id: str,
    length: int | None,
    *,
    as_attachment: bool,
) -> None:
    """Set the file name, the length in bytes where known, and that nothing is cached or sniffed."""
    disposition = "attachment" if as_attachment else "inline"
    name = filename_parameters(filenames.file_name(attachment, attachment_id))
    response["Content-Disposition"] = f"{disposition}; {name}"
    if length is not None:
        response["Content-Length"] = str(length)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
