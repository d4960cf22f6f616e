"""Downloads under gunicorn, over real sockets: complete, interrupted, disconnected, timed out."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

from customers.attachments import streaming
from sandbox import Sandbox
from sandbox import files as sandbox_files
from tests.support.pages.attachments import download_url, file_bytes
from tests.support.patience import PATIENCE, SOON, wait_for
from tests.support.servers.deployed import Deployed, deployed

MIB = 1024 * 1024


def read_all(connection: socket.socket, mark: bytes | None = None) -> None:
    """Read to the end, or to these bytes."""
    while (piece := connection.recv(MIB)) and (mark is None or mark not in piece):
        pass


@pytest.fixture
def site(
    sandbox: Sandbox,
    transactional_db: None,
    viewer: User,
    tmp_path: Path,
) -> Iterator[Deployed]:
    with deployed(viewer, tmp_path / "log", CODAT_MAX_DOWNLOADS="2") as server:
        yield server


def test_complete_file(sandbox: Sandbox, site: Deployed) -> None:
    response = site.request(download_url(sandbox, "large", "10mb"))
    assert response.getheader("Content-Length") == str(10 * MIB)
    assert len(response.read()) == 10 * MIB
    response = site.request(download_url(sandbox, "large", "no-length"))
    assert response.getheader("Content-Length") is None
    assert len(response.read()) == 3 * MIB


def test_interrupted_file_resets_the_connection(sandbox: Sandbox, site: Deployed) -> None:
    for attachment_id in ("breaks-off", "resets", "no-length-breaks-off"):
        response = site.request(download_url(sandbox, "broken", attachment_id))
        assert response.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            response.read()
    # For an HTTP/1.0 client, such as nginx towards its upstream, a normal end is the end of the file.
    with closing(
        site.socket(download_url(sandbox, "broken", "no-length-breaks-off"), "1.0")
    ) as connection:
        assert b" 200 OK\r\n" in connection.recv(64)
        with pytest.raises(ConnectionResetError):
            read_all(connection)
    # Each has released its slot.
    complete = site.request(download_url(sandbox, "broken", "fine"))
    assert complete.read() == file_bytes(sandbox, "broken", "fine")


def test_disconnect_ends_the_transfer_from_codat(sandbox: Sandbox, site: Deployed) -> None:
    with closing(site.socket(download_url(sandbox, "large", "300mb"))) as connection:
        assert connection.recv(100_000)
    wait_for(
        lambda: any(
            call.path.endswith("/download") and call.finished is not None for call in sandbox.calls
        )
    )
    (call,) = [call for call in sandbox.calls if call.path.endswith("/download")]
    assert call.sent < 100 * MIB


class HangingServer(ThreadingHTTPServer):
    """Forwards to the sandbox, but hangs in the middle of each download until its connection ends."""

    daemon_threads = True

    def __init__(self, sandbox: Sandbox, first: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sandbox, self.first = sandbox, first
        self.is_hanging = threading.Event()
        self.ended = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HangingServer

    def do_GET(self) -> None:
        if self.path.endswith("/download"):
            self.connection.sendall(self.server.first)
            self.server.is_hanging.set()
            self.connection.recv(1)
            self.server.ended.set()
            self.close_connection = True
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.sandbox.port)
        connection.request(
            "GET", self.path, headers={"Authorization": self.headers["Authorization"]}
        )
        body = connection.getresponse().read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def hanging(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[HangingServer]:
    server = HangingServer(sandbox, request.param)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


SIZE = sandbox_files.attachment("files", "one", "only").length  # type: ignore[union-attr]
PARTIAL = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nbegun" % SIZE
UNVERIFIED = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nbegun"


@pytest.mark.parametrize(
    "hanging", [b"", PARTIAL], indirect=True, ids=["no-response", "in-the-middle"]
)
def test_disconnect_while_codat_hangs(
    sandbox: Sandbox,
    hanging: HangingServer,
    transactional_db: None,
    viewer: User,
    tmp_path: Path,
) -> None:
    with deployed(
        viewer,
        tmp_path / "log",
        CODAT_BASE_URL=f"http://127.0.0.1:{hanging.server_port}",
        CODAT_READ_TIMEOUT="60",
    ) as site:
        connection = site.socket(download_url(sandbox, "one", "only"))
        assert hanging.is_hanging.wait(PATIENCE)
        if hanging.first:
            read_all(connection, b"begun")
        assert not hanging.ended.wait(0.3)
        connection.close()
        assert hanging.ended.wait(SOON)


@pytest.mark.parametrize("hanging", [PARTIAL], indirect=True)
def test_read_timeout_of_a_hanging_file(
    sandbox: Sandbox,
    hanging: HangingServer,
    transactional_db: None,
    viewer: User,
    tmp_path: Path,
) -> None:
    upstream = f"http://127.0.0.1:{hanging.server_port}"
    with deployed(
        viewer, tmp_path / "log", CODAT_BASE_URL=upstream, CODAT_READ_TIMEOUT="1"
    ) as site:
        response = site.request(download_url(sandbox, "one", "only"))
        started = time.monotonic()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            response.read()
        assert time.monotonic() - started < SOON
        assert hanging.ended.wait(SOON)


@pytest.mark.parametrize("hanging", [UNVERIFIED], indirect=True)
def test_read_timeout_of_a_file_that_is_being_verified(
    sandbox: Sandbox, hanging: HangingServer, transactional_db: None, viewer: User, tmp_path: Path
) -> None:
    """Nothing was passed on yet, so an error page can be."""
    upstream = f"http://127.0.0.1:{hanging.server_port}"
    with deployed(
        viewer, tmp_path / "log", CODAT_BASE_URL=upstream, CODAT_READ_TIMEOUT="1"
    ) as site:
        response = site.request(download_url(sandbox, "one", "only"))
        assert response.status == 504
        assert b"Codat" in response.read()


def test_send_timeout_of_a_browser_that_reads_nothing(
    monkeypatch: pytest.MonkeyPatch, rf: RequestFactory
) -> None:
    """Sent as gunicorn does: piece by piece to the socket that the transfer has."""

    class Endless:
        def __next__(self) -> bytes:
            return bytes(MIB)

        def close(self) -> None:
            pass

    monkeypatch.setattr(streaming, "SEND_TIMEOUT", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        browser = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    with browser, ours:
        before = streaming.download_slots().in_use
        request = rf.get("/")
        request.META["gunicorn.socket"] = ours
        with closing(streaming.Transfer(request, "test", Endless)) as transfer:
            started = time.monotonic()
            with pytest.raises(BlockingIOError):
                ours.sendall(next(transfer) * 64)  # more than the two sockets buffer
            assert 0.9 < time.monotonic() - started < SOON
        assert streaming.download_slots().in_use == before
