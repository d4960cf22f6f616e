"""Verifies that the content that Codat sends is the file that the metadata announce.

A gateway between the dashboard and the accounting software can respond with 200 and an error page, an empty body, or a
part of the file. Size, format and content type are compared with the metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from customers.attachments import file_types
from customers.attachments.listing import announced_size
from customers.codat.errors import InvalidResponse
from customers.formatting import thousands

# Content types of error pages and messages. Codat documents application/octet-stream for every download.
_ERROR_CONTENT_TYPES = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/json": "json",
    "application/problem+json": "json",
    "text/xml": "xml",
    "application/xml": "xml",
    "application/problem+xml": "xml",
    "text/plain": "text",
}


@dataclass(frozen=True, slots=True)
class Content:
    """The first bytes and headers of a file that is being received.

    `head` is its first bytes, `size` its total size in bytes or None where that is not known yet, `content_type` the
    Content-Type of Codat's answer.
    """

    head: bytes
    size: int | None
    content_type: str

    @property
    def file_type(self) -> file_types.FileType:
        """The type detected from the first bytes."""
        return file_types.detect(self.head[: file_types.HEAD_BYTES])

    @property
    def is_complete(self) -> bool:
        """Whether `head` is the whole file."""
        return len(self.head) == self.size


def size_difference(attachment: Mapping[str, Any], size: int | None) -> str:
    """A sentence where a file has another size in bytes than announced, else ""."""
    announced = announced_size(attachment)
    if announced is None or size is None or announced == size:
        return ""
    expected, received = thousands(announced), thousands(size)
    return f"File size mismatch: expected {expected} bytes, received {received} bytes."


def verify(attachment: Mapping[str, Any], content: Content) -> None:
    """Raise InvalidResponse where the content cannot be the file: it is empty, or an error message."""
    announced = announced_size(attachment)
    if content.size == 0 and announced:
        raise InvalidResponse(
            "an empty download",
            sentence=f"Codat sent an empty file instead of {thousands(announced)} bytes. "
            "Try again in a few minutes.",
        )
    if content.size != announced and _is_error_message(attachment, content):
        raise InvalidResponse(
            "a download that is an error message",
            sentence="Codat sent an error message instead of this file. Try again in a few minutes.",
        )


def _is_error_message(attachment: Mapping[str, Any], content: Content) -> bool:
    """Whether a textual content contradicts the metadata in two of three facts: format, size, content type.

    One alone is no proof: people give files wrong names, and some software announces wrong sizes.
    """
    name, content_type = attachment.get("name"), attachment.get("contentType")
    if content.file_type.name not in ("html", "xml", "text"):
        return False
    has_other_format = bool(file_types.mismatch(name, content_type, content.file_type))
    has_other_size = bool(announced_size(attachment) and size_difference(attachment, content.size))
    return has_other_format + has_other_size + _is_served_as_error(attachment, content) >= 2


def _is_served_as_error(attachment: Mapping[str, Any], content: Content) -> bool:
    """Whether Codat's response declares a page or message that the metadata do not announce, and contains one."""
    media_type = content.content_type.partition(";")[0].strip().lower()
    declared = _ERROR_CONTENT_TYPES.get(media_type, "")
    announced = (
        file_types.from_name(attachment.get("name")),
        file_types.from_content_type(attachment.get("contentType")),
    )
    if any(declared in (file_type.name, file_type.comparable) for file_type in announced):
        return False
    match declared:
        case "html":
            return content.file_type.name == "html"
        case "json":
            return content.head.lstrip()[:1] in (b"{", b"[")
        case "xml":
            return content.file_type.comparable == "markup"
    return declared == "text"
