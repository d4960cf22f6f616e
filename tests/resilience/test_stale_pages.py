"""While Codat is away pages show what it said last, say how old that is, and ask again by themselves."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from customers.codat import responses, snapshots
from customers.codat.client import Client
from customers.codat.errors import OUTAGES, Unavailable, Unreachable
from customers.models import Draft, Write
from customers.service import CustomerService, default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.bad_day import closed_port, open_circuit
from tests.support.controls import fields

HTMX = {"HX-Request": "true"}


@contextmanager
def earlier(seconds: float) -> Iterator[None]:
    """What happens inside happened so long ago."""
    now = time.time
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(time, "time", lambda: now() - seconds)
        yield


def away(sandbox: Sandbox) -> None:
    sandbox.faults.add(".", "status", status=500, count=-1)


@pytest.mark.parametrize("page", ["companies", "list", "detail"])
def test_pages_show_what_was_last_seen(
    sandbox: Sandbox,
    editor_client: RawPathClient,
    page: str,
) -> None:
    company = sandbox.company("qbo")
    customer, record = next(iter(sandbox.state("qbo").copy.items()))
    url, seen = {
        "companies": (links.companies(), "QuickBooks"),
        "list": (links.customers(company), record["customerName"]),
        "detail": (links.customer(company, customer), record["customerName"]),
    }[page]
    with earlier(240):
        now = editor_client.get(url).content.decode()
    assert "This page is from" not in now
    away(sandbox)

    answer = editor_client.get(url)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert seen in text
    assert "Codat has a problem" in text
    assert re.search(r"This page is from <time[^>]*>4 minutes ago", text)
    assert 'hx-trigger="load delay:15s"' in text
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in text
    fragment = editor_client.get(url, headers=HTMX).content.decode()
    assert "This page is from" in fragment
    assert "<html" not in fragment

    sandbox.faults.clear()
    assert "This page is from" not in editor_client.get(url).content.decode()


def test_at_once_and_without_a_call_while_the_circuit_is_open(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    url = links.customers(sandbox.company("qbo"))
    viewer_client.get(url)
    client = default_service().client
    client.base_url = f"http://127.0.0.1:{closed_port()}"
    open_circuit(client)
    client.base_url = sandbox.url
    sandbox.clear_calls()
    text = viewer_client.get(url).content.decode()
    assert "Codat is not responding" in text
    assert "This page is from" in text
    assert not sandbox.calls


def test_what_was_never_seen_comes_back_by_itself(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    away(sandbox)
    answer = viewer_client.get(links.companies())
    assert answer.status_code == 502
    assert answer["Refresh"] == "15"
    assert "This page retries in 15 seconds" in answer.content.decode()


def test_another_search_or_account_is_not_what_was_asked_for(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    url = links.customers(sandbox.company("qbo"))
    viewer_client.get(url)
    away(sandbox)
    assert viewer_client.get(url + "?q=nobody").status_code == 502
    other = CustomerService(Client(sandbox.url, "Basic bm9ib2R5", 1))
    sandbox.faults.clear()
    other.client.base_url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(Unreachable):
        other.snapshots.list(company_id=sandbox.company("qbo"))


def test_only_outages_and_only_where_it_is_asked_for(sandbox: Sandbox) -> None:
    ours, company = default_service(), sandbox.company("qbo")
    current = ours.snapshots.list(company_id=company)
    assert current.error is None
    sandbox.faults.add(".", "status", status=500, count=-1)
    with pytest.raises(Unavailable):
        ours.list(company_id=company)
    stale = ours.snapshots.list(company_id=company)
    assert isinstance(stale.error, OUTAGES)
    assert (stale.data, stale.read_at) == (current.data, current.read_at)
    sandbox.faults.clear()
    sandbox.faults.add(".", "status", status=403, count=-1)
    with pytest.raises(Exception, match="403"):
        ours.snapshots.list(company_id=company)


def test_numbers_keep_their_digits_when_they_are_remembered(sandbox: Sandbox) -> None:
    ours, company = default_service(), sandbox.company("odd")
    now = ours.get(company_id=company, customer_id="full")
    sandbox.faults.add(".", "reset", count=-1)
    assert ours.snapshots.get(company_id=company, customer_id="full").data == now


def test_forms_open_and_drafts_are_kept_but_nothing_is_decided(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    """The company and the model are remembered past their time; a save asks Codat itself."""
    company = sandbox.company("qbo")
    customer = next(iter(sandbox.state("qbo").copy))
    new, edit = links.new(company), links.edit(company, customer)
    typed = {"f.customerName": "Kept Ltd", "f.status": "Active"}
    with earlier(snapshots.MODEL_TTL + 1):
        typed = fields(editor_client.get(new)) | typed
        changed = fields(editor_client.get(edit)) | {"f.phone": "+1 555 0100"}
    default_service().client.base_url = f"http://127.0.0.1:{closed_port()}"
    sandbox.clear_calls()

    opened = editor_client.get(new)
    assert opened.status_code == 200
    assert "Codat cannot be reached" in opened.content.decode()
    assert editor_client.get(edit).status_code == 502  # an edit begins with the record as it is
    assert editor_client.post(new + "draft/", typed).status_code == 204
    assert Draft.objects.filter(body__contains="Kept").exists()
    for url, post in ((new, typed), (edit, changed)):
        answer = editor_client.post(url, post | {"action": "save"})
        assert answer.status_code in (502, 503)
        assert "Nothing was sent. What you typed is kept on this page." in answer.content.decode()
    assert not Write.objects.exists()
    assert not sandbox.calls


def test_a_write_into_an_open_circuit_was_never_sent(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    """Company and model are fresh in the cache, so the save gets as far as the journal."""
    new = links.new(sandbox.company("qbo"))
    typed = fields(editor_client.get(new)) | {"f.customerName": "Kept Ltd", "f.status": "Active"}
    client = default_service().client
    client.base_url = f"http://127.0.0.1:{closed_port()}"
    open_circuit(client)
    client.base_url = sandbox.url
    sandbox.clear_calls()

    answer = editor_client.post(new, typed | {"action": "save"}, follow=True)
    write = Write.objects.get()
    assert write.state == Write.State.FAILED
    assert "nothing was sent" in write.error_message
    assert "nothing was sent" in answer.content.decode()
    assert "Kept Ltd" in answer.content.decode()
    assert not [call for call in sandbox.calls if call.method != "GET"]


def test_what_is_remembered_is_bounded(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MAX_KEPT_BODY", 10_000)
    ours, company = default_service(), sandbox.company("big")
    ours.list(company_id=company, page_size=1)
    ours.list(company_id=company, page_size=500)
    default_service().client.base_url = f"http://127.0.0.1:{closed_port()}"
    assert ours.snapshots.list(company_id=company, page_size=1).error
    with pytest.raises(Unreachable):
        ours.snapshots.list(company_id=company, page_size=500)
