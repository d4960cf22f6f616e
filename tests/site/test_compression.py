"""Pages are compressed, with a random length; streamed files are unchanged."""

from __future__ import annotations

import gzip
from typing import cast

import pytest
from django.http import FileResponse, HttpResponse, HttpResponseBase, JsonResponse
from django.test import RequestFactory

from codatdash.compression import PageCompressionMiddleware
from sandbox import Sandbox
from tests.conftest import RawPathClient

PAGE = "<p>A page with a customer on it.</p>" * 50
ACCEPTED = "gzip, deflate, br, zstd"


def respond(response: HttpResponseBase, accept: str = ACCEPTED) -> HttpResponseBase:
    request = RequestFactory().get("/", headers={"Accept-Encoding": accept})
    return cast(HttpResponseBase, PageCompressionMiddleware(lambda _: response)(request))


def test_a_page_is_compressed() -> None:
    response = respond(HttpResponse(PAGE))
    assert isinstance(response, HttpResponse)
    assert response["Content-Encoding"] == "gzip"
    assert response["Content-Length"] == str(len(response.content))
    assert "Accept-Encoding" in response["Vary"]
    assert len(response.content) < len(PAGE) / 3
    assert gzip.decompress(response.content).decode() == PAGE


def test_json_is_compressed() -> None:
    assert respond(JsonResponse({"text": PAGE}))["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("accept", ["", "identity", "br", "zstd"])
def test_a_browser_that_does_not_accept_gzip_gets_the_plain_page(accept: str) -> None:
    response = respond(HttpResponse(PAGE), accept)
    assert isinstance(response, HttpResponse)
    assert not response.has_header("Content-Encoding")
    assert response.content.decode() == PAGE
    assert "Accept-Encoding" in response["Vary"]


def test_the_length_of_a_page_varies() -> None:
    """The padding hides how well the page compressed (BREACH)."""
    lengths = set()
    for _ in range(200):
        response = respond(HttpResponse(PAGE))
        assert isinstance(response, HttpResponse)
        lengths.add(len(response.content))
    assert len(lengths) > 30


def test_streams_short_pages_and_encoded_responses_are_left_alone() -> None:
    streamed = FileResponse(iter([PAGE.encode()]), content_type="text/plain")
    assert not respond(streamed).has_header("Content-Encoding")
    assert not respond(HttpResponse("short")).has_header("Content-Encoding")
    encoded = HttpResponse(PAGE, headers={"Content-Encoding": "zstd"})
    assert respond(encoded)["Content-Encoding"] == "zstd"


def test_a_list_page_is_compressed_and_a_download_is_not(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    company = f"/companies/{sandbox.company('files')}/customers/"
    headers = {"Accept-Encoding": ACCEPTED}
    page = viewer_client.get(company, headers=headers)
    assert page["Content-Encoding"] == "gzip"
    assert b"Every kind of file" in gzip.decompress(page.content)
    file = viewer_client.get(f"{company}kinds/attachments/text/download/", headers=headers)
    assert not file.has_header("Content-Encoding")
    assert b"".join(file) == sandbox.file("files", "kinds", "text").make()  # type: ignore[misc]
