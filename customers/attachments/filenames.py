"""File names: safe to save under on every system, and unique within an archive."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from customers.codat.text import file_name_text

# Content types that may be passed on to a browser, with their extension; everything else is `OCTET_STREAM`.
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/tiff": ".tif",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "application/zip": ".zip",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
OCTET_STREAM = "application/octet-stream"


def content_type(attachment: Mapping[str, Any]) -> str:
    """The Content-Type of a download: the announced one where it is harmless, else `OCTET_STREAM`."""
    announced = attachment.get("contentType")
    media_type = announced.partition(";")[0].strip().lower() if isinstance(announced, str) else ""
    return media_type if media_type in _EXTENSIONS else OCTET_STREAM


def file_name(attachment: Mapping[str, Any], attachment_id: str) -> str:
    """A name that is safe to save under on every system; never empty."""
    name = attachment.get("name")
    safe_name = file_name_text(name) if isinstance(name, str) else ""
    if safe_name:
        return safe_name
    extension = _EXTENSIONS.get(content_type(attachment), "")
    return file_name_text(f"attachment-{file_name_text(attachment_id) or 'file'}"[:80] + extension)


def ascii_file_name(name: str) -> str:
    """A file name for clients that know ASCII names only: accents are removed, other characters become `_`."""
    decomposed = unicodedata.normalize("NFKD", name)
    ascii_name = "".join(
        char if char.isascii() else "_" for char in decomposed if not unicodedata.combining(char)
    )
    # NFKD can make any ASCII character, a quotation mark or a slash too.
    return file_name_text(ascii_name)


class UniqueNames:
    """Unique file names within one folder. Names that differ in upper and lower case only count as equal."""

    def __init__(self, *reserved: str) -> None:
        self._used = {name.casefold() for name in reserved}

    def add(self, wanted: str) -> str:
        """`wanted`, or the first of `name (2).pdf`, `name (3).pdf`, ... that is not in use."""
        name, number = wanted, 1
        while name.casefold() in self._used:
            number += 1
            name = file_name_text(wanted, f" ({number})")
        self._used.add(name.casefold())
        return name
