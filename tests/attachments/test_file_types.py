"""File types: detected from the first bytes, and mismatches with name and content type."""

from __future__ import annotations

import pytest

from customers.attachments import file_types
from sandbox import content

PNG = "PNG image"
CONTENTS = {
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


@pytest.mark.parametrize("name", CONTENTS)
def test_type_by_signature(name: str) -> None:
    assert file_types.detect(CONTENTS[name]).name == name


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
def test_type_of_text_and_markup(head: bytes, name: str) -> None:
    assert file_types.detect(head).name == name


def test_types_with_a_preview() -> None:
    previews = {item.name: item.preview for item in file_types.FILE_TYPES.values() if item.preview}
    images = dict.fromkeys(("png", "jpeg", "gif", "webp"), "image")
    assert previews == images | {"pdf": "pdf", "text": "text", "csv": "text"}


@pytest.mark.parametrize(
    ("name", "content_type", "detected", "sentence"),
    [
        ("a.pdf", "application/pdf", "pdf", ""),
        ("a.jpg", "image/pjpeg; q=1", "jpeg", ""),
        ("a.csv", "text/plain", "text", ""),
        ("a.csv", "application/vnd.ms-excel", "text", "The type says Excel workbook; the content is plain text."),
        ("a.docx", "application/zip", "docx", ""),
        ("a.docx", None, "zip", ""),
        ("a.doc", "application/msword", "ole", ""),
        ("a.bin", "application/octet-stream", "png", ""),
        ("", "", "png", ""),
        (None, None, "unknown", ""),
        ("a.pdf", "application/pdf", "empty", ""),
        ("a.png", "image/png", "html", f"The name says {PNG} and the type says {PNG}; the content is HTML."),
        ("a.pdf", None, "unknown", "The name says PDF; the content is not recognised."),
        ("a.pdf", "image/png", "png", f"The name says PDF; the content is a {PNG}."),
        ("a.pdf", "image/png", None, f"The name says PDF; the type says {PNG}."),
        ("a.pdf", "application/pdf", None, ""),
        ("a.pdf", ["no", "text"], None, ""),
    ],
)  # fmt: skip
def test_mismatch(name: object, content_type: object, detected: str | None, sentence: str) -> None:
    detected_type = file_types.FILE_TYPES[detected] if detected else None
    assert file_types.mismatch(name, content_type, detected_type) == sentence
