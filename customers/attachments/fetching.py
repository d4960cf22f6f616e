"""Files fetched from Codat: opened for a download, with their metadata, or their first bytes only."""

from __future__ import annotations

from dataclasses import dataclass

from customers.attachments import file_types
from customers.attachments.byte_range import ByteRange
from customers.attachments.listing import AttachmentIds
from customers.codat.download import Download
from customers.codat.errors import CodatError, ErrorResponse
from customers.codat.parallel import side_by_side
from customers.codat.text import header_text
from customers.codat.types import Attachment
from customers.service import default_service


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
    """The file and its metadata, asked for in parallel. Raises RangeNotSatisfiable, CodatError."""
    opened: list[Download] = []

    def open_and_remember() -> Download:
        opened.append(open_file(ids, byte_range))
        return opened[0]

    try:
        file, attachment = side_by_side(
            open_and_remember, lambda: default_service().get_attachment(**ids)
        )
    except BaseException:
        for file in opened:
            file.close()
        raise
    return OpenFile(file, attachment)


@dataclass(frozen=True, slots=True)
class FileHead:
    """The first bytes of a file, and whether it has more; or the error that fetching them raised."""

    head: bytes = b""
    is_truncated: bool = False
    error: CodatError | None = None

    @property
    def file_type(self) -> file_types.FileType:
        """The type detected from these bytes."""
        return file_types.UNKNOWN if self.error else file_types.detect(self.head)

    @property
    def text(self) -> str:
        """The bytes as text, without an incomplete character at the end."""
        encoding = file_types.text_encoding(self.head)
        decoded = self.head.decode(encoding, "replace") if encoding else ""
        return decoded.rstrip("\ufffd") if self.is_truncated else decoded


def fetch_head(ids: AttachmentIds) -> FileHead:
    """The first `HEAD_BYTES` of a file. An answer that ignores Range is closed after them."""
    try:
        file = default_service().download_attachment(
            **ids, headers={"Range": f"bytes=0-{file_types.HEAD_BYTES}"}
        )
        try:
            head = file.peek(file_types.HEAD_BYTES + 1)
        finally:
            file.close()
    except CodatError as error:
        # An empty file has no first byte, so its range is not satisfiable.
        is_empty = isinstance(error, ErrorResponse) and error.status == 416
        return FileHead() if is_empty else FileHead(error=error)
    return FileHead(head[: file_types.HEAD_BYTES], len(head) > file_types.HEAD_BYTES)
