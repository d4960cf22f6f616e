"""`kill -9` of the dashboard while a batch is made and started: there is no batch, or the whole, and one of it."""

from __future__ import annotations

import threading

import pytest

from customers.batches import states
from customers.models import Batch, BatchRow, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.resilience.test_kill import Browser
from tests.support.batches import check, row_states, send
from tests.support.journal import COMPANY, calls
from tests.support.pages.new_batches import COUNTRY, opened, posted
from tests.support.patience import wait_for
from tests.support.programs import processes

pytestmark = pytest.mark.django_db(transaction=True)


def kill_while_it_is_made(sandbox: Sandbox, session: str, path: str, form: dict[str, str]) -> None:
    """Kill the dashboard while it reads the customers of a batch."""
    with processes.gunicorn() as (server, port):
        browser = Browser(port, session)
        assert browser.ask("GET", path)[0] == 200
        sandbox.faults.add("/data/customers", "delay", seconds=30, count=-1)
        sandbox.clear_calls()
        saving = threading.Thread(target=lambda: browser.ask("POST", path, form))
        saving.start()
        wait_for(lambda: any("/data/customers" in call.path for call in sandbox.calls))
        processes.kill(server)
        saving.join()


def test_a_dashboard_that_is_killed_while_a_batch_is_made_leaves_none_and_then_makes_one(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    session = editor_client.cookies["sessionid"].value
    company, connection = sandbox.company(COMPANY), sandbox.connection(COMPANY)
    path = links.new_batch(company, connection=connection, listed="?status=Active", is_all=True)
    form = posted(opened(editor_client, path)) | COUNTRY | {"action": "save"}
    form.pop("csrfmiddlewaretoken", None)  # The other browser has a token of its own.
    total = int(form["count"])

    kill_while_it_is_made(sandbox, session, path, form)
    assert not Batch.objects.exists()
    assert not BatchRow.objects.exists()

    sandbox.faults.clear()
    with processes.gunicorn() as (server, port):
        browser = Browser(port, session)
        status, address = browser.ask("POST", path, form)
        assert status == 303, address
        assert browser.ask("POST", path, form) == (303, address)  # A reload of the post.
        batch = Batch.objects.get()
        assert BatchRow.objects.filter(batch=batch).count() == total
        check(batch)
        assert not Write.objects.exists()
        start = {"action": "start"}
        assert browser.ask("POST", links.batch(company, batch.pk), start)[0] == 303
        processes.kill(server)

    # Whoever presses again finds it started; the rows are sent once.
    batch.refresh_from_db()
    assert batch.state == Batch.State.RUNNING
    assert batch.user is not None
    assert not states.start(batch, batch.user)
    ready = row_states(batch).count("checked")
    send(batch)
    send(batch)
    assert len(calls(sandbox)) == ready == row_states(batch).count("pending")
