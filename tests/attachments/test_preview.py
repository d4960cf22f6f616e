"""The preview of an attachment: its bytes, its headers, and what has no preview."""

from __future__ import annotations

import pytest

from customers.attachments import preview
from customers.attachments.streaming import download_slots
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.attachments import disconnect, file_bytes, list_url


@pytest.mark.parametrize(
    ("attachment_id", "media_type"),
    [
        ("pdf", "application/pdf"),
        ("png", "image/png"),
        ("jpeg", "image/jpeg"),
        ("gif", "image/gif"),
        ("webp", "image/webp"),
        ("text", "text/plain; charset=utf-8"),
    ],
)
def test_preview_is_sandboxed(
    sandbox: Sandbox, viewer_client: RawPathClient, attachment_id: str, media_type: str
) -> None:
    response = viewer_client.get(list_url(sandbox, "kinds") + f"{attachment_id}/preview/")
    assert response.status_code == 200
    assert b"".join(response) == file_bytes(sandbox, "kinds", attachment_id)
    assert response["Content-Type"] == media_type
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    # A browser's PDF viewer runs scripts, so a PDF is never opened in it: the page draws it.
    disposition = "attachment" if attachment_id == "pdf" else "inline"
    assert response["Content-Disposition"].startswith(disposition)
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'self'" in policy
    assert "script" not in policy
    assert policy.endswith("; sandbox")
    assert download_slots().in_use == 0


def test_preview_of_a_file_that_is_stored_gzipped(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    response = viewer_client.get(list_url(sandbox, "unlike") + "gzipped/preview/")
    assert (response["Content-Type"], response["Content-Encoding"]) == (
        "text/plain; charset=utf-8",
        "gzip",
    )
    assert b"".join(response) == file_bytes(sandbox, "unlike", "gzipped")
    page = viewer_client.get(list_url(sandbox, "unlike") + "gzipped/").content.decode()
    assert "2024-05-01,12.50" in page


@pytest.mark.parametrize(
    ("customer_id", "attachment_id"),
    [("kinds", "svg"), ("kinds", "html"), ("kinds", "unknown"), ("kinds", "empty"),
     ("lies", "png-is-html"), ("lies", "svg-is-png")],
)  # fmt: skip
def test_type_without_a_preview(
    sandbox: Sandbox, viewer_client: RawPathClient, customer_id: str, attachment_id: str
) -> None:
    response = viewer_client.get(list_url(sandbox, customer_id) + f"{attachment_id}/preview/")
    assert response.status_code == 415
    assert "<h1>No preview</h1>" in response.content.decode()
    assert response["X-Frame-Options"] == "DENY"
    assert download_slots().in_use == 0


def test_content_decides_not_the_announced_type(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    response = viewer_client.get(list_url(sandbox, "lies") + "text-is-pdf/preview/")
    assert response["Content-Type"] == "application/pdf"
    disconnect(response)
    response = viewer_client.get(list_url(sandbox, "lies") + "pdf-is-text/preview/")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    disconnect(response)


def test_preview_of_a_large_file(
    sandbox: Sandbox, viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "MAX_PREVIEW_BYTES", 1000)
    path = list_url(sandbox, "kinds")
    response = viewer_client.get(f"{path}png/preview/")
    assert response.status_code == 413
    assert "are not previewed." in response.content.decode()
    page = viewer_client.get(f"{path}png/").content.decode()
    assert "are not previewed." in page
    assert "/preview/" not in page
    assert download_slots().in_use == 0


def test_head_of_a_preview(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert viewer_client.head(list_url(sandbox, "kinds") + "png/preview/").status_code == 405


def test_errors(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    anonymous_client: RawPathClient,
    outsider_client: RawPathClient,
) -> None:
    for tail in ("", "preview/"):
        unlinked = list_url(sandbox, "1", "deauthorized") + f"1/{tail}"
        response = viewer_client.get(unlinked)
        assert response.status_code == 409
        assert "Attachments are unavailable" in response.content.decode()
        path = list_url(sandbox, "one") + f"only/{tail}"
        assert viewer_client.get(list_url(sandbox, "one") + f"nope/{tail}").status_code == 404
        assert viewer_client.post(path).status_code == 405
        assert anonymous_client.get(path).status_code == 302
        assert outsider_client.get(path).status_code == 403
        sandbox.faults.add("/download", "status", status=429, seconds=60)
        limited = viewer_client.get(path)
        assert limited.status_code == 503
        sandbox.faults.clear()
    assert download_slots().in_use == 0
