"""All attachments as one ZIP file: whole, in spite of what fails, and for what it does not say."""

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

from customers.attachments.streaming import places
from customers.attachments.zip_archive import Archive
from customers.service import default_service
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.deployed import deployed

MIB = 1024 * 1024


def path(sandbox: Sandbox, customer_id: str, key: str = "files") -> str:
    return f"/companies/{sandbox.company(key)}/customers/{customer_id}/attachments.zip"


def fetch(answer: Any) -> tuple[zipfile.ZipFile, list[dict[str, Any]]]:
    """The archive, checked by another reader, and what its manifest says of its files."""
    assert answer.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer)))
    assert archive.testzip() is None
    assert archive.namelist()[-1] == "manifest.json"
    files: list[dict[str, Any]] = json.loads(archive.read("manifest.json"))["files"]
    return archive, files


def test_thirty_files(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.get(path(sandbox, "thirty"))
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == 'attachment; filename="Attachments of thirty.zip"'
    assert answer["Cache-Control"] == "private, no-store"
    archive, files = fetch(answer)
    assert len(archive.namelist()) == 31
    for told in files:
        body = b"".join(map(bytes, sandbox.file("files", "thirty", told["id"]).pieces()))
        assert archive.read(told["name"]) == body
        assert told["size"] == len(body)
        assert told["sha256"] == hashlib.sha256(body).hexdigest()
        assert told["outcome"] == "complete"
    # What is packed already is stored, the rest deflated.
    assert archive.getinfo("receipt-0001.png").compress_type == zipfile.ZIP_STORED
    assert archive.getinfo("note 0002.txt").compress_type == zipfile.ZIP_DEFLATED
    assert places().taken == 0


def test_names(sandbox: Sandbox, viewer_client: RawPathClient, tmp_path: Path) -> None:
    archive, files = fetch(viewer_client.get(path(sandbox, "names")))
    names = archive.namelist()
    assert len({name.casefold() for name in names}) == len(names) == 20
    assert {"same name.txt", "same name (2).txt", "_.._etc_passwd", "Договор №7.txt"} <= set(names)
    assert not any(c in name for name in names for c in '/\\:"<>|?*\u202e\n')
    assert {told["originalName"] for told in files} >= {"../../etc/passwd", None, ""}
    archive.extractall(tmp_path / "here")
    assert len(list((tmp_path / "here").iterdir())) == 20
    if unzip := shutil.which("unzip"):
        assert archive.fp
        archive.fp.seek(0)
        (tmp_path / "a.zip").write_bytes(archive.fp.read())
        subprocess.run([unzip, "-tq", tmp_path / "a.zip"], check=True)


def test_files_that_fail_are_named_and_left_out(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    """They break off in the middle of their entries: what arrived of them must not look like a file."""
    archive, files = fetch(viewer_client.get(path(sandbox, "broken")))
    assert archive.namelist() == ["fine.txt", "manifest.json"]
    told = {item["id"]: item for item in files}
    assert {key: item["outcome"] for key, item in told.items()} == {
        "breaks-off": "failed",
        "resets": "failed",
        "no-length-breaks-off": "failed",
        "fine": "complete",
    }
    assert "broke off after" in told["breaks-off"]["reason"]
    assert told["breaks-off"]["sha256"] is None
    assert places().taken == 0


def test_files_that_cannot_be_opened(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add("kinds/attachments/png/download", "status", status=403)
    sandbox.faults.add("kinds/attachments/gif/download", "reset", count=9)
    archive, files = fetch(viewer_client.get(path(sandbox, "kinds")))
    told = {item["id"]: item for item in files}
    assert told["png"]["outcome"] == told["gif"]["outcome"] == "failed"
    assert "may not see this" in told["png"]["reason"]
    assert len(archive.namelist()) == 11
    assert archive.read("empty.txt") == b""


def test_an_id_that_cannot_be_opened(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    listed = {"attachments": [{"id": "..", "name": "up.txt"}, {"name": "no id"}, {"id": "only"}]}
    sandbox.faults.add("/one/attachments", "json", body=json.dumps(listed))
    archive, files = fetch(viewer_client.get(path(sandbox, "one")))
    assert [item["outcome"] for item in files] == ["failed", "failed", "complete"]
    assert len(archive.namelist()) == 2


def test_when_codat_asks_to_wait_no_more_is_asked(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add("/download", "status", status=429, seconds=600, count=-1)
    archive, files = fetch(viewer_client.get(path(sandbox, "thirty")))
    assert archive.namelist() == ["manifest.json"]
    assert [item["outcome"] for item in files] == ["failed"] + ["not tried"] * 29
    assert len([call for call in sandbox.calls if call.path.endswith("/download")]) == 1


@pytest.mark.parametrize("customer_id", ["none", "null"])
def test_nothing_attached(sandbox: Sandbox, viewer_client: RawPathClient, customer_id: str) -> None:
    archive, files = fetch(viewer_client.get(path(sandbox, customer_id)))
    assert (archive.namelist(), files) == (["manifest.json"], [])


def test_head_costs_nothing_and_no_place(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.head(path(sandbox, "thirty"))
    assert answer.status_code == 200
    assert not [call for call in sandbox.calls if "/attachments" in call.path]
    assert places().taken == 0


def test_states(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    anonymous_client: RawPathClient,
    outsider_client: RawPathClient,
) -> None:
    assert viewer_client.get(path(sandbox, "1", "deauthorized")).status_code == 409
    assert viewer_client.get(path(sandbox, "nobody")).status_code == 404
    sandbox.faults.add("/attachments", "status", status=429, seconds=60)
    assert viewer_client.get(path(sandbox, "thirty"))["Retry-After"] == "60"
    assert viewer_client.post(path(sandbox, "thirty")).status_code == 405
    assert anonymous_client.get(path(sandbox, "thirty")).status_code == 302
    assert outsider_client.get(path(sandbox, "thirty")).status_code == 403
    assert places().taken == 0


def test_a_reader_that_stops_ends_it(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.get(path(sandbox, "large"))
    pieces = iter(answer)
    assert len(next(pieces)) > 0
    assert places().taken == 1
    answer.close()
    assert places().taken == 0
    assert len([call for call in sandbox.calls if call.path.endswith("/download")]) <= 1


def test_memory_stays_flat(sandbox: Sandbox) -> None:
    """300 MiB pass through; no piece is large and nothing is kept."""
    company, connection = sandbox.company("files"), sandbox.connection("files")
    service = default_service()
    archive = Archive(
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
        answer = site.request(path(sandbox, "broken"))
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
        assert archive.testzip() is None
        assert archive.namelist() == ["fine.txt", "manifest.json"]
        # The only place is free again.
        assert len(site.request(path(sandbox, "thirty")).read()) > 30_000
