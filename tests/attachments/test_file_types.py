"""File types: detected from the first bytes, and mismatches with name and content type."""

from __future__ import annotations

import pytest

from customers.attachments import file_types
from sandbox.data import content

PNG = "PNG image"
OFFICE = "application/vnd.openxmlformats-officedocument."
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


PDF = content.pdf("x")
MAIL = b"From: a@x.example\r\nContent-Type: application/pdf\r\n\r\n"


@pytest.mark.parametrize(
    "prefix",
    [
        b"\xef\xbb\xbf",
        b"\n",
        b" \t\r\n",
        MAIL,
        b"\x00\x01\x02",
        b"x" * 1024,
        b"\xef\xbb\xbf" + MAIL + b"x" * (1021 - len(MAIL)),
    ],
)
def test_pdf_with_up_to_1024_bytes_before_it(prefix: bytes) -> None:
    assert file_types.detect(prefix + PDF).name == "pdf"
    assert file_types.mismatch("a.pdf", "application/pdf", file_types.detect(prefix + PDF)) == ""


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"x" * 1025 + PDF, "text"),
        (b"It begins with %PDF-1.4, a header.", "text"),
        (b"<html>\n%PDF-1.4\n1 0 obj\n", "html"),
        (b"PK\x03\x04\x14\0\0\0\0\0 a.pdf" + PDF, "zip"),
        (b"\x89PNG\r\n\x1a\n" + PDF, "png"),
    ],
)
def test_header_of_a_pdf_in_another_file(head: bytes, name: str) -> None:
    assert file_types.detect(head).name == name


@pytest.mark.parametrize(
    ("name", "content_type", "expected"),
    [
        ("a.csv", "application/vnd.ms-excel", "csv"),
        ("a.xlsx", "application/vnd.ms-excel", "xlsx"),
        ("a.docx", "application/zip", "docx"),
        ("a", "application/vnd.ms-excel", "xls"),
        ("a.pdf", "image/png", "png"),
        ("a.pdf", "application/octet-stream", "pdf"),
        ("a.bin", "nonsense", "unknown"),
    ],
)
def test_expected_type(name: str, content_type: str, expected: str) -> None:
    assert file_types.expected(name, content_type).name == expected


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
        ("a.csv", "application/vnd.ms-excel", "text", ""),
        ("a.csv", "application/vnd.ms-excel", None, ""),
        (None, "application/vnd.ms-excel", "text", ""),
        ("a.xlsx", "application/vnd.ms-excel", "xlsx", ""),
        ("a.xlsx", "application/vnd.ms-excel", None, ""),
        ("a.xls", "application/vnd.ms-excel", "text",
         "The file name is for Excel workbook; the content is plain text."),
        ("a.xls", "application/vnd.ms-excel", "html",
         "The file name is for Excel workbook and the file type is for Excel workbook; the content is HTML."),
        ("a.csv", "application/vnd.ms-excel", "pdf",
         "The file name is for CSV and the file type is for Excel workbook; the content is a PDF."),
        ("a.docx", "application/msword", "docx", ""),
        ("a.docx", f"{OFFICE}wordprocessingml.document", "ole", ""),
        ("a.doc", "application/msword", "rtf", ""),
        ("a.log", "text/plain", "xml", ""),
        ("a.txt", "text/plain", "html",
         "The file name is for plain text and the file type is for plain text; the content is HTML."),
        ("a.txt", "text/plain", "svg",
         "The file name is for plain text and the file type is for plain text; the content is SVG."),
        ("a.json", "text/plain", "text", ""),
        ("a.docx", "application/zip", "docx", ""),
        ("a.docx", None, "zip", ""),
        ("a.doc", "application/msword", "ole", ""),
        ("a.bin", "application/octet-stream", "png", ""),
        ("", "", "png", ""),
        (None, None, "unknown", ""),
        ("a.pdf", "application/pdf", "empty", ""),
        ("a.png", "image/png", "html",
         f"The file name is for {PNG} and the file type is for {PNG}; the content is HTML."),
        ("a.pdf", None, "unknown", "The file name is for PDF; the content is not recognised."),
        ("a.pdf", "image/png", "png", f"The file name is for PDF; the content is a {PNG}."),
        ("a.pdf", "image/png", None, f"The file name is for PDF; the file type is for {PNG}."),
        ("a.pdf", "application/pdf", None, ""),
        ("a.pdf", ["no", "text"], None, ""),
    ],
)  # fmt: skip
def test_mismatch(name: object, content_type: object, detected: str | None, sentence: str) -> None:
    detected_type = file_types.FILE_TYPES[detected] if detected else None
    assert file_types.mismatch(name, content_type, detected_type) == sentence
