"""`kill -9` of the dashboard during an upload, of the worker while it reads and checks: nothing is lost or twice."""

from __future__ import annotations

import signal
import socket
import uuid

import pytest
from django.contrib.auth.models import User

from customers.models import Import, ImportFile, ImportRow, ImportStep
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support import processes
from tests.support.import_rows import SMALL_FILE
from tests.support.imports import alive, csv_of, matched, states_of, uploaded, work
from tests.support.journal import COMPANY

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 30
State = Import.State


def killed_at(step: str, *arguments: str) -> None:
    """Work on an import in a process that kills itself at a step."""
    process = processes.start("-m", "tests.support.killed_import", step, *arguments)
    output, _ = process.communicate(timeout=processes.START_TIMEOUT)
    assert process.returncode == -signal.SIGKILL, output


def body_of(submission: uuid.UUID) -> tuple[bytes, str]:
    """The body of an upload, as a browser sends it, and its type."""
    parts = (
        f'--x\r\nContent-Disposition: form-data; name="submission"\r\n\r\n{submission}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="killed.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    )
    return parts.encode() + SMALL_FILE + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


class Uploader:
    """An editor's browser that uploads a file over a real socket."""

    def __init__(self, port: int, session: str, company: str) -> None:
        self.port = port
        self.head = (
            f"POST {links.new_import(company)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
            f"Cookie: sessionid={session}; csrftoken={'c' * 32}\r\nX-CSRFToken: {'c' * 32}\r\n"
        )

    def begin(self, body: bytes, kind: str, part: int) -> socket.socket:
        """Send the head and a part of the body."""
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=processes.START_TIMEOUT)
        head = f"{self.head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        peer.sendall(head.encode() + body[:part])
        return peer

    def upload(self, body: bytes, kind: str) -> str:
        """Send all of it; the first line of the response and the address that it leads to."""
        with self.begin(body, kind, len(body)) as peer:
            answer = b""
            while part := peer.recv(65536):
                answer += part
        lines = answer.decode().split("\r\n")
        address = [line for line in lines if line.lower().startswith("location:")]
        return f"{lines[0].partition(' ')[2][:3]} {address[0].partition(' ')[2] if address else ''}"


def test_a_dashboard_that_is_killed_during_an_upload_stores_nothing_and_then_once(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    session, company = editor_client.cookies["sessionid"].value, sandbox.company(COMPANY)
    submission = uuid.uuid4()
    body, kind = body_of(submission)
    with (
        processes.gunicorn() as (server, port),
        Uploader(port, session, company).begin(body, kind, len(body) // 2),
    ):
        # Half of the file has arrived.
        processes.kill(server)
    # Half of it was in the database.
    killed_at("storing", "editor", company, str(submission))
    for model in (Import, ImportFile, ImportStep):
        assert not model._default_manager.exists()

    with processes.gunicorn() as (_, port):
        browser = Uploader(port, session, company)
        answers = {browser.upload(body, kind) for _ in range(2)}  # A reload of the post.
        assert answers == {f"303 {links.import_page(company, submission)}"}
    source = Import.objects.get()
    assert b"".join(bytes(each.content) for each in ImportFile.objects.all()) == SMALL_FILE
    assert source.steps.count() == 1


@pytest.fixture
def source(sandbox: Sandbox, editor: User) -> Import:
    """A file whose rows are half those of customers, half new, and waits to be read."""
    known = [
        [one["id"], one["customerName"], f"+44 20 7946 {n:04}"]
        for n, one in enumerate(alive(sandbox)[: ROWS // 2])
    ]
    new = [["", f"Nursery {number}", ""] for number in range(ROWS // 2)]
    return uploaded(sandbox, editor, csv_of(["Customer ID", "Name", "Phone"], *known, *new))


@pytest.mark.parametrize("step", ["reading", "read"])
def test_a_worker_that_is_killed_while_it_reads(step: str, source: Import) -> None:
    killed_at(step, str(source.pk))
    source.refresh_from_db()
    assert source.state == State.READING
    work(source)
    assert (source.state, source.total) == (State.COLUMNS, ROWS)
    positions = ImportRow.objects.filter(source=source).values_list("position", flat=True)
    assert list(positions) == list(range(2, ROWS + 2))


@pytest.mark.parametrize("step", ["checking", "checked"])
def test_a_worker_that_is_killed_while_it_checks(step: str, source: Import, editor: User) -> None:
    work(source)
    matched(source, editor)
    killed_at(step, str(source.pk))
    source.refresh_from_db()
    assert source.state == State.CHECKING
    done, version = source.done, source.version
    assert done >= ROWS // 2
    # The next one dies earlier; what the page shows does not go back.
    killed_at("beginning", str(source.pk))
    source.refresh_from_db()
    assert source.done == done
    work(source)
    assert (source.state, source.version, source.done) == (State.CHECKED, version, ROWS)
    assert states_of(source) == {"changed": ROWS // 2, "new": ROWS // 2}
