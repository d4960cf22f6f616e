"""The page on which a spreadsheet is uploaded: what it takes, what it refuses, and that nothing is stored in part."""

from __future__ import annotations

import hashlib
import io
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.models import Import, ImportFile, ImportStep
from customers.spreadsheets.files.limits import MAX_FILE_BYTES
from customers.spreadsheets.importing import uploading
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import Controls
from tests.support.patience import wait_for

pytestmark = pytest.mark.django_db

CSV = b"Firm,E-mail\nFern Kitchens,office@fern.example\n"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    """The ID of a company."""
    return sandbox.company("qbo")


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def opened(client: Client, company: str) -> dict[str, str]:
    """What the form would post."""
    answer = client.get(links.new_import(company))
    assert answer.status_code == 200
    found = Controls(text_of(answer)).fields
    found.pop("file")
    return found | {"cells": ""}


def upload(client: Client, company: str, content: bytes = CSV, **more: Any) -> Any:
    file = SimpleUploadedFile("spring-customers.csv", content)
    headers = more.pop("headers", {})
    fields = opened(client, company) | {"file": file} | more
    return client.post(links.new_import(company), fields, headers=headers)


def content_of(source: Import) -> bytes:
    return b"".join(bytes(piece.content) for piece in ImportFile.objects.filter(source=source))


def test_a_file_becomes_an_import(
    company: str, editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    answer = upload(editor_client, company)
    source = Import.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == links.import_page(company, source.pk)
    assert content_of(source) == CSV
    assert (source.state, source.user, source.file_name, source.size) == (
        "reading", editor, "spring-customers.csv", len(CSV),
    )  # fmt: skip
    assert source.digest == hashlib.sha256(CSV).hexdigest()
    assert source.connection_id == sandbox.connection("qbo")
    step = ImportStep.objects.get()
    assert (step.action, step.username) == ("upload", "editor")


def test_htmx_is_led_to_the_import(company: str, editor_client: RawPathClient) -> None:
    answer = upload(editor_client, company, headers=HTMX)
    assert answer["HX-Redirect"] == links.import_page(company, Import.objects.get().pk)


def test_pasted_cells_become_an_import(company: str, editor_client: RawPathClient) -> None:
    cells = "Firm\tE-mail\r\nAlder & Finch\tcafé@alder.example"
    answer = upload(editor_client, company, file="", cells=cells)
    source = Import.objects.get()
    assert answer.status_code == 303
    assert source.file_name == uploading.PASTED
    assert content_of(source).decode() == cells


def test_one_page_makes_one_import(company: str, editor_client: RawPathClient) -> None:
    page = opened(editor_client, company)
    answers = [upload(editor_client, company, submission=page["submission"]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Import.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "status", "sentence"),
    [
        ({"file": ""}, 422, "Choose a file, or paste cells."),
        ({"file": "", "cells": " \r\n"}, 422, "Choose a file, or paste cells."),
        ({"cells": "a\tb"}, 422, "Choose a file or paste cells, not both."),
        ({"content": b""}, 422, "The file is empty."),
        ({"content": b"a" * (MAX_FILE_BYTES + 1)}, 413, "The file is too large"),
    ],
    ids=["nothing", "blanks", "both", "empty", "too-large"],
)
def test_what_cannot_be_stored_is_said(
    more: dict[str, Any], status: int, sentence: str, company: str, editor_client: RawPathClient
) -> None:
    answer = upload(editor_client, company, **more)
    assert answer.status_code == status
    assert sentence in text_of(answer)
    if "cells" in more:
        assert more["cells"].strip() in text_of(answer)
    fragment = upload(editor_client, company, headers=HTMX, **more)
    assert fragment.status_code == status
    assert text_of(fragment).lstrip().startswith('<form id="form"')
    assert not Import.objects.exists()
    assert not ImportFile.objects.exists()


def test_two_files_are_refused(company: str, editor_client: RawPathClient) -> None:
    files = [SimpleUploadedFile(name, CSV) for name in ("a.csv", "b.csv")]
    answer = upload(editor_client, company, file=files)
    assert answer.status_code == 422
    assert "Choose one file." in text_of(answer)
    assert not Import.objects.exists()


def test_a_body_far_beyond_the_limit_is_not_read(
    company: str, editor_client: RawPathClient
) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("it was read")

    answer = editor_client.generic(
        "POST",
        links.new_import(company),
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(MAX_FILE_BYTES * 5),
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 413
    assert "The file is too large" in text_of(answer)


def test_the_token_is_checked(company: str, editor: User) -> None:
    client = RawPathClient(enforce_csrf_checks=True)
    client.force_login(editor)
    assert upload(client, company).status_code == 303
    assert upload(client, company, csrfmiddlewaretoken="x" * 32).status_code == 403
    assert Import.objects.count() == 1


def test_nobody_else_can_upload(
    company: str, viewer_client: RawPathClient, anonymous_client: RawPathClient
) -> None:
    file = SimpleUploadedFile("a.csv", CSV)
    url = links.new_import(company)
    assert viewer_client.post(url, {"file": file}).status_code == 403
    file.seek(0)
    answer = anonymous_client.post(url, {"file": file})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("deauthorized", "is deauthorised"),
        ("no_accounting", "No accounting software is connected"),
        ("read_only", "can only be read"),
    ],
)
def test_a_company_that_cannot_be_written_to(
    key: str, sentence: str, sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    editor_client.get(links.new(sandbox.company(key)))
    url = links.new_import(sandbox.company(key))
    assert sentence in text_of(editor_client.get(url))
    answer = editor_client.post(url, {"file": SimpleUploadedFile("a.csv", CSV)})
    assert answer.status_code == 409
    assert sentence in text_of(answer)
    assert not Import.objects.exists()


def test_an_upload_goes_on_while_codat_is_away(
    company: str, sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    page = opened(editor_client, company)
    sandbox.faults.add(".", "status", status=503, count=-1)
    file = SimpleUploadedFile("spring-customers.csv", CSV)
    answer = editor_client.post(links.new_import(company), page | {"file": file})
    assert answer.status_code == 303
    assert Import.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_file_that_does_not_arrive_whole_is_not_stored(
    live: str, company: str, editor_client: RawPathClient
) -> None:
    """A browser that is closed, or a connection that breaks, in the middle of the file."""
    session, token = editor_client.cookies["sessionid"].value, "a" * 32
    body = (
        f'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    ).encode() + CSV * 50
    host = urlsplit(live).netloc
    head = (
        f"POST {links.new_import(company)} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        f"Cookie: sessionid={session}; csrftoken={token}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body) + 9}\r\n\r\n"
    )
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port)), timeout=20) as peer:
        peer.sendall(head.encode() + body)
        peer.shutdown(socket.SHUT_WR)
        answer = b""
        while part := peer.recv(65536):
            answer += part
    assert re.match(rb"HTTP/1.[01] 422 ", answer), answer[:300]
    assert b"did not arrive whole" in answer
    assert not Import.objects.exists()
    wait_for(lambda: not ImportFile.objects.exists())
