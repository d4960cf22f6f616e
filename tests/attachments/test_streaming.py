"""Files passed through under gunicorn, over real sockets: whole, broken, given up, capped."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

from customers.attachments import streaming
from customers.codat.client import Client, deadline
from customers.codat.errors import TimedOut
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.deployed import Deployed, deployed
from tests.support.raw_server import RawServer, drip, head, ok

MIB = 1024 * 1024


def download(sandbox: Sandbox, customer_id: str, attachment_id: str) -> str:
    company = sandbox.company("files")
    file = quote(attachment_id, safe="")
    return f"/companies/{company}/customers/{customer_id}/attachments/{file}/download/"


def until(said: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not said():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def drain(door: socket.socket, mark: bytes | None = None) -> None:
    """Read to the end, or to these bytes."""
    while (piece := door.recv(MIB)) and (mark is None or mark not in piece):
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


def test_whole_files_come_whole(sandbox: Sandbox, site: Deployed) -> None:
    answer = site.request(download(sandbox, "large", "10mb"))
    assert answer.getheader("Content-Length") == str(10 * MIB)
    assert len(answer.read()) == 10 * MIB
    answer = site.request(download(sandbox, "large", "no-length"))
    assert answer.getheader("Content-Length") is None
    assert len(answer.read()) == 3 * MIB


def test_a_file_that_breaks_off_breaks_at_the_browser_too(sandbox: Sandbox, site: Deployed) -> None:
    for attachment_id in ("breaks-off", "resets", "no-length-breaks-off"):
        answer = site.request(download(sandbox, "broken", attachment_id))
        assert answer.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
    # To HTTP/1.0, which nginx speaks to what is behind it, a polite end would be the end of the file.
    with closing(site.socket(download(sandbox, "broken", "no-length-breaks-off"), "1.0")) as door:
        assert b" 200 OK\r\n" in door.recv(64)
        with pytest.raises(ConnectionResetError):
            drain(door)
    # None of them kept its place.
    whole = site.request(download(sandbox, "broken", "fine"))
    assert whole.read() == b"".join(map(bytes, sandbox.file("files", "broken", "fine").pieces()))


def test_a_browser_that_goes_away_ends_the_transfer_upstream(
    sandbox: Sandbox, site: Deployed
) -> None:
    with closing(site.socket(download(sandbox, "large", "300mb"))) as door:
        assert door.recv(100_000)
    assert until(
        lambda: any(
            call.path.endswith("/download") and call.finished is not None for call in sandbox.calls
        )
    )
    (call,) = [call for call in sandbox.calls if call.path.endswith("/download")]
    assert call.sent < 100 * MIB


def test_as_many_as_there_are_places(sandbox: Sandbox, site: Deployed) -> None:
    large = download(sandbox, "large", "300mb")
    # Whatever ends badly gives its place back.
    for _ in range(3):
        assert site.request(download(sandbox, "one", "nope")).status == 404
        assert site.request(large, "HEAD").status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            site.request(download(sandbox, "broken", "resets")).read()
        site.socket(large).close()
    with closing(_held(site, large)) as first, closing(_held(site, large)) as second:
        refused = site.request(large)
        assert (refused.status, refused.getheader("Retry-After")) == (503, "10")
        page = refused.read().decode()
        assert "As many files are on their way" in page
        assert refused.getheader("Content-Disposition") is None
        # Pages have threads left, a description costs no place, and the others go on.
        started = time.monotonic()
        assert site.request(large, "HEAD").status == 200
        assert site.request("/companies/").status == 200
        assert time.monotonic() - started < 5
        assert len(second.recv(65536)) > 1000
        first.close()
        _held(site, large).close()


def _held(site: Deployed, path: str) -> socket.socket:
    """A download that has begun; places of those that were left are free in a moment."""
    end = time.monotonic() + 10
    while True:
        door = site.socket(path)
        if b" 200 OK" in door.recv(64):
            return door
        door.close()
        assert time.monotonic() < end, "no place becomes free"
        time.sleep(0.02)


class Holding(ThreadingHTTPServer):
    """Passes everything on to the sandbox, but stops in the middle of each download and waits for its end."""

    daemon_threads = True

    def __init__(self, sandbox: Sandbox, first: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Held)
        self.sandbox, self.first = sandbox, first
        self.held = threading.Event()
        self.ended = threading.Event()


class _Held(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Holding

    def do_GET(self) -> None:
        if self.path.endswith("/download"):
            self.connection.sendall(self.server.first)
            self.server.held.set()
            self.connection.recv(1)
            self.server.ended.set()
            self.close_connection = True
            return
        door = http.client.HTTPConnection("127.0.0.1", self.server.sandbox.port)
        door.request("GET", self.path, headers={"Authorization": self.headers["Authorization"]})
        body = door.getresponse().read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def holding(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Holding]:
    server = Holding(sandbox, request.param)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun"


@pytest.mark.parametrize("holding", [b"", BEGUN], indirect=True, ids=["no-answer", "in-the-middle"])
def test_nobody_waits_for_a_hung_upstream_when_the_browser_is_gone(
    sandbox: Sandbox,
    holding: Holding,
    transactional_db: None,
    viewer: User,
    tmp_path: Path,
) -> None:
    with deployed(
        viewer,
        tmp_path / "log",
        CODAT_BASE_URL=f"http://127.0.0.1:{holding.server_port}",
        CODAT_READ_TIMEOUT="20",
    ) as site:
        door = site.socket(download(sandbox, "one", "only"))
        assert holding.held.wait(10)
        if holding.first:
            drain(door, b"begun")
        assert not holding.ended.wait(0.3)
        door.close()
        assert holding.ended.wait(3)


@pytest.mark.parametrize("holding", [BEGUN], indirect=True)
def test_a_hung_upstream_is_given_up(
    sandbox: Sandbox,
    holding: Holding,
    transactional_db: None,
    viewer: User,
    tmp_path: Path,
) -> None:
    upstream = f"http://127.0.0.1:{holding.server_port}"
    with deployed(
        viewer, tmp_path / "log", CODAT_BASE_URL=upstream, CODAT_READ_TIMEOUT="1"
    ) as site:
        answer = site.request(download(sandbox, "one", "only"))
        started = time.monotonic()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        assert time.monotonic() - started < 5
        assert holding.ended.wait(3)


def test_a_browser_that_takes_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch, rf: RequestFactory
) -> None:
    """As gunicorn does it: piece by piece onto the socket that the transfer was told of."""

    class Endless:
        def __next__(self) -> bytes:
            return bytes(MIB)

        def close(self) -> None:
            pass

    monkeypatch.setattr(streaming, "STALLED", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        browser = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    with browser, ours:
        before = streaming.places().taken
        request = rf.get("/")
        request.META["gunicorn.socket"] = ours
        with closing(streaming.Transfer(request, "test", Endless)) as transfer:
            started = time.monotonic()
            with pytest.raises(BlockingIOError):
                ours.sendall(next(transfer) * 64)  # more than the two sockets hold
            assert 0.9 < time.monotonic() - started < 10
        assert streaming.places().taken == before


def test_the_server_s_own_log_lines_are_whole(
    sandbox: Sandbox, transactional_db: None, viewer: User, tmp_path: Path
) -> None:
    """gunicorn's format wants what our log's own lines leave out."""
    log = tmp_path / "log"
    with (
        deployed(viewer, log) as site,
        socket.create_connection(("127.0.0.1", site.port), timeout=20) as door,
    ):
        door.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n")
        assert b" 400 " in door.recv(4096)
    told = log.read_text()
    assert "Invalid" in told
    assert "Logging error" not in told
    assert "Traceback" not in told


# --- The first bytes ---------------------------------------------------------------------------


def test_the_first_bytes_are_looked_at_and_handed_on() -> None:
    body = bytes(range(256)) * 4000
    for size in (1, 1000, len(body) - 1, len(body), len(body) + 1):
        with RawServer(ok(body)) as server:
            file = Client(server.url, "Basic a2V5", 2).stream("/file")
            first = file.peek(size)
            assert len(first) >= min(size, len(body))
            assert body.startswith(first)
            assert b"".join(file) == body
            file.close()


def test_looking_keeps_the_deadline_and_leaves_nothing_behind() -> None:
    with RawServer(drip(head("Content-Length: 900"), b"a" * 900)) as server, deadline(0.3):
        file = Client(server.url, "Basic a2V5", 2).stream("/file")
        started = time.monotonic()
        with pytest.raises(TimedOut):
            file.peek(900)
        assert time.monotonic() - started < 2
        assert list(file) == []


# --- Parts of a file ---------------------------------------------------------------------------


@pytest.fixture
def ranged(sandbox: Sandbox) -> Sandbox:
    sandbox.settings.ranges = True
    return sandbox


def whole(sandbox: Sandbox) -> bytes:
    return b"".join(map(bytes, sandbox.file("files", "kinds", "pdf").pieces()))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, None),
        ("bytes=-7", -7, None),
        ("bytes=5-99999", 5, None),
    ],
)
def test_a_part_comes_where_upstream_gives_it(
    ranged: Sandbox, viewer_client: RawPathClient, asked: str, start: int, end: int | None
) -> None:
    file = whole(ranged)
    answer = viewer_client.get(download(ranged, "kinds", "pdf"), headers={"Range": asked})
    part = file[start:end]
    at = start if start >= 0 else len(file) + start
    assert answer.status_code == 206
    assert b"".join(answer) == part
    assert answer["Content-Range"] == f"bytes {at}-{at + len(part) - 1}/{len(file)}"
    assert answer["Content-Length"] == str(len(part))
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Disposition"] == 'attachment; filename="contract.pdf"'


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=9-2", "lines=1-2", "bytes=", "bytes=a-b", "bytes=-"]
)
def test_what_is_no_single_range_is_not_asked_for(
    ranged: Sandbox, viewer_client: RawPathClient, asked: str
) -> None:
    answer = viewer_client.get(download(ranged, "kinds", "pdf"), headers={"Range": asked})
    assert answer.status_code == 200
    assert b"".join(answer) == whole(ranged)
    assert not [call for call in ranged.calls if "range" in call.headers]


def test_a_part_beyond_the_end(ranged: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.get(download(ranged, "kinds", "pdf"), headers={"Range": "bytes=99999-"})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(whole(ranged))}"


def test_the_whole_file_comes_where_upstream_knows_no_ranges(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    answer = viewer_client.get(download(sandbox, "kinds", "pdf"), headers={"Range": "bytes=5-9"})
    assert answer.status_code == 200
    assert b"".join(answer) == whole(sandbox)
    assert answer["Accept-Ranges"] == "none"
    assert "Content-Range" not in answer


def test_a_part_of_another_version_is_not_given(
    ranged: Sandbox, viewer_client: RawPathClient
) -> None:
    """The sandbox honours Range and knows neither ETag nor If-Range; so the part may be of another file."""
    answer = viewer_client.get(
        download(ranged, "kinds", "pdf"), headers={"Range": "bytes=5-9", "If-Range": '"old"'}
    )
    assert answer.status_code == 200
    assert b"".join(answer) == whole(ranged)


def test_a_part_that_is_another_than_asked_for(
    ranged: Sandbox, viewer_client: RawPathClient
) -> None:
    """A part nobody asked for, or with nothing to say which it is, is never passed off as the file."""
    ranged.faults.add("/download", "status", status=206, body="abc", count=1)
    answer = viewer_client.get(download(ranged, "kinds", "pdf"), headers={"Range": "bytes=5-9"})
    assert (answer.status_code, b"".join(answer)) == (200, whole(ranged))
    ranged.faults.add("/download", "status", status=206, body="abc", count=1)
    assert viewer_client.get(download(ranged, "kinds", "pdf")).status_code == 502


def test_only_a_few_headers_pass(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
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
    answer = viewer_client.get(download(sandbox, "kinds", "pdf"))
    assert b"".join(answer) == b"abc"
    assert answer["ETag"] == '"v1"'
    assert answer["Last-Modified"] == "Wed, 21 Oct 2015 07:28:00 GMT"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] != "x"
    assert "X-Powered-By" not in answer
    assert "a" not in answer.cookies
