"""Exports under gunicorn, over real sockets: they break off visibly, and the journal says so."""

from __future__ import annotations

import http.client
import io
import re
import socket
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User

from customers.models import Export
from sandbox import Sandbox
from tests.support.pages.controls import Controls
from tests.support.pages.exports import page_url
from tests.support.patience import wait_for
from tests.support.servers.deployed import Deployed, deployed

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def site(
    sandbox: Sandbox, transactional_db: None, viewer: User, tmp_path: Path
) -> Iterator[Deployed]:
    # Longer than the first page of 5,000 customers takes the sandbox on a busy machine.
    limits = {"CODAT_MAX_DOWNLOADS": "2", "CODAT_READ_TIMEOUT": "20"}
    with deployed(viewer, tmp_path / "log", **limits) as server:
        yield server


def posted(site: Deployed, sandbox: Sandbox, file_format: str) -> tuple[str, str]:
    """The body that the page of a company of 5,000 customers posts, and the cookies that go with it."""
    response = site.request(page_url(sandbox, "big"))
    text = response.read().decode()
    assert response.status == 200, text
    cookies = site.cookie
    for header in response.headers.get_all("Set-Cookie") or []:
        cookies += "; " + header.partition(";")[0]
    return urlencode(Controls(text).fields | {"format": file_format}), cookies


def press(site: Deployed, sandbox: Sandbox, file_format: str) -> http.client.HTTPResponse:
    """Press the button; the response, whose body has not been read yet."""
    body, cookies = posted(site, sandbox, file_format)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    headers = {"Cookie": cookies, "Content-Type": FORM}
    connection.request("POST", page_url(sandbox, "big"), body, headers)
    return connection.getresponse()


def raw(site: Deployed, sandbox: Sandbox, file_format: str, version: str) -> socket.socket:
    """A connection that has pressed the button and has read nothing."""
    body, cookies = posted(site, sandbox, file_format)
    connection = socket.create_connection(("127.0.0.1", site.port), timeout=60)
    head = (
        f"POST {page_url(sandbox, 'big')} HTTP/{version}", "Host: 127.0.0.1",
        f"Cookie: {cookies}", f"Content-Type: {FORM}", f"Content-Length: {len(body)}", "", body,
    )  # fmt: skip
    connection.sendall("\r\n".join(head).encode())
    return connection


def read_all(connection: socket.socket) -> None:
    """Read to the end."""
    while connection.recv(65536):
        pass


def ended(state: str) -> Export:
    """The one export, once it is in a state."""
    wait_for(lambda: Export.objects.filter(state=state).exists())
    return Export.objects.get()


def test_a_whole_file(sandbox: Sandbox, site: Deployed) -> None:
    response = press(site, sandbox, "csv")
    assert response.status == 200
    with zipfile.ZipFile(io.BytesIO(response.read())) as archive:
        assert archive.testzip() is None
        lines = archive.read("Customers.csv").count(b"\r\n")
    row = ended("complete")
    assert row.written == row.promised == lines - 1 > 4000


def test_the_first_bytes_come_with_the_first_page(sandbox: Sandbox, site: Deployed) -> None:
    sandbox.faults.add(r"page=2&", "hang", count=-1, seconds=60)
    with closing(raw(site, sandbox, "csv", "1.1")) as connection:
        received = b""
        while b"Customers.csv" not in received:
            piece = connection.recv(65536)
            assert piece
            received += piece
        row = Export.objects.get()
        assert row.state == "running"


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "reset_middle"}])
def test_codat_fails_at_the_second_page(
    sandbox: Sandbox, site: Deployed, fault: dict[str, object]
) -> None:
    sandbox.faults.add(r"page=2&", count=-1, **fault)  # type: ignore[arg-type]
    response = press(site, sandbox, "csv")
    assert response.status == 200
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()
    row = ended("interrupted")
    assert row.written == 1000
    assert "Codat" in row.message
    # For an HTTP/1.0 client, such as nginx towards its upstream, a normal end is the end of the file.
    connection = raw(site, sandbox, "csv", "1.0")
    with closing(connection), pytest.raises(ConnectionResetError):
        read_all(connection)


def test_a_workbook_is_not_sent_where_codat_fails(sandbox: Sandbox, site: Deployed) -> None:
    sandbox.faults.add(r"page=3&", "status", status=500, count=-1)
    response = press(site, sandbox, "xlsx")
    text = response.read().decode()
    assert response.status in (502, 503)
    assert "Nothing was exported." in text
    assert re.search(r"<h1>Export [45],\d{3} customers", text)
    row = ended("interrupted")
    assert row.written == 2000


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_browser_goes_away(sandbox: Sandbox, site: Deployed, file_format: str) -> None:
    sandbox.faults.add(r"page=2&", "hang", count=-1, seconds=60)
    with closing(raw(site, sandbox, file_format, "1.1")) as connection:
        if file_format == "csv":
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        wait_for(lambda: any(call.query.get("page") == "2" for call in sandbox.calls))
    row = ended("interrupted")
    assert row.message == "The browser ended the download before the file was whole."
    # It has released its slot: two more can run.
    sandbox.faults.clear()
    assert press(site, sandbox, "csv").read()
    assert press(site, sandbox, "csv").read()


def test_pages_may_take_longer_than_a_page_of_the_dashboard(
    sandbox: Sandbox, transactional_db: None, viewer: User, tmp_path: Path
) -> None:
    """The deadline of a page is for its first customers; a workbook takes as long as it has pages."""
    with deployed(
        viewer, tmp_path / "log", CODAT_PAGE_DEADLINE="10", CODAT_READ_TIMEOUT="20"
    ) as site:
        sandbox.faults.add(r"page=[2-5]&", "delay", count=-1, seconds=3)
        response = press(site, sandbox, "xlsx")
        assert response.status == 200
        assert response.read().startswith(b"PK")
        assert ended("complete").written > 4000
