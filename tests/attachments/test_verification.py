"""A file that is not the file: compared with the announced size, name and type."""

from __future__ import annotations

from typing import Any

import pytest

from customers.attachments.verification import Content, size_difference, verify
from customers.codat.errors import InvalidResponse
from sandbox import Sandbox
from sandbox.data import content
from tests.conftest import RawPathClient
from tests.support.pages.attachments import attachment_url, download_url, file_bytes

GATEWAY = content.gateway()
MESSAGE = b'{"error": "Bad gateway"}'
XML = b"<?xml version='1.0'?><Error><Code>InternalError</Code></Error>"
PLAIN = b"upstream connect error"
BYTES = "application/octet-stream"


def metadata(name: str | None, content_type: str | None, size: object) -> dict[str, Any]:
    return {"name": name, "contentType": content_type, "fileSize": size}


@pytest.mark.parametrize(
    ("attachment", "head", "size", "served_as"),
    [
        (metadata("ok.png", "image/png", 1000), GATEWAY, len(GATEWAY), "text/html; charset=utf-8"),
        (metadata("ok.png", "image/png", 1000), GATEWAY, len(GATEWAY), BYTES),
        (metadata("ok.png", "image/png", 1000), GATEWAY, None, "text/html"),
        (metadata("ok.png", None, None), GATEWAY, len(GATEWAY), "TEXT/HTML"),
        (metadata("a.csv", "text/csv", 1000), GATEWAY, len(GATEWAY), BYTES),
        (metadata("a.txt", "text/plain", 1000), GATEWAY, len(GATEWAY), "text/html"),
        (metadata("a.qbw", BYTES, 1000), GATEWAY, len(GATEWAY), "text/html"),
        (metadata("a.xml", "text/xml", 1000), GATEWAY, len(GATEWAY), "text/html"),
        (metadata("a.pdf", "application/pdf", 1000), MESSAGE, len(MESSAGE), "application/json"),
        (metadata("a.pdf", "application/pdf", 1000), MESSAGE, len(MESSAGE), BYTES),
        (metadata("a.txt", "text/plain", 1000), MESSAGE, len(MESSAGE), "application/problem+json"),
        (metadata("a.txt", "text/plain", 1000), XML, len(XML), "application/xml"),
        (metadata("a.docx", None, 1000), PLAIN, len(PLAIN), "text/plain"),
        (metadata("a.qbw", BYTES, 1000), PLAIN, len(PLAIN), "text/plain"),
        (metadata("a.pdf", "application/pdf", 1000), b"", 0, BYTES),
        (metadata("a.txt", None, 1), b"", 0, "text/plain"),
    ],
)
def test_content_that_cannot_be_the_file(
    attachment: dict[str, Any], head: bytes, size: int | None, served_as: str
) -> None:
    with pytest.raises(InvalidResponse):
        verify(attachment, Content(head, size, served_as))


@pytest.mark.parametrize(
    ("attachment", "head", "size", "served_as"),
    [
        # The announced size confirms it, whatever its name and type.
        (metadata("ok.png", "image/png", len(GATEWAY)), GATEWAY, len(GATEWAY), "text/html"),
        # A page that was announced as one.
        (metadata("a.html", None, 1000), GATEWAY, len(GATEWAY), "text/html"),
        (metadata(None, "application/json", 1000), MESSAGE, len(MESSAGE), "application/json"),
        (metadata("a.json", "text/plain", 1000), MESSAGE, len(MESSAGE), "application/json"),
        # One contradiction alone.
        (metadata("ok.png", "image/png", None), GATEWAY, len(GATEWAY), BYTES),
        (metadata("ok.png", "image/png", 1000), content.png(1), 500, BYTES),
        (metadata("ok.png", "image/png", 1000), content.pdf("x"), 500, "image/png"),
        (metadata("a.txt", "text/plain", 1000), PLAIN, len(PLAIN), "text/plain"),
        (metadata("a.txt", "text/plain", 1000), PLAIN, len(PLAIN), "application/json"),
        # Nothing was announced.
        (metadata(None, None, None), GATEWAY, len(GATEWAY), BYTES),
        (metadata("empty.txt", "text/plain", 0), b"", 0, BYTES),
        (metadata("empty.txt", "text/plain", None), b"", 0, BYTES),
        (metadata("a.png", "image/png", "1000"), GATEWAY, len(GATEWAY), BYTES),
    ],
)
def test_content_that_may_be_the_file(
    attachment: dict[str, Any], head: bytes, size: int | None, served_as: str
) -> None:
    verify(attachment, Content(head, size, served_as))


@pytest.mark.parametrize(
    ("announced", "size", "sentence"),
    [
        (1000, 1000, ""),
        (1000, None, ""),
        (None, 500, ""),
        (-1, 500, ""),
        (True, 500, ""),
        (1000, 500, "File size mismatch: expected 1,000 bytes, received 500 bytes."),
        (0, 12_345, "File size mismatch: expected 0 bytes, received 12,345 bytes."),
    ],
)
def test_size_difference(announced: object, size: int | None, sentence: str) -> None:
    assert size_difference({"fileSize": announced}, size) == sentence


SENTENCES = {
    "gateway": "Codat sent an error message instead of this file.",
    "error": "Codat sent an error message instead of this file.",
    "nothing": "Codat sent an empty file instead of 1,000 bytes.",
}


@pytest.mark.parametrize("ranges", [False, True])
@pytest.mark.parametrize("attachment_id", SENTENCES)
def test_error_page_instead_of_another_file(
    sandbox: Sandbox, viewer_client: RawPathClient, attachment_id: str, ranges: bool
) -> None:
    sandbox.settings.ranges = ranges
    response = viewer_client.get(download_url(sandbox, "unlike", attachment_id))
    assert response.status_code == 502
    assert "Content-Disposition" not in response
    assert SENTENCES[attachment_id] in response.content.decode()
    assert viewer_client.head(download_url(sandbox, "unlike", attachment_id)).status_code == 502
    page = viewer_client.get(attachment_url(sandbox, "unlike", attachment_id))
    assert page.status_code == 502
    assert SENTENCES[attachment_id] in page.content.decode()
    assert "<iframe" not in page.content.decode()
    assert "<img" not in page.content.decode()


@pytest.mark.parametrize("ranges", [False, True])
@pytest.mark.parametrize(
    ("attachment_id", "sentence"),
    [
        ("short", "File size mismatch: expected 1,000 bytes, received 500 bytes."),
        ("short-chunked", "File size mismatch: expected 1,000 bytes, received 500 bytes."),
        ("long", "File size mismatch: expected 10 bytes, received "),
        ("fine", ""),
        ("gzipped", ""),
    ],
)
def test_other_size_is_shown(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    attachment_id: str,
    sentence: str,
    ranges: bool,
) -> None:
    sandbox.settings.ranges = ranges
    page = viewer_client.get(attachment_url(sandbox, "unlike", attachment_id))
    text = page.content.decode()
    assert page.status_code == 200
    assert sentence in text
    assert ("File size mismatch" in text) == bool(sentence)
    file = viewer_client.get(download_url(sandbox, "unlike", attachment_id))
    assert b"".join(file) == file_bytes(sandbox, "unlike", attachment_id)
