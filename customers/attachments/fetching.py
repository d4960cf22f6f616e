"""Files fetched from Codat: opened for a download, with their metadata, or their first bytes only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from customers.attachments import file_types
from customers.attachments.byte_range import ByteRange, total_size
from customers.attachments.listing import AttachmentIds, announced_size
from customers.attachments.verification import Content, verify
from customers.codat.errors import CodatError, ErrorResponse
from customers.codat.http import gzip_content
from customers.codat.http.download import Download
from customers.codat.parallel import in_parallel
from customers.codat.text import header_text
from customers.codat.types import Attachment
from customers.service import default_service

# Bytes that are read ahead to verify a download: enough for every signature, and few on a slow connection.
VERIFIED_BYTES = 4096


class RangeNotSatisfiable(Exception):
    """Codat answered 416: the file has no such range."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is being downloaded, with its metadata. A response body: iterate once, then close."""

    file: Download
    attachment: Attachment

    def __next__(self) -> bytes:
        return next(self.file)

    def close(self) -> None:
        """End the download."""
        self.file.close()


def open_file(ids: AttachmentIds, byte_range: ByteRange | None) -> Download:
    """The file, or the requested range of it where Codat supports that. Raises RangeNotSatisfiable, CodatError."""
    service = default_service()
    if byte_range is not None:
        headers = {"Range": byte_range.header}
        if condition := header_text(byte_range.condition):
            headers["If-Range"] = condition
        try:
            file = service.download_attachment(**ids, headers=headers)
        except ErrorResponse as error:
            if error.status == 416:
                raise RangeNotSatisfiable from error
            raise
        if file.status == 200 or byte_range.matches(file):
            return file
        # Another range, or a range of another file: the whole file is always a valid answer.
        file.close()
    return service.download_attachment(**ids)


def open_with_metadata(ids: AttachmentIds, byte_range: ByteRange | None) -> OpenFile:
    """The file and its metadata, read in parallel. Raises RangeNotSatisfiable, CodatError.

    A whole file whose size is not the announced one is verified before its first byte is passed on: `InvalidResponse`
    where it cannot be the file.
    """
    opened: list[Download] = []

    def open_and_remember() -> Download:
        opened.append(open_file(ids, byte_range))
        return opened[0]

    try:
        file, attachment = in_parallel(
            open_and_remember, lambda: default_service().get_attachment(**ids)
        )
        size = _total_size(file)
        if file.status == 200 and (size is None or size != announced_size(attachment)):
            verify(attachment, read_content(file, VERIFIED_BYTES))
    except BaseException:
        for file in opened:
            file.close()
        raise
    return OpenFile(file, attachment)


def read_content(file: Download, size: int) -> Content:
    """The `Content` of a file, from its headers and first ``size`` bytes. The iteration returns these bytes again."""
    head, total = file.peek(size), _total_size(file)
    if file.content_encoding:
        head = gzip_content.decode_head(head, size) if head else b""
        total = total if head else 0
    elif total is None and len(head) < size:
        total = len(head)
    return Content(head, total, file.headers.get("Content-Type", ""))


def _total_size(file: Download) -> int | None:
    """The size of the file in bytes; None where it is not known yet, as of a file with a content encoding."""
    return None if file.content_encoding else total_size(file)


@dataclass(frozen=True, slots=True)
class FileHead:
    """The first bytes of a file and the headers of Codat's response; or the error that fetching them raised.

    `length` is the Content-Length of a download in bytes, None where that is unknown. `ranges_ignored`: the response
    was the whole file, although only its beginning was requested.
    """

    content: Content
    length: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ranges_ignored: bool = False
    error: CodatError | None = None

    @property
    def is_truncated(self) -> bool:
        """Whether the file has more than `HEAD_BYTES`."""
        return len(self.content.head) > file_types.HEAD_BYTES

    @property
    def file_type(self) -> file_types.FileType:
        """The type detected from the first bytes."""
        return file_types.UNKNOWN if self.error else self.content.file_type

    @property
    def text(self) -> str:
        """The bytes as text, without an incomplete character at the end."""
        head = self.content.head[: file_types.HEAD_BYTES]
        encoding = file_types.text_encoding(head)
        decoded = head.decode(encoding, "replace") if encoding else ""
        return decoded.rstrip("\ufffd") if self.is_truncated else decoded

    def verified(self, attachment: Mapping[str, Any]) -> FileHead:
        """This, or a copy with an error where it cannot be the file."""
        try:
            if self.error is None:
                verify(attachment, self.content)
        except CodatError as error:
            return replace(self, error=error)
        return self


def fetch_head(ids: AttachmentIds) -> FileHead:
    """The first `HEAD_BYTES` of a file and one more. A response that ignores Range is closed after them."""
    size = file_types.HEAD_BYTES + 1
    try:
        file = default_service().download_attachment(
            **ids, headers={"Range": f"bytes=0-{size - 1}"}
        )
        try:
            content = read_content(file, size)
        finally:
            file.close()
    except CodatError as error:
        # An empty file has no first byte, so its range is not satisfiable.
        is_empty = isinstance(error, ErrorResponse) and error.status == 416
        if is_empty:
            return FileHead(Content(b"", 0, ""), length=0)
        return FileHead(Content(b"", None, ""), error=error)
    return FileHead(
        replace(content, head=content.head[:size]),
        total_size(file) if file.content_encoding else content.size,
        file.headers,
        ranges_ignored=file.status == 200,
    )


def fetch_head_with_metadata(ids: AttachmentIds) -> tuple[FileHead, Attachment]:
    """The first bytes of a file and its metadata, read in parallel. Raises CodatError."""
    head, attachment = in_parallel(
        lambda: fetch_head(ids), lambda: default_service().get_attachment(**ids)
    )
    head = head.verified(attachment)
    if head.error is not None:
        raise head.error
    return head, attachment
