"""Names of files: safe to save under on every system, and apart from each other in an archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customers.codat.text import file_name_text

# Types that a browser may be told of a file that it saves; everything else is bytes.
_TYPES = {
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
BYTES = "application/octet-stream"
# Bytes that a file name may have on the file systems in use, with room for a number that a browser adds.
_NAME_BYTES = 200


def content_type(attachment: Mapping[str, Any]) -> str:
    """The type that goes out: the one that the software claims where it is harmless, else plain bytes."""
    claimed = attachment.get("contentType")
    kind = claimed.partition(";")[0].strip().lower() if isinstance(claimed, str) else ""
    return kind if kind in _TYPES else BYTES


def file_name(attachment: Mapping[str, Any], attachment_id: str) -> str:
    """A name that is safe to save under: no path, no control or direction marks, not too long; never empty."""
    name = attachment.get("name")
    cleaned = file_name_text(name) if isinstance(name, str) else ""
    if not cleaned:
        cleaned = f"attachment-{file_name_text(attachment_id) or 'file'}"[:80] + _TYPES.get(
            content_type(attachment), ""
        )
    stem, extension = _split(cleaned)
    return _fitting(stem, extension)


def _split(name: str) -> tuple[str, str]:
    """Stem and extension, the dot with the extension."""
    stem, dot, extension = name.rpartition(".")
    return (stem, f".{extension}") if stem and dot and len(extension) <= 10 else (name, "")


def _fitting(stem: str, ending: str) -> str:
    room = _NAME_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + ending


class UniqueNames:
    """Names of one folder: each one given is different from those before, for systems that do not mind case too."""

    def __init__(self, *taken: str) -> None:
        self._taken = {name.casefold() for name in taken}

    def name(self, wanted: str) -> str:
        """This name, or the first of `name (2).pdf`, `name (3).pdf`, ... that is free."""
        stem, extension = _split(wanted)
        name, number = wanted, 1
        while name.casefold() in self._taken:
            number += 1
            name = _fitting(stem, f" ({number}){extension}")
        self._taken.add(name.casefold())
        return name
