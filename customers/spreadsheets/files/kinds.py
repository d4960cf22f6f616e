"""What a file is by its first bytes, and what to do with one that is no table."""

from __future__ import annotations

from customers.spreadsheets.files.archives import SIGNATURE, Archive
from customers.spreadsheets.files.limits import Unreadable

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The name of the stream that holds an encrypted workbook.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a text document"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"BZh", "a compressed archive"),
    (b"PK\x05\x06", "an empty archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "a database"),
)
_SAVE_AS = "Save the table as CSV, XLSX or ODS and upload that."


def check_kind(content: bytes, file_name: str) -> None:
    """Raise `Unreadable`, with what to do, for a file that is certainly no CSV, XLSX or ODS."""
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise Unreadable("The workbook is protected by a password. Save it without one.")
        raise Unreadable("This is an old Excel file (.xls). Save it as .xlsx and upload that.")
    for start, name in _OTHERS:
        if content.startswith(start):
            raise Unreadable(f"The file is {name}, not a table. {_SAVE_AS}")
    if content.startswith(SIGNATURE):
        _check_archive(Archive(content))
        return
    start = content[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")):
        raise Unreadable(f"The file is a web page, whatever its name says. {_SAVE_AS}")
    if start.startswith(b"<?xml"):
        raise Unreadable(f"The file is XML, not a table. {_SAVE_AS}")
    if start.startswith((b"{", b"[")) and file_name.casefold().endswith(
        (".json", ".jsonl", ".ndjson")
    ):
        raise Unreadable(f"The file is JSON, not a table. {_SAVE_AS}")


def _check_archive(archive: Archive) -> None:
    if "content.xml" in archive or "[content_types].xml" in archive:
        return
    names = [name for name in archive.names() if not name.endswith("/")]
    inside = f"“{names[0]}”" if len(names) == 1 else f"{len(names):,} files"
    raise Unreadable(f"The file is an archive with {inside}. Unpack it and upload the table.")
