"""Pages travel compressed, each time with another length; files travel as they are."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import brotli
import pytest
from django.http import FileResponse, HttpResponse, HttpResponseBase, JsonResponse
from django.test import RequestFactory

from codatdash.compression import (
    BROTLI_QUICK,
    RANDOM_BYTES,
    CompressionMiddleware,
    accepted,
    brotli_compressed,
    gzip_compressed,
)
from sandbox import Sandbox
from tests.conftest import RawPathClient

PAGE = "<p>A page with a customer on it.</p>" * 50
BOTH = "gzip, deflate, br, zstd"


def answer(response: HttpResponseBase, accept: str = BOTH) -> HttpResponseBase:
    request = RequestFactory().get("/", headers={"Accept-Encoding": accept})
    return CompressionMiddleware(lambda _: response)(request)


@pytest.mark.parametrize(
    ("accept", "encoding", "decompress"),
    [
        (BOTH, "br", brotli.decompress),
        ("GZIP;q=0.5, br;q=0", "gzip", gzip.decompress),
        ("gzip", "gzip", gzip.decompress),
    ],
)
def test_page(accept: str, encoding: str, decompress: Callable[[bytes], bytes]) -> None:
    response = answer(HttpResponse(PAGE), accept)
    assert isinstance(response, HttpResponse)
    assert response["Content-Encoding"] == encoding
    assert response["Content-Length"] == str(len(response.content))
    assert "Accept-Encoding" in response["Vary"]
    assert len(response.content) < len(PAGE) / 3
    assert decompress(response.content).decode() == PAGE


def test_what_repeats_itself_far_apart_shrinks_too() -> None:
    rows = "".join(
        f'<input name="f.addresses.{n}.line1" value="{n * 7919 % 1000}">' for n in range(9000)
    )
    packed = brotli_compressed(rows.encode())
    assert brotli.decompress(packed).decode() == rows
    # The quickest level, which small pages get, leaves half as much again; up to 100 bytes are random.
    quickly = brotli.compress(rows.encode(), quality=BROTLI_QUICK)
    assert len(packed) * 1.3 < len(quickly)


@pytest.mark.parametrize("accept", ["", "identity", "gzip;q=0", "br;q=0.0", "zstd"])
def test_not_taken(accept: str) -> None:
    response = answer(HttpResponse(PAGE), accept)
    assert isinstance(response, HttpResponse)
    assert not response.has_header("Content-Encoding")
    assert response.content.decode() == PAGE
    assert "Accept-Encoding" in response["Vary"]


@pytest.mark.parametrize("compress", [brotli_compressed, gzip_compressed])
def test_length_tells_nothing(compress: Callable[[bytes], bytes]) -> None:
    lengths = {len(compress(PAGE.encode())) for _ in range(400)}
    assert len(lengths) > RANDOM_BYTES / 2
    assert max(lengths) - min(lengths) < RANDOM_BYTES


@pytest.mark.parametrize("size", [1, 199, 200, 65_536, 3_000_000])
@pytest.mark.parametrize(
    ("compress", "decompress"),
    [(brotli_compressed, brotli.decompress), (gzip_compressed, gzip.decompress)],
)
def test_any_size(
    compress: Callable[[bytes], bytes], decompress: Callable[[bytes], bytes], size: int
) -> None:
    body = (bytes(range(256)) * (size // 256 + 1))[:size]
    assert decompress(compress(body)) == body


def test_json() -> None:
    assert answer(JsonResponse({"text": PAGE}))["Content-Encoding"] == "br"


def test_what_is_left_alone() -> None:
    streamed = FileResponse(iter([PAGE.encode()]), content_type="text/plain")
    assert not answer(streamed).has_header("Content-Encoding")
    assert not answer(HttpResponse("short")).has_header("Content-Encoding")
    assert not answer(HttpResponse(PAGE, content_type="image/png")).has_header("Content-Encoding")
    encoded = HttpResponse(PAGE, headers={"Content-Encoding": "zstd"})
    assert answer(encoded)["Content-Encoding"] == "zstd"


def test_accepted() -> None:
    assert accepted("gzip, br;q=0, deflate;q=0.5, *;q=0") == {"gzip", "deflate"}


def test_page_and_download(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    company = f"/companies/{sandbox.company('files')}/customers/"
    headers = {"Accept-Encoding": BOTH}
    page = viewer_client.get(company, headers=headers)
    assert page["Content-Encoding"] == "br"
    assert b"Every kind of file" in brotli.decompress(page.content)
    file = viewer_client.get(f"{company}kinds/attachments/text/download/", headers=headers)
    assert not file.has_header("Content-Encoding")
    assert b"".join(file) == sandbox.file("files", "kinds", "text").make()  # type: ignore[misc]
