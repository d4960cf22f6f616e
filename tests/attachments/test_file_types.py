"""What a file is by its bytes, its name and what is claimed; names in an archive."""

from __future__ import annotations

import pytest

from customers.attachments import file_types
from customers.attachments.filenames import UniqueNames
from sandbox import content

PNG = "PNG picture"
BYTES = {
    "pdf": content.pdf("x"),
    "png": content.png(1),
    "jpeg": content.jpeg(),
    "gif": content.gif(),
    "webp": content.webp(),
    "svg": content.svg(),
    "html": content.html(),
    "text": content.plain("x"),
    "unknown": content.unknown(),
    "empty": b"",
    "zip": b"PK\x03\x04\x14\0\0\0\x08\0 a.txt",
    "docx": b"PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml word/document.xml",
    "xlsx": b"PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml xl/workbook.xml",
    "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100),
    "tiff": b"II*\0" + bytes(10),
    "gzip": b"\x1f\x8b\x08\0",
    "program": b"MZ\x90\0",
    "xml": b"<?xml version='1.0'?><invoice/>",
}


@pytest.mark.parametrize("name", BYTES)
def test_the_first_bytes_decide(name: str) -> None:
    assert file_types.by_bytes(BYTES[name]).name == name


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xef\xbb\xbf  <!DOCTYPE HTML><p>", "html"),
        (b"\n\n<!-- x --><script>alert(1)</script>", "html"),
        ("<html><script>".encode("utf-16"), "html"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "svg"),
        (b"<s:svg xmlns:s='x'/>", "svg"),
        (b"<x onload=alert(1)>", "xml"),
        (b"3 < 4 and that is it", "text"),
        (b"caf\xe9, 12.50\n", "text"),
        ("Grüße".encode("utf-16"), "text"),
        ("é".encode()[:1], "text"),
        (b"a\0b", "unknown"),
        (b"RIFF\0\0\0\0WAVE", "unknown"),
        (b"x%PDF-1.4", "text"),
        (b"\x89PNG\r\n\x1a", "unknown"),
    ],
)
def test_disguises(head: bytes, name: str) -> None:
    assert file_types.by_bytes(head).name == name


def test_only_these_are_ever_shown() -> None:
    shown = {kind.name: kind.shown for kind in file_types.KINDS.values() if kind.shown}
    pictures = dict.fromkeys(("png", "jpeg", "gif", "webp"), "image")
    assert shown == pictures | {"pdf": "pdf", "text": "text", "csv": "text"}


@pytest.mark.parametrize(
    ("name", "claim", "found", "said"),
    [
        ("a.pdf", "application/pdf", "pdf", ""),
        ("a.jpg", "image/pjpeg; q=1", "jpeg", ""),
        ("a.csv", "text/plain", "text", ""),
        ("a.csv", "application/vnd.ms-excel", "text", "Its type says Excel workbook; its first bytes say text."),
        ("a.docx", "application/zip", "docx", ""),
        ("a.docx", None, "zip", ""),
        ("a.doc", "application/msword", "ole", ""),
        ("a.bin", "application/octet-stream", "png", ""),
        ("", "", "png", ""),
        (None, None, "unknown", ""),
        ("a.pdf", "application/pdf", "empty", ""),
        ("a.png", "image/png", "html", f"Its name says {PNG} and its type says {PNG}; its first bytes say web page."),
        ("a.pdf", None, "unknown", "Its name says PDF; its first bytes do not."),
        ("a.pdf", "image/png", "png", "Its name says PDF; its first bytes say PNG picture."),
        ("a.pdf", "image/png", None, "Its name says PDF, its type says PNG picture."),
        ("a.pdf", "application/pdf", None, ""),
        ("a.pdf", ["no", "text"], None, ""),
    ],
)  # fmt: skip
def test_contradictions(name: object, claim: object, found: str | None, said: str) -> None:
    by_bytes = file_types.KINDS[found] if found else None
    assert file_types.contradiction(name, claim, by_bytes) == said


def test_names_stay_apart() -> None:
    apart = UniqueNames("manifest.json")
    given = ["a.txt", "A.TXT", "a.txt", "a (2).txt", "manifest.json", "b", "b", "x" * 196 + ".pdf"]
    names = [apart.name(name) for name in [*given, "x" * 196 + ".pdf"]]
    assert names[:7] == [
        "a.txt",
        "A (2).TXT",
        "a (3).txt",
        "a (2) (2).txt",
        "manifest (2).json",
        "b",
        "b (2)",
    ]
    assert names[8].endswith("x (2).pdf")
    assert max(len(name.encode()) for name in names) <= 200
    assert len({name.casefold() for name in names}) == len(names)
