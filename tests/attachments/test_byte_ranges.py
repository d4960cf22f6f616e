"""Byte ranges of a download: passed on to Codat where it supports them, never a wrong part."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.attachments import download_url, file_bytes


@pytest.fixture
def ranged(sandbox: Sandbox) -> Sandbox:
    sandbox.settings.ranges = True
    return sandbox


def whole_file(sandbox: Sandbox) -> bytes:
    return file_bytes(sandbox, "kinds", "pdf")


@pytest.mark.parametrize(
    ("requested", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, None),
        ("bytes=-7", -7, None),
        ("bytes=5-99999", 5, None),
    ],
)
def test_range_is_passed_on(
    ranged: Sandbox, viewer_client: RawPathClient, requested: str, start: int, end: int | None
) -> None:
    file = whole_file(ranged)
    response = viewer_client.get(download_url(ranged, "kinds", "pdf"), headers={"Range": requested})
    part = file[start:end]
    first = start if start >= 0 else len(file) + start
    assert response.status_code == 206
    assert b"".join(response) == part
    assert response["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(file)}"
    assert response["Content-Length"] == str(len(part))
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Disposition"] == 'attachment; filename="contract.pdf"'


@pytest.mark.parametrize(
    "requested", ["bytes=0-1,5-6", "bytes=9-2", "lines=1-2", "bytes=", "bytes=a-b", "bytes=-"]
)
def test_invalid_or_multiple_ranges_are_ignored(
    ranged: Sandbox, viewer_client: RawPathClient, requested: str
) -> None:
    response = viewer_client.get(download_url(ranged, "kinds", "pdf"), headers={"Range": requested})
    assert response.status_code == 200
    assert b"".join(response) == whole_file(ranged)
    assert not [call for call in ranged.calls if "range" in call.headers]


def test_range_beyond_the_end(ranged: Sandbox, viewer_client: RawPathClient) -> None:
    response = viewer_client.get(
        download_url(ranged, "kinds", "pdf"), headers={"Range": "bytes=99999-"}
    )
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(whole_file(ranged))}"


@pytest.mark.parametrize("attachment_id", ["short", "long"])
def test_range_beyond_the_end_has_the_size_of_the_file(
    ranged: Sandbox, viewer_client: RawPathClient, attachment_id: str
) -> None:
    """Not the announced one."""
    url = download_url(ranged, "unlike", attachment_id)
    response = viewer_client.get(url, headers={"Range": "bytes=99999-"})
    assert response.status_code == 416
    size = len(file_bytes(ranged, "unlike", attachment_id))
    assert response["Content-Range"] == f"bytes */{size}"


def test_upstream_without_ranges_sends_the_whole_file(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    response = viewer_client.get(
        download_url(sandbox, "kinds", "pdf"), headers={"Range": "bytes=5-9"}
    )
    assert response.status_code == 200
    assert b"".join(response) == whole_file(sandbox)
    assert response["Accept-Ranges"] == "none"
    assert "Content-Range" not in response


def test_if_range_that_upstream_ignores(ranged: Sandbox, viewer_client: RawPathClient) -> None:
    """The sandbox honours Range but has no ETag, so the range may be one of a newer file."""
    response = viewer_client.get(
        download_url(ranged, "kinds", "pdf"), headers={"Range": "bytes=5-9", "If-Range": '"old"'}
    )
    assert response.status_code == 200
    assert b"".join(response) == whole_file(ranged)


def test_partial_content_without_a_matching_range(
    ranged: Sandbox, viewer_client: RawPathClient
) -> None:
    """A part that was not requested, or without Content-Range, is never sent as the file."""
    ranged.faults.add("/download", "status", status=206, body="abc", count=1)
    response = viewer_client.get(
        download_url(ranged, "kinds", "pdf"), headers={"Range": "bytes=5-9"}
    )
    assert (response.status_code, b"".join(response)) == (200, whole_file(ranged))
    ranged.faults.add("/download", "status", status=206, body="abc", count=1)
    assert viewer_client.get(download_url(ranged, "kinds", "pdf")).status_code == 502
