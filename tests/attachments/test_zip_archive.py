"""The ZIP archive of all attachments: complete, and with files that fail."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.attachments.streaming import download_slots
from customers.attachments.zip_archive import Archive
from customers.service import default_service
from sandbox import Sandbox
from sandbox.files import LEDGER
from tests.conftest import RawPathClient
from tests.support.cases.zip_input_stream import ZipException, ZipInputStream
from tests.support.pages.attachments import archive_url, file_bytes
from tests.support.servers.deployed import deployed

MIB = 1024 * 1024


def read_archive(response: Any) -> tuple[zipfile.ZipFile, list[dict[str, Any]]]:
    """The archive, read by zipfile, and the files of its manifest."""
    assert response.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response)))
    assert archive.testzip() is None
    assert archive.namelist()[-1] == "manifest.json"
    files: list[dict[str, Any]] = json.loads(archive.read("manifest.json"))["files"]
    return archive, files


def test_thirty_files(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    response = viewer_client.get(archive_url(sandbox, "thirty"))
    assert response["Content-Type"] == "application/zip"
    assert (
        response["Content-Disposition"]
        == 'attachment; filename="Attachments of Thirty attachments.zip"'
    )
    assert response["Cache-Control"] == "private, no-store"
    archive, files = read_archive(response)
    assert len(archive.namelist()) == 31
    for line in files:
        body = file_bytes(sandbox, "thirty", line["id"])
        assert archive.read(line["name"]) == body
        assert line["size"] == len(body)
        assert line["sha256"] == hashlib.sha256(body).hexdigest()
        assert line["outcome"] == "complete"
    # Compressed content is stored, the rest deflated.
    assert archive.getinfo("receipt-0001.png").compress_type == zipfile.ZIP_STORED
    assert archive.getinfo("note 0002.txt").compress_type == zipfile.ZIP_DEFLATED
    assert download_slots().in_use == 0


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("Müller & Söhne / GmbH", "Attachments of Muller & Sohne _ GmbH.zip"),
        (None, "Attachments of one.zip"),
        ("\u200b", "Attachments of one.zip"),
        ("x" * 300, "Attachments of " + "x" * 181 + ".zip"),
    ],
)
def test_archive_has_the_name_of_the_customer(
    sandbox: Sandbox, viewer_client: RawPathClient, name: str | None, file_name: str
) -> None:
    body = json.dumps({"id": "one", "customerName": name})
    sandbox.faults.add("/customers/one$", "json", body=body, count=-1)
    response = viewer_client.get(archive_url(sandbox, "one"))
    assert response["Content-Disposition"].startswith(f'attachment; filename="{file_name}"')
    assert (
        viewer_client.head(archive_url(sandbox, "one"))["Content-Disposition"]
        == (response["Content-Disposition"])
    )
    archive, _ = read_archive(response)
    customer = json.loads(archive.read("manifest.json"))["customer"]
    assert customer["id"] == "one"


def test_archive_of_a_customer_that_cannot_be_read(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add("/customers/one$", "status", status=500, count=-1)
    response = viewer_client.get(archive_url(sandbox, "one"))
    assert response["Content-Disposition"] == 'attachment; filename="Attachments of one.zip"'
    assert len(read_archive(response)[1]) == 1


def test_entry_names(sandbox: Sandbox, viewer_client: RawPathClient, tmp_path: Path) -> None:
    archive, files = read_archive(viewer_client.get(archive_url(sandbox, "names")))
    names = archive.namelist()
    assert len({name.casefold() for name in names}) == len(names) == 20
    assert {"same name.txt", "same name (2).txt", "_.._etc_passwd", "Договор №7.txt"} <= set(names)
    assert not any(c in name for name in names for c in '/\\:"<>|?*\u202e\n')
    assert {line["originalName"] for line in files} >= {"../../etc/passwd", None, ""}
    archive.extractall(tmp_path / "here")
    assert len(list((tmp_path / "here").iterdir())) == 20
    if unzip := shutil.which("unzip"):
        assert archive.fp
        archive.fp.seek(0)
        (tmp_path / "a.zip").write_bytes(archive.fp.read())
        subprocess.run([unzip, "-tq", tmp_path / "a.zip"], check=True)


def test_interrupted_files_are_listed_and_left_out(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    """They fail in the middle of their entries: an incomplete file must not be unpacked."""
    archive, files = read_archive(viewer_client.get(archive_url(sandbox, "broken")))
    assert archive.namelist() == ["fine.txt", "manifest.json"]
    lines = {item["id"]: item for item in files}
    assert {key: item["outcome"] for key, item in lines.items()} == {
        "breaks-off": "failed",
        "resets": "failed",
        "no-length-breaks-off": "failed",
        "fine": "complete",
    }
    assert "Interrupted after" in lines["breaks-off"]["reason"]
    assert lines["breaks-off"]["sha256"] is None
    assert download_slots().in_use == 0


def test_files_that_cannot_be_fetched(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add("kinds/attachments/png/download", "status", status=403)
    sandbox.faults.add("kinds/attachments/gif/download", "reset", count=9)
    archive, files = read_archive(viewer_client.get(archive_url(sandbox, "kinds")))
    lines = {item["id"]: item for item in files}
    assert lines["png"]["outcome"] == lines["gif"]["outcome"] == "failed"
    assert "has no access to this" in lines["png"]["reason"]
    assert len(archive.namelist()) == 11
    assert archive.read("empty.txt") == b""


def test_downloads_that_differ_from_their_metadata(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    archive, files = read_archive(viewer_client.get(archive_url(sandbox, "unlike")))
    lines = {line["id"]: line for line in files}
    assert {key: line["outcome"] for key, line in lines.items()} == {
        "gateway": "failed",
        "error": "failed",
        "nothing": "failed",
        "short": "other size",
        "short-chunked": "other size",
        "long": "other size",
        "gzipped": "complete",
        "fine": "complete",
    }
    assert "error message instead" in lines["gateway"]["reason"]
    assert "empty file instead" in lines["nothing"]["reason"]
    assert lines["gateway"]["sha256"] is None
    # Stored gzipped: decoded in the archive.
    assert archive.read("ledger.csv") == LEDGER
    assert lines["gzipped"]["size"] == len(LEDGER)
    for key in ("short", "short-chunked"):
        assert (
            lines[key]["reason"] == "File size mismatch: expected 1,000 bytes, received 500 bytes."
        )
        assert (lines[key]["announcedSize"], lines[key]["size"]) == (1000, 500)
    assert sorted(archive.namelist()) == [
        "fine.txt",
        "ledger.csv",
        "long.png",
        "manifest.json",
        "short 2.txt",
        "short.txt",
    ]


def test_large_file_of_another_size(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    listed = [
        {"id": "bytes-1000000", "name": "a.bin", "fileSize": 999_999},
        {"id": "no-length", "name": "b.bin", "fileSize": 3 * MIB},
        {"id": "no-length", "name": "c.bin", "fileSize": 3 * MIB + 1},
        {"id": "no-length", "name": "d.bin"},
    ]
    sandbox.faults.add("/large/attachments", "json", body=json.dumps({"attachments": listed}))
    _, files = read_archive(viewer_client.get(archive_url(sandbox, "large")))
    outcomes = [line["outcome"] for line in files]
    assert outcomes == ["other size", "complete", "other size", "complete"]


def test_mismatch_is_in_the_manifest(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    _, files = read_archive(viewer_client.get(archive_url(sandbox, "lies")))
    lines = {line["id"]: line for line in files}
    assert lines["png-is-html"]["outcome"] == "complete"
    assert lines["png-is-html"]["mismatch"].endswith("the content is HTML.")
    assert lines["octet-is-png"]["mismatch"] is None


@pytest.mark.parametrize("customer_id", ["thirty", "names", "kinds", "unlike", "none"])
def test_streaming_reader(sandbox: Sandbox, viewer_client: RawPathClient, customer_id: str) -> None:
    response = viewer_client.get(archive_url(sandbox, customer_id))
    content = b"".join(response)
    archive = zipfile.ZipFile(io.BytesIO(content))
    streamed = dict(ZipInputStream(io.BytesIO(content)))
    assert streamed == {name: archive.read(name) for name in archive.namelist()}


def test_streaming_reader_of_large_files(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    """They are not read ahead: compressed and not, of known and unknown size."""
    listed = [{"id": key, "name": key} for key in ("bytes-1000000", "no-length")]
    body = json.dumps({"attachments": listed})
    sandbox.faults.add("/large/attachments", "json", body=body)
    content = b"".join(viewer_client.get(archive_url(sandbox, "large")))
    streamed = dict(ZipInputStream(io.BytesIO(content)))
    assert streamed["no-length"] == file_bytes(sandbox, "large", "no-length")
    assert len(streamed["bytes-1000000"]) == 1_000_000


def test_streaming_reader_reports_an_interrupted_file(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    content = b"".join(viewer_client.get(archive_url(sandbox, "broken")))
    with pytest.raises(ZipException, match="CRC"):
        dict(ZipInputStream(io.BytesIO(content)))


def test_invalid_id(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    listed = {"attachments": [{"id": "..", "name": "up.txt"}, {"name": "no id"}, {"id": "only"}]}
    sandbox.faults.add("/one/attachments", "json", body=json.dumps(listed))
    archive, files = read_archive(viewer_client.get(archive_url(sandbox, "one")))
    assert [item["outcome"] for item in files] == ["failed", "failed", "complete"]
    assert len(archive.namelist()) == 2


def test_after_a_rate_limit_no_file_is_asked_for(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add("/download", "status", status=429, seconds=600, count=-1)
    archive, files = read_archive(viewer_client.get(archive_url(sandbox, "thirty")))
    assert archive.namelist() == ["manifest.json"]
    assert [item["outcome"] for item in files] == ["failed"] + ["not tried"] * 29
    assert len([call for call in sandbox.calls if call.path.endswith("/download")]) == 1


@pytest.mark.parametrize("customer_id", ["none", "null"])
def test_customer_without_attachments(
    sandbox: Sandbox, viewer_client: RawPathClient, customer_id: str
) -> None:
    archive, files = read_archive(viewer_client.get(archive_url(sandbox, customer_id)))
    assert (archive.namelist(), files) == (["manifest.json"], [])


def test_head_downloads_nothing_and_needs_no_slot(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    response = viewer_client.head(archive_url(sandbox, "thirty"))
    assert response.status_code == 200
    assert not [call for call in sandbox.calls if "/attachments" in call.path]
    assert download_slots().in_use == 0


def test_errors(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    anonymous_client: RawPathClient,
    outsider_client: RawPathClient,
) -> None:
    assert viewer_client.get(archive_url(sandbox, "1", "deauthorized")).status_code == 409
    assert viewer_client.get(archive_url(sandbox, "nobody")).status_code == 404
    sandbox.faults.add("/attachments", "status", status=429, seconds=60)
    assert viewer_client.get(archive_url(sandbox, "thirty"))["Retry-After"] == "60"
    assert viewer_client.post(archive_url(sandbox, "thirty")).status_code == 405
    assert anonymous_client.get(archive_url(sandbox, "thirty")).status_code == 302
    assert outsider_client.get(archive_url(sandbox, "thirty")).status_code == 403
    assert download_slots().in_use == 0


def test_disconnect_ends_the_archive(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    response = viewer_client.get(archive_url(sandbox, "large"))
    pieces = iter(response)
    assert len(next(pieces)) > 0
    assert download_slots().in_use == 1
    response.close()
    assert download_slots().in_use == 0
    assert len([call for call in sandbox.calls if call.path.endswith("/download")]) <= 1


def test_memory_is_constant(sandbox: Sandbox) -> None:
    """Large files pass through in small pieces, and nothing is stored."""
    company, connection = sandbox.company("files"), sandbox.connection("files")
    service = default_service()
    archive = Archive(
        {},
        [{"id": "300mb", "name": "a.zip"}],
        lambda one: service.download_attachment(
            company_id=company, connection_id=connection, customer_id="large", attachment_id=one
        ),
    )
    tracemalloc.start()
    try:
        size = largest = 0
        for piece in archive:
            size += len(piece)
            largest = max(largest, len(piece))
            if size > 40 * MIB:
                break
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        archive.close()
    assert largest <= MIB
    assert peak < 8 * MIB


def test_under_gunicorn(
    sandbox: Sandbox,
    transactional_db: None,
    viewer: User,
    tmp_path: Path,
) -> None:
    with deployed(viewer, tmp_path / "log", CODAT_MAX_DOWNLOADS="1") as site:
        response = site.request(archive_url(sandbox, "broken"))
        archive = zipfile.ZipFile(io.BytesIO(response.read()))
        assert archive.testzip() is None
        assert archive.namelist() == ["fine.txt", "manifest.json"]
        # The only slot is free again.
        assert len(site.request(archive_url(sandbox, "thirty")).read()) > 30_000
