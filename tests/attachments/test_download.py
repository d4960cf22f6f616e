"""The download of one attachment: content, headers, and errors before its first byte."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.attachments import download_url, file_bytes


def test_file_is_streamed_unchanged_and_saved(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    response = viewer_client.get(download_url(sandbox, "kinds", "pdf"))
    content = file_bytes(sandbox, "kinds", "pdf")
    assert response.streaming
    assert b"".join(response) == content
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="contract.pdf"'
    assert response["Content-Length"] == str(len(content))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("customer_id", "attachment_id"),
    [("kinds", "html"), ("kinds", "svg"), ("kinds", "no-type"), ("lies", "type-is-bad")],
)
def test_active_content_is_sent_as_plain_bytes(
    sandbox: Sandbox, viewer_client: RawPathClient, customer_id: str, attachment_id: str
) -> None:
    response = viewer_client.get(download_url(sandbox, customer_id, attachment_id))
    response.close()
    assert response["Content-Type"] == "application/octet-stream"
    assert "X-Injected" not in response


def test_only_some_upstream_headers_are_copied(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add(
        "/download",
        "status",
        status=200,
        body="abc",
        headers={
            "ETag": '"v1"',
            "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT",
            "Set-Cookie": "a=b",
            "X-Powered-By": "x",
            "Content-Disposition": "inline",
            "Cache-Control": "public",
            "Content-Security-Policy": "x",
        },
    )
    response = viewer_client.get(download_url(sandbox, "kinds", "text"))
    assert b"".join(response) == b"abc"
    assert response["ETag"] == '"v1"'
    assert response["Last-Modified"] == "Wed, 21 Oct 2015 07:28:00 GMT"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Security-Policy"] != "x"
    assert "X-Powered-By" not in response
    assert "a" not in response.cookies


@pytest.mark.parametrize("ranges", [False, True])
def test_head_fetches_the_first_bytes_only(
    sandbox: Sandbox, viewer_client: RawPathClient, ranges: bool
) -> None:
    sandbox.settings.ranges = ranges
    response = viewer_client.head(download_url(sandbox, "large", "300mb"))
    assert response.status_code == 200
    assert response["Content-Length"] == str(300 * 1024 * 1024)
    assert response["Content-Disposition"] == 'attachment; filename="archive.zip"'
    assert response["Accept-Ranges"] == ("bytes" if ranges else "none")
    assert "Content-Range" not in response
    calls = [call for call in sandbox.calls if "/attachments" in call.path]
    assert sorted(call.path.rpartition("/large/")[2] for call in calls) == [
        "attachments/300mb",
        "attachments/300mb/download",
    ]
    # At most what the sockets buffer, where the sandbox ignores the range.
    assert max(call.sent for call in calls) < 64 * 1024 * 1024


@pytest.mark.parametrize("ranges", [False, True])
@pytest.mark.parametrize("attachment_id", ["short", "long", "fine"])
def test_head_has_the_size_of_the_file(
    sandbox: Sandbox, viewer_client: RawPathClient, attachment_id: str, ranges: bool
) -> None:
    """Not the announced one."""
    sandbox.settings.ranges = ranges
    response = viewer_client.head(download_url(sandbox, "unlike", attachment_id))
    size = len(file_bytes(sandbox, "unlike", attachment_id))
    assert response["Content-Length"] == str(size)


def test_head_of_a_file_of_unknown_size(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    response = viewer_client.head(download_url(sandbox, "large", "no-length"))
    assert response.status_code == 200
    assert "Content-Length" not in response


@pytest.mark.parametrize("method", ["get", "head"])
def test_file_that_is_stored_gzipped(
    sandbox: Sandbox, viewer_client: RawPathClient, method: str
) -> None:
    """It is passed on with its header and its length; the browser decodes it."""
    encoded = file_bytes(sandbox, "unlike", "gzipped")
    response = getattr(viewer_client, method)(download_url(sandbox, "unlike", "gzipped"))
    assert response.status_code == 200
    assert response["Content-Encoding"] == "gzip"
    assert response["Content-Length"] == str(len(encoded))
    assert response["Content-Disposition"] == 'attachment; filename="ledger.csv"'
    assert b"".join(response) == (encoded if method == "get" else b"")


def test_encoding_that_is_not_supported(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add(
        "/download", "status", status=200, body="x", headers={"Content-Encoding": "br"}
    )
    response = viewer_client.get(download_url(sandbox, "one", "only"))
    assert response.status_code == 502
    assert "Content-Disposition" not in response


def test_unknown_attachment(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert viewer_client.get(download_url(sandbox, "one", "nope")).status_code == 404
    assert viewer_client.get(download_url(sandbox, "one", "..")).status_code == 404


def test_server_error_at_codat(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add("/attachments", "status", status=500, count=-1)
    assert viewer_client.get(download_url(sandbox, "one", "only")).status_code == 502


def test_forbidden_download_is_an_error_page(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add("/download", "status", status=403)
    response = viewer_client.get(download_url(sandbox, "one", "only"))
    assert response.status_code == 502
    assert "Content-Disposition" not in response
    assert "does not have access in Codat" in response.content.decode()


PATHS = ["attachments/", "attachments/1/download/"]


@pytest.mark.parametrize("path", PATHS)
def test_anonymous_user_is_sent_to_sign_in(anonymous_client: RawPathClient, path: str) -> None:
    response = anonymous_client.get(f"/companies/x/customers/1/{path}")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("path", PATHS)
def test_user_without_permission(outsider_client: RawPathClient, path: str) -> None:
    assert outsider_client.get(f"/companies/x/customers/1/{path}").status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_unsupported_method(viewer_client: RawPathClient, path: str) -> None:
    assert viewer_client.post(f"/companies/x/customers/1/{path}").status_code == 405
