"""Previews: which files have one, why others have none, and the bytes of one."""

from customers.attachments import file_types
from customers.attachments.fetching import read_content
from customers.codat.errors import InvalidResponse
from customers.codat.http.download import Download
from customers.formatting import size

# Larger images and PDFs are not previewed.
MAX_PREVIEW_BYTES = 32 * 1024 * 1024
# A preview loads, sends and runs nothing, and only the dashboard's own pages may frame it.
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"


def unsupported_reason(file_type: file_types.FileType) -> str:
    """Why files of this type have no preview."""
    if file_type.name == "empty":
        return "The file is empty."
    if file_type.comparable == "markup":
        return "HTML, XML and SVG files can contain scripts, so they are not previewed."
    return "This file type cannot be previewed."


def too_large_reason() -> str:
    """Why a file beyond `MAX_PREVIEW_BYTES` has no preview."""
    return f"Files larger than {size(MAX_PREVIEW_BYTES)} are not previewed."


class Preview:
    """A preview's bytes, at most `MAX_PREVIEW_BYTES`. `file_type` is detected from the first of them."""

    def __init__(self, file: Download) -> None:
        self.content_length, self.content_encoding = file.content_length, file.content_encoding
        self._file, self._sent = file, 0
        self._head = read_content(file, file_types.HEAD_BYTES).head[: file_types.HEAD_BYTES]
        self.file_type = file_types.detect(self._head)

    @property
    def is_too_large(self) -> bool:
        """Whether the announced length is beyond `MAX_PREVIEW_BYTES`."""
        return (self.content_length or 0) > MAX_PREVIEW_BYTES

    @property
    def refusal(self) -> tuple[int, str] | None:
        """Status and reason where the file has no preview, else None."""
        if not self.file_type.preview:
            return 415, unsupported_reason(self.file_type)
        return (413, too_large_reason()) if self.is_too_large else None

    @property
    def media_type(self) -> str:
        """The Content-Type of the preview."""
        if self.file_type.preview == "text":
            return f"text/plain; charset={file_types.text_encoding(self._head)}"
        return self.file_type.media_type

    @property
    def is_inline(self) -> bool:
        """Whether the browser may render it. Not a PDF: its viewer runs the scripts of a PDF, even in a sandbox."""
        return self.file_type.preview != "pdf"

    def __next__(self) -> bytes:
        piece = next(self._file)
        self._sent += len(piece)
        if self._sent > MAX_PREVIEW_BYTES:
            raise InvalidResponse("a preview of unannounced length is too large")
        return piece

    def close(self) -> None:
        """End the download."""
        self._file.close()
