"""Every page and every action with every fault: a matrix, printed at the end of the run.

In each cell: no 500 of the dashboard, no traceback, no secret, a response within the deadline, a sentence for what
happened, entered values kept, and for writes a true statement on whether something was sent.
"""

from __future__ import annotations

import io
import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from codatdash.logs import JsonFormatter
from customers.codat import client as codat_client
from customers.codat.errors import CodatError
from customers.models import Batch, Draft, WebhookEvent, Write
from customers.writes import sentences
from customers.writes.events import webhooks
from sandbox import Sandbox
from tests.conftest import RawPathClient, forget_codat
from tests.support.cases.bad_day import FAULTS, PROPERTY, Fault
from tests.support.cases.bad_day_actions import COMPANY, ROWS, TYPED, Browser
from tests.support.journal import sent, write_request
from tests.support.patience import SOON

# Seconds: the deadline of a page, and slack for a busy machine. A hang lasts 30 seconds, a drip for ever.
DEADLINE, SLACK = 0.5, SOON
# What an error page has to say, and what it has to offer.
STATEMENT = re.compile(
    r"Codat|The connection|Nothing was|It was never sent|nobody can know|does not fit",
    re.IGNORECASE,
)
ACTION = re.compile(r"<a |<button|Try again|Whoever|HX-|tell whoever", re.IGNORECASE)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All log output, in the format of production."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield output
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def limit_waiting(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[Fault], None]:
    """Shortens the time-outs for a fault that never ends.

    All other faults end with a response, and a busy machine needs the time to read it.
    """
    monkeypatch.setattr(codat_client, "BACKOFF", 0.01)
    # A 429 of the sandbox asks for two seconds. That the client waits so long is tested in tests/codat.
    monkeypatch.setattr(codat_client, "MAX_RETRY_AFTER", 0)

    def limit_waiting(fault: Fault) -> None:
        if not fault.is_endless:
            return
        settings.CODAT_PAGE_DEADLINE = DEADLINE
        client = codat_client.default_client()
        client.read_timeout = client.connect_timeout = 0.2
        client.total_timeout = DEADLINE

    return limit_waiting


@pytest.mark.django_db
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("row", ROWS)
def test_a_bad_day(
    sandbox: Sandbox,
    limit_waiting: Callable[[Fault], None],
    editor_client: RawPathClient,
    log: io.StringIO,
    record_property: Callable[[str, object], None],
    row: str,
    fault: Fault,
) -> None:
    prepare, match = ROWS[row]
    browser = Browser(sandbox, editor_client, next(iter(sandbox.state(COMPANY).copy)))
    number = list(ROWS).index(row)
    record_property(PROPERTY, (number, row, fault.name, "raised"))
    act = prepare(browser)
    limit_waiting(fault)
    writes_before, accepted_before = Write.objects.count(), accepted(sandbox)
    sandbox.clear_calls()
    editor_client.raise_request_exception = False

    with fault.active(sandbox, codat_client.default_client(), match):
        started = time.monotonic()
        answer = act()
        body, broke = contents(answer)
        took = time.monotonic() - started

    assert answer.status_code != 500, log.getvalue()[-3000:]
    assert took < DEADLINE + SLACK or not fault.is_endless
    check_text(sandbox, answer, body, log.getvalue())
    outcome = f"{answer.status_code}{' broken off' if broke else ''}"
    outcome += read_outcome(row, fault, answer, body)
    if row.startswith(("create", "update")):
        outcome += write_outcome(sandbox, fault, answer, body, writes_before, accepted_before)
    if row.startswith("new batch, made"):
        assert (answer.status_code == 303) == Batch.objects.exists()
    if row == "batch row, save" or row.startswith("new batch, made"):
        assert answer.status_code == 303 or "Quillfeather" in body
    if row.startswith("draft"):
        outcome += draft_outcome(answer)
    if not fault.sent:
        assert not sandbox.calls
    record_property(PROPERTY, (number, row, fault.name, outcome))


def check_text(sandbox: Sandbox, answer: Any, body: str, log: str) -> None:
    """No traceback, no secret, no typed value in the log; an error page explains and offers something."""
    assert "Traceback" not in body
    for text in (body, log, str(answer.headers)):
        assert "sandbox-key" not in text
        assert sandbox.auth_header.removeprefix("Basic ") not in text
    assert TYPED.split()[0] not in log
    if answer.status_code >= 400:
        assert STATEMENT.search(body), body
        assert ACTION.search(body), body
        # A missing customer is an expected response, not a case for Codat's support.
        is_gone = "This customer is no longer in Codat" in body
        logged = re.search('"correlation_id": "[^"]', log)
        assert "correlation" in body or not logged or is_gone


def read_outcome(row: str, fault: Fault, answer: Any, body: str) -> str:
    """Check that a page shows its age where its data is stale. Returns the end of the cell."""
    if answer.status_code != 200:
        return ""
    if row == "write":
        assert "The check failed" in body or fault.kind == "json", body
    if not row.endswith(", seen"):
        return ""
    is_stale = "This page is from" in body
    assert is_stale or fault.kind == "json"
    return ", last seen" if is_stale else ""


def draft_outcome(answer: Any) -> str:
    """Check that the response states truly whether the draft was stored. Returns the end of the cell."""
    is_stored = Draft.objects.filter(body__contains="Quillfeather").exists()
    assert is_stored == (answer.status_code == 204)
    return ", kept" if is_stored else ", in the form"


def contents(answer: Any) -> tuple[str, bool]:
    """The text of a response, and whether it broke off. A response with a Content-Length must not end early."""
    if not answer.streaming:
        return answer.content.decode(), False
    pieces, started = [], time.monotonic()
    try:
        for piece in answer.streaming_content:
            pieces.append(piece)
            if time.monotonic() - started > DEADLINE:
                # A file may take longer than a page, as long as data arrives: disconnect.
                return "", True
    except CodatError:
        return "", True
    finally:
        answer.close()
    whole = b"".join(pieces)
    if "Content-Length" in answer:
        assert len(whole) == int(answer["Content-Length"])
    return whole.decode("latin-1"), False


def accepted(sandbox: Sandbox) -> int:
    """How many writes Codat has accepted."""
    return len(sandbox.state(COMPANY).pushes)


def write_outcome(
    sandbox: Sandbox, fault: Fault, answer: Any, body: str, rows: int, taken_up: int
) -> str:
    """Check that journal and page state what happened to a save, and that no typed value is lost. Returns the cell."""
    tried = [call for call in sandbox.calls if call.method != "GET"]
    arrived = accepted(sandbox) - taken_up
    assert len(tried) <= 1
    write = Write.objects.order_by("-created_at").first() if Write.objects.count() > rows else None
    if write is None:
        assert not tried
        assert answer.status_code >= 400
        assert "Quillfeather" in body
        assert "othing was sent" in body
        return ", never sent"
    assert "Quillfeather" in write.payload
    said = f"{sentences.status(write).sentence} {write.error_message}"
    if "othing was sent" in said or "was not sent" in said:
        assert not tried
        assert not arrived
        assert write.state == Write.State.FAILED
        return ", never sent"
    assert tried
    if write.state == Write.State.FAILED:
        assert not arrived
    elif write.state != Write.State.UNKNOWN:
        assert arrived or fault.kind == "json"
    return f", {write.state}"


@pytest.mark.django_db(transaction=True)
def test_webhooks_on_a_bad_day(
    sandbox: Sandbox,
    limit_waiting: Callable[[Fault], None],
    editor_client: RawPathClient,
    log: io.StringIO,
    record_property: Callable[[str, object], None],
) -> None:
    """An event gets its response immediately, and its details are fetched when Codat responds."""
    user = User.objects.get(pk=editor_client.session["_auth_user_id"])
    for fault in FAULTS:
        record_property(PROPERTY, (len(ROWS), "webhook", fault.name, "raised"))
        forget_codat()
        write = sent(user, write_request(sandbox, customerName=TYPED))
        assert write.state == Write.State.PENDING
        limit_waiting(fault)
        with fault.active(sandbox, codat_client.default_client(), "GET "):
            answer = editor_client.post("/webhooks/codat/", **signed_event(write))
            assert answer.status_code == 204
            webhooks.event_queue.join()
        write.refresh_from_db()
        # The event itself is signed, so its status counts immediately.
        assert write.state == Write.State.SUCCESS
        event = WebhookEvent.objects.latest("received_at")
        record_property(
            PROPERTY,
            (len(ROWS), "webhook", fault.name, "204" + ("" if event.processed_at else ", later")),
        )
    assert "sandbox-key" not in log.getvalue()
    assert "Quillfeather" not in log.getvalue()


def signed_event(write: Write) -> dict[str, Any]:
    """The arguments of `client.post` for Codat's event about a successful write."""
    payload = {
        "id": write.push_operation_key,
        "referenceCompany": {"id": write.company_id},
        "connectionId": write.connection_id,
        "status": "Success",
        "record": {"id": "77"},
    }
    body = msgspec.json.encode({"eventType": "customers.write.successful", "payload": payload})
    event_id, now = f"msg_{uuid.uuid4().hex}", timezone.now()
    signature = Webhook(django_settings.CODAT_WEBHOOK_SECRET).sign(event_id, now, body.decode())
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return {"data": body, "content_type": "application/json", "headers": headers}
