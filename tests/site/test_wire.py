"""What a peer may send to gunicorn, over a raw socket: chunked bodies, and headers that only a proxy may set."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlencode

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory
from pytest_django import Settings

from codatdash.wsgi import application
from customers.models import Draft, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import Controls
from tests.support.servers.deployed import Deployed, deployed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(sandbox: Sandbox, editor: User, tmp_path: Path) -> Iterator[Deployed]:
    with deployed(editor, tmp_path / "log") as site:
        yield site


def exchange(site: Deployed, head: list[str], body: bytes = b"") -> tuple[int, str, str]:
    """Send a request as it is; status, headers and body of the response."""
    lines = [head[0], "Host: 127.0.0.1", "Connection: close", *head[1:], "", ""]
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
        connection.sendall("\r\n".join(lines).encode() + body)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    response, _, content = received.partition(b"\r\n\r\n")
    return int(response.split()[1]), response.decode("latin-1"), content.decode()


def chunked(data: bytes, size: int = 1000) -> bytes:
    """A body in chunks."""
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def post(
    site: Deployed, path: str, fields: dict[str, str], cookie: str, *more: str
) -> tuple[int, str, str]:
    """Post a form in chunks, without a length."""
    head = [
        f"POST {path} HTTP/1.1",
        f"Cookie: {cookie}",
        "Content-Type: application/x-www-form-urlencoded",
        "Transfer-Encoding: chunked",
        f"X-CSRFToken: {cookie.partition('csrftoken=')[2]}",
        *more,
    ]
    return exchange(site, head, chunked(urlencode(fields).encode()))


def form(site: Deployed, path: str) -> tuple[dict[str, str], str]:
    """The fields of a page's form, and the cookies that its post needs."""
    _, head, page = exchange(site, [f"GET {path} HTTP/1.1", f"Cookie: {site.cookie}"])
    token = re.search(r"Set-Cookie: (csrftoken=[^;]+)", head)
    assert token
    return Controls(page).fields, f"{site.cookie}; {token[1]}"


def test_signing_in_with_a_chunked_body(site: Deployed, editor: User, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    editor.set_password("editor-password")
    editor.save()
    _, head, page = exchange(site, ["GET /accounts/login/ HTTP/1.1"])
    token = re.search(r"Set-Cookie: (csrftoken=[^;]+)", head)
    assert token
    fields = Controls(page).fields | {"username": "editor", "password": "editor-password"}
    status, head, page = post(site, "/accounts/login/", fields, token[1])
    assert status == 302
    assert "Set-Cookie: sessionid=" in head


def test_saving_with_a_chunked_body(site: Deployed, sandbox: Sandbox) -> None:
    path = links.new(sandbox.company("xero"))
    fields, cookie = form(site, path)
    fields |= {"f.customerName": "In chunks " * 20, "f.status": "Active", "action": "save"}
    status, head, page = post(site, path, fields, cookie)
    assert status == 303, page
    assert "/writes/" in head
    assert "In chunks" in Write.objects.get().payload


def test_a_draft_with_a_chunked_body(site: Deployed, sandbox: Sandbox) -> None:
    path = links.new(sandbox.company("xero"))
    fields, cookie = form(site, path)
    fields |= {"f.customerName": "A draft in chunks"}
    status, _, page = post(site, f"{path}draft/", fields, cookie, "HX-Request: true")
    assert status == 204, page
    assert "A draft in chunks" in unquote_plus(Draft.objects.get().body)


def test_a_chunked_body_that_is_too_large_is_refused(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    """At the WSGI interface: gunicorn here runs with DEBUG, whose error pages are Django's own."""
    body = BytesIO(b"f.customerName=" + b"x" * 6 * 1024 * 1024)
    request = RequestFactory().post(links.new(sandbox.company("xero")))
    environ = request.environ | {
        "CONTENT_LENGTH": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "HTTP_COOKIE": f"sessionid={editor_client.session.session_key}",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": body,
        "wsgi.input_terminated": True,
    }
    statuses: list[str] = []

    def start_response(status: str, *_: Any) -> Callable[[bytes], object]:
        statuses.append(status)
        return lambda data: data

    page = b"".join(application(environ, start_response))
    # "Request Entity Too Large", and from Python 3.13 on "Content Too Large".
    assert statuses == [f"413 {HTTPStatus(413).phrase}"]
    assert b"too large" in page
    # What is beyond the limit is not even read.
    assert body.tell() < 6 * 1024 * 1024


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "SCRIPT-NAME", "Script-Name", "PATH_INFO"])
def test_a_peer_does_not_move_the_site(site: Deployed, name: str) -> None:
    """Links and redirects would lead where the peer says."""
    head = ["GET /companies/ HTTP/1.1", f"{name}: /companies"]
    status, response, _ = exchange(site, head)
    assert status == 302
    assert "\r\nLocation: /accounts/login/?next=/companies/\r\n" in response
