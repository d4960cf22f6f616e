"""`kill -9` between any two steps of a write: nothing is lost, nothing is sent twice."""

import signal
import subprocess
import threading
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

import pytest
import simplejson
from django.contrib.auth.models import User

from customers.models import Draft, Write
from customers.service import default_service
from customers.web import links
from customers.writes import decisions, journal, sending, sentences
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import (
    COMPANY,
    calls,
    customer,
    edit_customer,
    named,
    pass_time,
    pushes,
    settle,
    settle_to_the_end,
    write_request,
)
from tests.support.pages.controls import Controls
from tests.support.patience import wait_for
from tests.support.programs import processes

pytestmark = pytest.mark.django_db(transaction=True)

State = Write.State
CREATE, UPDATE = "create", "update"
PHONE = "+44 20 7946 0123"


def request_for(sandbox: Sandbox, kind: str) -> journal.WriteRequest:
    """A new customer, or a new phone number for an existing one."""
    return write_request(sandbox, customer(sandbox) if kind == UPDATE else "", phone=PHONE)


def begin(step: str, request: journal.WriteRequest, user: User) -> "subprocess.Popen[str]":
    """Start a process that saves and kills itself at a step."""
    text = simplejson.dumps(asdict(request), default=str)
    return processes.start("-m", "tests.support.programs.killed_writer", step, user.username, text)


def killed_at(step: str, request: journal.WriteRequest, user: User) -> None:
    """Save in a process that kills itself at a step."""
    process = begin(step, request, user)
    output, _ = process.communicate(timeout=processes.START_TIMEOUT)
    assert process.returncode == -signal.SIGKILL, output


def killed_while_codat_works(sandbox: Sandbox, request: journal.WriteRequest, user: User) -> None:
    """Save in a process that is killed after the request is sent and before the answer arrives."""
    sandbox.faults.add("/push/customers", "delay", seconds=30)
    process = begin("sent", request, user)
    wait_for(lambda: calls(sandbox))
    processes.kill(process)
    assert not pushes(sandbox)
    sandbox.faults.clear()  # Codat processes what it received.
    wait_for(lambda: pushes(sandbox))


def applied(sandbox: Sandbox, request: journal.WriteRequest) -> int:
    """How often the accounting software has the save."""
    if request.customer_id:
        return int(sandbox.state(COMPANY).source[request.customer_id].get("phone") == PHONE)
    return len(named(sandbox, request.customer_name))


@pytest.mark.parametrize("kind", [CREATE, UPDATE])
def test_killed_before_the_row_nothing_is_sent(sandbox: Sandbox, editor: User, kind: str) -> None:
    request = request_for(sandbox, kind)

    killed_at("before_row", request, editor)

    assert not Write.objects.exists()
    assert not calls(sandbox)
    processes.finish(begin("never", request, editor))  # The same form is saved again.
    settle_to_the_end(sandbox)
    assert len(pushes(sandbox)) == applied(sandbox, request) == 1


@pytest.mark.parametrize("kind", [CREATE, UPDATE])
def test_killed_after_the_row_the_write_is_marked_as_not_sent(
    sandbox: Sandbox, editor: User, kind: str
) -> None:
    request = request_for(sandbox, kind)

    killed_at("after_row", request, editor)

    write = Write.objects.get()
    assert (write.state, write.sent_at) == (State.SENDING, None)
    assert write.payload == request.payload
    settle()
    write.refresh_from_db()
    assert write.state == State.SENDING  # The sender may still be alive.

    settle_to_the_end(sandbox)
    write.refresh_from_db()
    assert write.state == State.FAILED
    assert "was not sent" in sentences.status(write).sentence
    assert not calls(sandbox)
    assert sending.send(write, default_service()).state == State.FAILED  # Nor is it sent now.
    assert not calls(sandbox)


@pytest.mark.parametrize("step", ["claimed", "sent", "answered"])
def test_a_create_killed_while_sending_is_sent_again_with_its_key_and_made_once(
    sandbox: Sandbox, editor: User, step: str
) -> None:
    request = request_for(sandbox, CREATE)
    if step == "sent":
        killed_while_codat_works(sandbox, request, editor)
    else:
        killed_at(step, request, editor)
    write = Write.objects.get()
    assert (write.state, write.attempts) == (State.SENDING, 1)
    assert write.sent_at is not None
    arrived = len(pushes(sandbox))
    assert arrived == (0 if step == "claimed" else 1)

    settle()
    assert len(calls(sandbox)) == arrived  # The sender may still be alive.
    pass_time(sandbox, minutes=5)
    settle()

    write.refresh_from_db()
    assert (write.state, write.attempts) == (State.PENDING, 2)
    assert write.push_operation_key == pushes(sandbox)[0]["pushOperationKey"]
    settle_to_the_end(sandbox)
    write.refresh_from_db()
    assert (write.state, write.confirmation) == (State.SUCCESS, "confirmed")
    assert write.customer_id == named(sandbox, request.customer_name)[0]["id"]
    assert len(pushes(sandbox)) == applied(sandbox, request) == 1
    keys = {call.headers["idempotency-key"] for call in calls(sandbox)}
    assert keys == {str(write.idempotency_key)}


@pytest.mark.parametrize("step", ["claimed", "sent", "answered"])
@pytest.mark.parametrize("kind", [UPDATE, CREATE])
def test_an_update_or_an_old_create_killed_while_sending_is_left_to_a_person(
    sandbox: Sandbox, editor: User, kind: str, step: str
) -> None:
    request = request_for(sandbox, kind)
    if step == "sent":
        killed_while_codat_works(sandbox, request, editor)
    else:
        killed_at(step, request, editor)
    arrived = len(pushes(sandbox))
    tried = len(calls(sandbox))
    assert arrived == (0 if step == "claimed" else 1)
    write = Write.objects.get()
    if kind == CREATE:  # Codat no longer has the key: a repeat would create a second customer.
        pass_time(sandbox, minutes=91)
        sandbox._idempotency.clear()

    settle_to_the_end(sandbox)

    write.refresh_from_db()
    assert (write.state, write.attempts) == (State.UNKNOWN, 1)
    assert len(calls(sandbox)) == tried
    evidence = decisions.evidence(write, default_service())
    assert [item.operation["pushOperationKey"] for item in evidence] == [
        push["pushOperationKey"] for push in pushes(sandbox)
    ]
    if not arrived:
        assert decisions.mark_not_received(write, user=editor).state == State.FAILED
    else:
        assert evidence[0].same_customer == (kind == UPDATE)
        key = evidence[0].operation["pushOperationKey"]
        assert (
            decisions.link_operation(write, key, default_service(), user=editor).state
            == State.SUCCESS
        )
        settle_to_the_end(sandbox)
        write.refresh_from_db()
        assert write.confirmation == "confirmed"
    assert len(pushes(sandbox)) == applied(sandbox, request) == arrived


@pytest.mark.parametrize("kind", [CREATE, UPDATE])
def test_killed_after_recording_the_write_is_tracked_to_its_end(
    sandbox: Sandbox, editor: User, kind: str
) -> None:
    request = request_for(sandbox, kind)

    killed_at("recorded", request, editor)

    write = Write.objects.get()
    assert write.state == State.PENDING
    settle_to_the_end(sandbox)
    write.refresh_from_db()
    assert (write.state, write.confirmation) == (State.SUCCESS, "confirmed")
    assert (write.attempts, len(calls(sandbox))) == (1, 1)
    assert len(pushes(sandbox)) == applied(sandbox, request) == 1


class Browser:
    """An editor's browser on a real socket."""

    def __init__(self, port: int, session: str) -> None:
        self.port = port
        self.cookie = f"sessionid={session}; csrftoken={'c' * 32}"

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, *, htmx: bool = False
    ) -> tuple[int, str]:
        """Make one request; returns its status, and its Location or body. 0 where the connection broke."""
        door = HTTPConnection("127.0.0.1", self.port, timeout=processes.START_TIMEOUT)
        headers = {"Cookie": self.cookie, "X-CSRFToken": "c" * 32}
        if htmx:
            headers["HX-Request"] = "true"
        body = urlencode(form) if form is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            door.request(method, path, body, headers)
            answer = door.getresponse()
            text = answer.read().decode()
            return answer.status, answer.headers["Location"] or text
        except (OSError, HTTPException):
            return 0, ""
        finally:
            door.close()


def kill_while_it_posts(
    sandbox: Sandbox,
    server: "subprocess.Popen[Any]",
    browser: Browser,
    url: str,
    form: dict[str, str],
    *,
    htmx: bool = False,
) -> None:
    """Post a form, and kill the server while Codat is silent."""
    outcome: list[Any] = []
    made = len(calls(sandbox))
    sandbox.faults.add("/push/customers", "delay", seconds=30)
    saving = threading.Thread(
        target=lambda: outcome.append(browser.ask("POST", url, form, htmx=htmx))
    )
    saving.start()
    wait_for(lambda: len(calls(sandbox)) > made)
    processes.kill(server)
    saving.join()
    assert outcome == [(0, "")]


def kill_in_the_middle_of_a_save(sandbox: Sandbox, session: str) -> dict[str, Any]:
    """Save a draft, then the form, and kill the server while Codat is silent. The fields of the form."""
    company = sandbox.company(COMPANY)
    url, draft_url = links.new(company), links.draft(company, "")
    with processes.gunicorn() as (server, port):
        browser = Browser(port, session)
        status, html = browser.ask("GET", url)
        assert status == 200, html
        typed = Controls(html).fields | {"f.customerName": "Journal Ltd", "f.status": "Active"}
        assert browser.ask("POST", draft_url, typed)[0] == 204
        kill_while_it_posts(sandbox, server, browser, url, typed | {"action": "save"})
    return typed


def test_a_whole_server_killed_in_the_middle_of_a_save(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    session = editor_client.cookies["sessionid"].value
    company = sandbox.company(COMPANY)
    url = links.new(company)
    typed = kill_in_the_middle_of_a_save(sandbox, session)
    write = Write.objects.get()
    assert (write.state, write.attempts) == (State.SENDING, 1)
    assert simplejson.loads(write.payload)["customerName"] == "Journal Ltd"
    assert Draft.objects.count() == 1
    sandbox.faults.clear()
    wait_for(lambda: pushes(sandbox))

    with processes.gunicorn() as (_, port):
        browser = Browser(port, session)
        page = links.write(company, write.pk)
        # A reload of the post leads to the existing change and sends nothing.
        assert browser.ask("POST", url, typed | {"action": "save"}) == (303, page + "?again")
        assert len(calls(sandbox)) == 1
        pass_time(sandbox, minutes=3)
        processes.settle_writes()
        write.refresh_from_db()
        assert write.state == State.PENDING
        sandbox.settle()
        assert "Accepted" in browser.ask("GET", page + "?check=1")[1]

    assert len(pushes(sandbox)) == len(named(sandbox, "Journal Ltd")) == 1
    keys = {call.headers["idempotency-key"] for call in calls(sandbox)}
    assert keys == {str(write.idempotency_key)}


@pytest.mark.parametrize("kind", ["field", "undo"])
def test_a_server_killed_in_the_middle_of_a_field_or_an_undo(
    sandbox: Sandbox, editor_client: RawPathClient, kind: str
) -> None:
    session = editor_client.cookies["sessionid"].value
    company, customer_id = sandbox.company(COMPANY), customer(sandbox)
    is_field, form = kind == "field", dict[str, str]()
    phone = sandbox.state(COMPANY).source[customer_id]["phone"]
    address, wanted = f"{links.field(company, customer_id)}?path=phone", PHONE
    if not is_field:
        first = edit_customer(editor_client, company, customer_id)
        settle_to_the_end(sandbox)
        address, wanted = links.undo(company, first.pk), phone
    before = len(calls(sandbox)), len(pushes(sandbox))

    with processes.gunicorn() as (server, port):
        browser = Browser(port, session)
        if is_field:
            _, html = browser.ask("GET", address, htmx=True)
            html = html.replace('class="field-edit"', 'id="form"', 1)
            form = Controls(html).fields | {"f.phone": PHONE}
        kill_while_it_posts(sandbox, server, browser, address, form, htmx=is_field)

    write = Write.objects.latest("created_at")
    assert (write.state, write.attempts) == (State.SENDING, 1)
    assert write.sent_values["phone"] == wanted
    rows = Write.objects.count()
    sandbox.faults.clear()
    wait_for(lambda: len(pushes(sandbox)) > before[1])

    with processes.gunicorn() as (_, port):
        # The same once more leads to the change that is there, and sends nothing.
        status, answer = Browser(port, session).ask("POST", address, form, htmx=is_field)
        page = links.write(company, write.pk)
        assert (status, page in answer) == (200 if is_field else 303, True)
    # Nor is an update sent again later: a person decides.
    settle_to_the_end(sandbox)
    write.refresh_from_db()
    assert (write.state, write.attempts) == (State.UNKNOWN, 1)
    assert Write.objects.count() == rows
    assert (len(calls(sandbox)), len(pushes(sandbox))) == (before[0] + 1, before[1] + 1)
    assert sandbox.state(COMPANY).source[customer_id]["phone"] == wanted
