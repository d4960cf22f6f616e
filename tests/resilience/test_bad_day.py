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
from dataclasses import dataclass
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
from customers.models import Batch, BatchRow, Draft, WebhookEvent, Write
from customers.service import default_service
from customers.web import links
from customers.writes import sentences
from customers.writes.events import webhooks
from sandbox import Sandbox
from tests.conftest import RawPathClient, forget_codat
from tests.support.bad_day import FAULTS, PROPERTY, Fault
from tests.support.batch_rows import batch_of
from tests.support.controls import Controls, fields
from tests.support.journal import sent, write_request

HTMX = {"HX-Request": "true"}
TYPED = "Quillfeather & Typed"
COMPANY = "qbo"
# Seconds: the deadline of a page, and slack for a busy machine. A hang lasts 30 seconds, a drip for ever.
DEADLINE, SLACK = 0.5, 4.0
# What an error page has to say, and what it has to offer.
STATEMENT = re.compile(
    r"Codat|The connection|Nothing was|It was never sent|nobody can know|does not fit",
    re.IGNORECASE,
)
ACTION = re.compile(r"<a |<button|Try again|Whoever|HX-|tell whoever", re.IGNORECASE)


@dataclass(frozen=True)
class Browser:
    """A signed-in person, with the sandbox and a customer."""

    sandbox: Sandbox
    client: RawPathClient
    customer_id: str

    @property
    def company_id(self) -> str:
        return self.sandbox.company(COMPANY)

    def customers(self, rest: str = "") -> str:
        return links.customers(self.company_id) + rest

    def warm_cache(self) -> None:
        """Put the company and its model into the cache."""
        service = default_service()
        service.get_company(company_id=self.company_id)
        service.get_create_update_model(
            company_id=self.company_id, connection_id=self.sandbox.connection(COMPANY)
        )


Act = Callable[[], Any]


def reading(path: Callable[[Browser], str], *, known: bool = False, **headers: str) -> Any:
    def prepare(browser: Browser) -> Act:
        if known:
            browser.warm_cache()
        return lambda: browser.client.get(path(browser), headers=headers)

    return prepare


def reading_again(path: Callable[[Browser], str]) -> Any:
    """A page that was read before, so that its stale data can be shown."""

    def prepare(browser: Browser) -> Act:
        assert browser.client.get(path(browser)).status_code == 200
        return lambda: browser.client.get(path(browser))

    return prepare


def saving(path: Callable[[Browser], str], *, known: bool = True, action: str = "save") -> Any:
    def prepare(browser: Browser) -> Act:
        url = path(browser)
        form = fields(browser.client.get(url))
        form |= {"f.customerName": TYPED, "f.status": "Active", "action": action}
        if not known:
            forget_codat()
        return lambda: browser.client.post(url, form)

    return prepare


def drafting(*, known: bool) -> Any:
    def prepare(browser: Browser) -> Act:
        form = fields(browser.client.get(browser.customers("new/"))) | {"f.customerName": TYPED}
        if not known:
            forget_codat()
        return lambda: browser.client.post(browser.customers("new/draft/"), form, headers=HTMX)

    return prepare


def following(browser: Browser) -> Act:
    browser.warm_cache()
    user = browser.client.session["_auth_user_id"]
    write = sent(User.objects.get(pk=user), write_request(browser.sandbox, customerName=TYPED))
    assert write.state == Write.State.PENDING
    address = links.write(browser.company_id, write.pk)
    return lambda: browser.client.get(address + "?check=1", headers=HTMX)


def refreshing(browser: Browser) -> Act:
    return lambda: browser.client.post(links.refresh(browser.company_id))


def batch_row(browser: Browser) -> str:
    """A row of a batch that needs correction."""
    user = User.objects.get(pk=browser.client.session["_auth_user_id"])
    batch = batch_of(user, browser.company_id, "ready", invalid=1)
    Batch.objects.update(connection_id=browser.sandbox.connection(COMPANY))
    BatchRow.objects.update(customer_id=browser.customer_id)
    return links.batch_row(browser.company_id, batch.pk, 1)


def making_a_batch(*, known: bool) -> Any:
    """A batch of all that a list shows, which is read when the batch is made."""

    def prepare(browser: Browser) -> Act:
        url = links.new_batch(browser.company_id, is_all=True)
        form = Controls(browser.client.get(url).content.decode()).fields
        form |= {"f.1.key": "phone", "f.1.text": "1", "note": TYPED, "action": "save"}
        if not known:
            forget_codat()
        return lambda: browser.client.post(url, form)

    return prepare


def file(rest: str) -> Callable[[Browser], str]:
    return lambda browser: links.customers(browser.sandbox.company("files")) + rest


# The action, and the calls that fail: a regular expression for `METHOD /path`.
ROWS: dict[str, tuple[Any, str]] = {
    "companies": (reading(lambda _: links.companies()), "."),
    "list": (reading(lambda b: b.customers()), "."),
    "list, company known": (reading(lambda b: b.customers(), known=True), "."),
    "list, fragment": (reading(lambda b: b.customers(), HX_Request="true"), "."),
    "detail": (reading(lambda b: b.customers(f"{b.customer_id}/")), "."),
    "companies, seen": (reading_again(lambda _: links.companies()), "."),
    "list, seen": (reading_again(lambda b: b.customers()), "."),
    "detail, seen": (reading_again(lambda b: b.customers(f"{b.customer_id}/")), "."),
    "attachments": (reading(file("one/attachments/")), "."),
    "attachments, fragment": (
        reading(file("one/attachments/"), HX_Request="true"),
        "/attachments",
    ),
    "download": (reading(file("one/attachments/only/download/")), "/attachments"),
    "the file itself": (reading(file("one/attachments/only/download/")), "/download"),
    "new": (reading(lambda b: b.customers("new/")), "."),
    "new, its model": (reading(lambda b: b.customers("new/")), "/options/"),
    "edit": (reading(lambda b: b.customers(f"{b.customer_id}/edit/"), known=True), "."),
    "create": (saving(lambda b: b.customers("new/")), "."),
    "create, cold": (saving(lambda b: b.customers("new/"), known=False), "."),
    "update": (saving(lambda b: b.customers(f"{b.customer_id}/edit/")), "^PUT "),
    "update, re-read": (saving(lambda b: b.customers(f"{b.customer_id}/edit/")), "^GET "),
    "update, cold": (saving(lambda b: b.customers(f"{b.customer_id}/edit/"), known=False), "."),
    "batch row": (reading(batch_row), "."),
    "batch row, save": (saving(batch_row), "."),
    "new batch": (reading(lambda b: links.new_batch(b.company_id, is_all=True)), "."),
    "new batch, made": (making_a_batch(known=True), "."),
    "new batch, made cold": (making_a_batch(known=False), "."),
    "draft": (drafting(known=True), "."),
    "draft, cold": (drafting(known=False), "."),
    "write": (following, "."),
    "Codat's history": (reading(lambda b: links.codat_writes(b.company_id)), "."),
    "refresh": (refreshing, "."),
    "freshness": (reading(lambda b: links.freshness(b.company_id)), "."),
}


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
