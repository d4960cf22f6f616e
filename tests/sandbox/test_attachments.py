"""Attachments: lists, metadata, content, and transfers that break off."""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.data.content import BLOCK, large
from sandbox.data.special_records import FILE_CUSTOMERS

from .conftest import Api, over, raw


def _list(api: Api, customer_id: str, key: str = "files") -> Any:
    return api.get(api.attachments(key, customer_id)).json()["attachments"]


def test_none_one_thirty_and_null(api: Api) -> None:
    assert _list(api, "none") == []
    assert len(_list(api, "one")) == 1
    assert len(_list(api, "thirty")) == 30
    assert _list(api, "null") is None
    assert set(FILE_CUSTOMERS) == {row["id"] for row in api.list("files").json()["results"]}


@pytest.mark.parametrize("customer_id", ["one", "thirty", "kinds", "names", "ids", "lies"])
def test_every_small_file_downloads_as_announced(api: Api, customer_id: str) -> None:
    for row in _list(api, customer_id):
        assert api.get(api.attachments("files", customer_id, row["id"])).json() == row
        answer = api.get(api.attachments("files", customer_id, row["id"], "download"))
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert len(answer.content) == int(answer.headers["Content-Length"])
        assert row["fileSize"] in (len(answer.content), None)


def test_downloads_that_differ_from_their_metadata(api: Api) -> None:
    types = {}
    for row in _list(api, "unlike"):
        answer = api.get(api.attachments("files", "unlike", row["id"], "download"))
        types[row["id"]] = answer.headers["Content-Type"]
        is_like = row["id"] in ("fine", "gzipped")
        assert (len(answer.content) == row["fileSize"]) == is_like
    assert (types["gateway"], types["error"]) == ("text/html", "application/json")


def test_files_have_the_content_of_their_type(api: Api) -> None:
    def download(key: str) -> bytes:
        return api.get(api.attachments("files", "kinds", key, "download")).content

    pdf = download("pdf")
    assert pdf.startswith(b"%PDF-1.4")
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split()[0])
    assert pdf[start:].startswith(b"xref")
    for number, line in enumerate(pdf[start:].split(b"\n")[3:], 1):
        if not line.endswith(b" n "):
            break
        assert pdf[int(line[:10]) :].startswith(b"%d 0 obj" % number)
    png = download("png")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    (size,) = struct.unpack(">I", png[33:37])
    assert len(zlib.decompress(png[41 : 41 + size])) == 960 * (1 + 1280 * 3)
    assert download("jpeg").startswith(b"\xff\xd8\xff")
    assert download("gif").startswith(b"GIF8")
    assert download("webp")[8:12] == b"WEBP"
    assert b"<script>" in download("svg")
    assert b"<script>" in download("html")
    assert download("empty") == b""


def test_names_are_awkward(api: Api) -> None:
    names = {row["id"]: row.get("name", "absent") for row in _list(api, "names")}
    assert '"' in names["quotes"]
    assert "\r\n" in names["newline"]
    assert names["path"].startswith("../")
    assert names["none"] == "absent"
    assert names["empty"] == ""
    assert "\u202e" in names["rtl-override"]


def test_a_large_file_streams_with_its_length(api: Api, box: Sandbox) -> None:
    path = api.attachments("files", "large", "10mb", "download")
    with api.session.get(box.url + path, stream=True, timeout=10) as answer:
        assert answer.headers["Content-Length"] == str(10 * BLOCK)
        digest = hashlib.sha256()
        for piece in answer.iter_content(BLOCK):
            digest.update(piece)
    expected = hashlib.sha256()
    for part in box.file("files", "large", "10mb").pieces():
        expected.update(part)
    assert digest.digest() == expected.digest()


def test_a_file_of_any_size_can_be_requested(api: Api, box: Sandbox) -> None:
    row = api.get(api.attachments("files", "large", "bytes-1234567")).json()
    assert row["fileSize"] == 1234567
    answer = api.get(api.attachments("files", "large", "bytes-1234567", "download"))
    assert len(answer.content) == 1234567
    assert api.get(api.attachments("files", "large", "bytes-99999999999999")).status_code == 404
    announced = {row["id"]: row["fileSize"] for row in _list(api, "large")}
    assert announced["300mb"] == 300 * BLOCK


def test_a_client_that_disconnects_is_noticed(api: Api, box: Sandbox) -> None:
    path = api.attachments("files", "large", "300mb", "download")
    answer = api.session.get(box.url + path, stream=True, timeout=10)
    assert len(answer.raw.read(BLOCK)) == BLOCK
    answer.close()
    call = over(box.calls[-1])
    assert call.broken
    assert call.sent < 300 * BLOCK


def test_a_file_without_a_length_is_chunked(api: Api) -> None:
    answer = api.get(api.attachments("files", "large", "no-length", "download"))
    assert "Content-Length" not in answer.headers
    assert len(answer.content) == 3 * BLOCK


@pytest.mark.parametrize(
    ("key", "ending"), [("breaks-off", "end"), ("resets", "reset"), ("no-length-breaks-off", "end")]
)
def test_a_file_breaks_off(api: Api, box: Sandbox, key: str, ending: str) -> None:
    path = api.attachments("files", "broken", key, "download")
    received, how = raw(box, path)
    assert how == ending
    assert len(received) < 4 * BLOCK
    assert ending == "reset" or len(received) > BLOCK
    with pytest.raises(requests.exceptions.RequestException):
        api.get(path)
    assert api.get(api.attachments("files", "broken", "fine", "download")).status_code == 200


def test_ranges_are_a_setting(api: Api, box: Sandbox) -> None:
    path = api.attachments("files", "large", "10mb", "download")

    def part(text: str) -> requests.Response:
        return api.call("GET", path, headers={"Range": text})

    assert len(part("bytes=0-9").content) == 10 * BLOCK
    box.settings.ranges = True
    whole = b"".join(bytes(piece) for piece in large(10 * BLOCK))
    for text, expected in (
        ("bytes=0-9", whole[:10]),
        (f"bytes={BLOCK - 3}-{BLOCK + 4}", whole[BLOCK - 3 : BLOCK + 5]),
        ("bytes=-7", whole[-7:]),
        (f"bytes={10 * BLOCK - 2}-", whole[-2:]),
    ):
        answer = part(text)
        assert answer.status_code == 206
        assert answer.content == expected
        assert answer.headers["Content-Range"].endswith(f"/{10 * BLOCK}")
    assert part(f"bytes={10 * BLOCK}-").status_code == 416


def test_head_is_a_setting(api: Api, box: Sandbox) -> None:
    path = api.attachments("files", "large", "10mb", "download")
    assert api.call("HEAD", path).status_code == 405
    box.settings.heads = True
    answer = api.call("HEAD", path)
    assert answer.headers["Content-Length"] == str(10 * BLOCK)
    assert answer.content == b""
    assert api.get("/companies", page=1).status_code == 200


def test_ordinary_customers_have_some_too(api: Api) -> None:
    counts = [len(_list(api, row["id"], "xero")) for row in api.list("xero").json()["results"]]
    assert {0, 1} <= set(counts)
    assert max(counts) <= 3
