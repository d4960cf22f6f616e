"""The page of one attachment: preview, detected type, mismatch, neighbours, and an error of its file."""

from __future__ import annotations

import re

import pytest

from customers.attachments import file_types
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.attachments import list_url

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("attachment_id", "how"),
    [
        ("pdf", "data-pdf="),
        ("png", "<img"),
        ("jpeg", "<img"),
        ("gif", "<img"),
        ("webp", "<img"),
        ("text", "Readme, line 12: Grüße, čaj, 顧客"),
        ("csv", "date,amount"),
        ("svg", "can contain scripts"),
        ("html", "can contain scripts"),
        ("unknown", "This file type cannot be previewed."),
        ("empty", "The file is empty"),
    ],
)
def test_preview_by_content(
    sandbox: Sandbox, viewer_client: RawPathClient, attachment_id: str, how: str
) -> None:
    response = viewer_client.get(list_url(sandbox, "kinds") + f"{attachment_id}/")
    text = response.content.decode()
    assert response.status_code == 200
    assert how in text
    assert "File type mismatch" not in text
    assert "<script>alert" not in text
    assert ("/preview/" in text) == (how in ("data-pdf=", "<img"))


def test_two_calls_and_only_the_first_bytes(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    viewer_client.get(list_url(sandbox, "large"))
    sandbox.clear_calls()
    assert viewer_client.get(list_url(sandbox, "large") + "300mb/").status_code == 200
    ends = [call.path.rpartition("/large/")[2] for call in sandbox.calls]
    assert sorted(ends) == ["attachments", "attachments/300mb/download"]
    (file,) = [call for call in sandbox.calls if call.path.endswith("/download")]
    assert file.headers["range"] == f"bytes=0-{file_types.HEAD_BYTES}"
    # At most what the sockets buffer, although the sandbox ignores the range.
    assert file.sent < 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("attachment_id", "sentence"),
    [
        ("png-is-html", "the content is HTML"),
        ("pdf-is-text", "the content is plain text"),
        ("text-is-pdf", "the content is a PDF"),
        ("svg-is-png", "the content is SVG"),
    ],
)
def test_mismatch_is_shown(
    sandbox: Sandbox, viewer_client: RawPathClient, attachment_id: str, sentence: str
) -> None:
    text = viewer_client.get(list_url(sandbox, "lies") + f"{attachment_id}/").content.decode()
    assert "File type mismatch." in text
    assert sentence in text


def test_neighbours_in_the_order_of_the_list(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    path, query = list_url(sandbox, "thirty"), "?order_by=-name&kind=pdf"
    ordered = [
        row["id"] for row in viewer_client.get(path.replace("?", "") + query).context["attachments"]
    ]
    response = viewer_client.get(f"{path}{ordered[1]}/?kind=pdf&order_by=-name", headers=HTMX)
    text = response.content.decode()
    assert "<html" not in text
    assert "2 of 10" in text
    previous = re.search(r'rel="prev" aria-keyshortcuts="ArrowLeft" href="([^"]+)"', text)
    following = re.search(r'rel="next" aria-keyshortcuts="ArrowRight" href="([^"]+)"', text)
    assert previous
    assert following
    tail = "/?kind=pdf&amp;order_by=-name"
    assert previous[1].endswith(f"attachments/{ordered[0]}{tail}")
    assert following[1].endswith(f"attachments/{ordered[2]}{tail}")
    first = viewer_client.get(f"{path}{ordered[0]}/?kind=pdf&order_by=-name").content.decode()
    assert 'rel="prev"' not in first


def test_attachment_that_the_list_leaves_out(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    response = viewer_client.get(list_url(sandbox, "kinds") + "pdf/?kind=image")
    assert "contract.pdf" in response.content.decode()
    unlisted = viewer_client.get(list_url(sandbox, "large") + "bytes-10/")
    assert "bytes-10.bin" in unlisted.content.decode()
    assert viewer_client.get(list_url(sandbox, "large") + "nope/").status_code == 404


def test_page_of_a_file_that_cannot_be_fetched(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add("/download", "status", status=500, count=9)
    response = viewer_client.get(list_url(sandbox, "thirty") + "0003/")
    text = response.content.decode()
    assert response.status_code == 502
    assert "The file could not be opened." in text
    assert 'rel="next"' in text


def test_long_text_is_truncated_with_a_notice(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add("/download", "status", status=200, body="ä" * 50_000)
    response = viewer_client.get(list_url(sandbox, "kinds") + "text/")
    text = response.content.decode()
    assert "ä" * 1000 in text
    assert "This is the beginning of the file." in text
    assert "\ufffd" not in text
