"""File names: safe to save under on every system, and unique within an archive."""

from __future__ import annotations

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
# Maximum length in bytes: file systems allow 255, and browsers add a number to a name that exists.
_MAX_BYTES = 200


def content_type(attachment: Mapping[str, Any]) -> str:
    """The Content-Type of a download: the announced one where it is harmless, else `OCTET_STREAM`."""
    announced = attachment.get("contentType")
    media_type = announced.partition(";")[0].strip().lower() if isinstance(announced, str) else ""
    return media_type if media_type in _EXTENSIONS else OCTET_STREAM


def file_name(attachment: Mapping[str, Any], attachment_id: str) -> str:
    """A name that is safe to save under: no path, control or direction characters, at most 200 bytes, never empty."""
    name = attachment.get("name")
    cleaned = file_name_text(name) if isinstance(name, str) else ""
    if not cleaned:
        cleaned = f"attachment-{file_name_text(attachment_id) or 'file'}"[:80] + _EXTENSIONS.get(
            content_type(attachment), ""
        )
    stem, extension = _split(cleaned)
    return _shorten(stem, extension)


def _split(name: str) -> tuple[str, str]:
    """Stem and extension, the dot with the extension."""
    stem, dot, extension = name.rpartition(".")
    return (stem, f".{extension}") if stem and dot and len(extension) <= 10 else (name, "")


def _shorten(stem: str, ending: str) -> str:
    """`stem` + `ending` in at most `_MAX_BYTES`; the stem is cut at a whole character."""
    room = _MAX_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + ending


class UniqueNames:
    """Unique file names within one folder. Names that differ in upper and lower case only count as equal."""

    def __init__(self, *reserved: str) -> None:
        self._used = {name.casefold() for name in reserved}

    def add(self, wanted: str) -> str:
        """`wanted`, or the first of `name (2).pdf`, `name (3).pdf`, ... that is not in use."""
        stem, extension = _split(wanted)
        name, number = wanted, 1
        while name.casefold() in self._used:
            number += 1
            name = _shorten(stem, f" ({number}){extension}")
        self._used.add(name.casefold())
        return name
