"""Rejects uploaded files. No page accepts any, and Django would write one of any size to the disk, without sign-in."""

from typing import Any, NoReturn

from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParserError


class NoFiles(FileUploadHandler):
    """Rejects a post that contains a file with 400, before its first byte is read."""

    def new_file(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Reject the file."""
        raise MultiPartParserError("this page takes no files")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never reached."""

    def file_complete(self, file_size: int) -> None:
        """Never reached."""
