"""Download slots: limited per process, and released however a download ends."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.attachments.streaming import download_slots
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.attachments import attachment_url, disconnect, download_url
from tests.support.patience import PATIENCE, SOON
from tests.support.servers.deployed import Deployed, deployed

TOO_MANY = "too many downloads are running"


def test_slot_is_released_after_a_complete_download(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    response = viewer_client.get(download_url(sandbox, "kinds", "pdf"))
    assert download_slots().in_use == 1
    assert b"".join(response)
    assert download_slots().in_use == 0


def test_slot_is_released_after_a_disconnect(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    disconnect(viewer_client.get(download_url(sandbox, "large", "300mb")))
    assert download_slots().in_use == 0


def test_slot_is_released_after_an_error(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    viewer_client.head(download_url(sandbox, "kinds", "pdf"))
    viewer_client.get(download_url(sandbox, "kinds", "nope"))
    sandbox.faults.add("attachments/pdf$", "status", status=500, count=9)
    assert viewer_client.get(download_url(sandbox, "kinds", "pdf")).status_code == 502
    sandbox.faults.clear()
    interrupted = viewer_client.get(download_url(sandbox, "broken", "breaks-off"))
    with pytest.raises(Exception, match=r"IncompleteRead|broke"):
        b"".join(interrupted)
    assert download_slots().in_use == 0


def test_slot_of_a_response_that_is_never_closed(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    response: Any = viewer_client.get(download_url(sandbox, "large", "10mb"))
    assert download_slots().in_use == 1
    response.streaming_content = ()
    response._resource_closers.clear()
    del response
    assert download_slots().in_use == 0


def test_without_a_free_slot_codat_is_not_asked(
    sandbox: Sandbox, viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_slots(), "limit", 1)
    running = viewer_client.get(download_url(sandbox, "large", "300mb"))
    calls = len(sandbox.calls)
    for tail in ("download/", "preview/"):
        refused = viewer_client.get(attachment_url(sandbox, "large", "10mb", tail))
        assert (refused.status_code, refused["Retry-After"]) == (503, "10")
        assert TOO_MANY in refused.content.decode()
    assert len(sandbox.calls) == calls
    disconnect(running)
    assert download_slots().in_use == 0


def test_limit_under_gunicorn(
    sandbox: Sandbox, transactional_db: None, viewer: User, tmp_path: Path
) -> None:
    large = download_url(sandbox, "large", "300mb")
    with deployed(viewer, tmp_path / "log", CODAT_MAX_DOWNLOADS="2") as site:
        # Downloads that fail release their slots.
        for _ in range(3):
            assert site.request(download_url(sandbox, "one", "nope")).status == 404
            assert site.request(large, "HEAD").status == 200
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                site.request(download_url(sandbox, "broken", "resets")).read()
            site.socket(large).close()
        with closing(_started(site, large)) as first, closing(_started(site, large)) as second:
            refused = site.request(large)
            assert (refused.status, refused.getheader("Retry-After")) == (503, "10")
            assert TOO_MANY in refused.read().decode()
            assert refused.getheader("Content-Disposition") is None
            # Pages have threads left, HEAD needs no slot, and the running downloads continue.
            started = time.monotonic()
            assert site.request(large, "HEAD").status == 200
            assert site.request("/companies/").status == 200
            assert time.monotonic() - started < SOON
            assert len(second.recv(65536)) > 1000
            first.close()
            _started(site, large).close()


def _started(site: Deployed, path: str) -> socket.socket:
    """A download that has started, as soon as a slot is free."""
    end = time.monotonic() + PATIENCE
    while True:
        connection = site.socket(path)
        if b" 200 OK" in connection.recv(64):
            return connection
        connection.close()
        assert time.monotonic() < end, "no slot becomes free"
        time.sleep(0.02)
