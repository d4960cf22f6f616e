"""Stale data: while Codat is unavailable pages show earlier data with its age, and retry."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from customers.codat.client import Client
from customers.codat.errors import OUTAGES, Unavailable, Unreachable
from customers.codat.http import responses
from customers.codat.reading import snapshots
from customers.models import Draft, Write
from customers.service import CustomerService, default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.cases.bad_day import closed_port, open_circuit
from tests.support.pages.controls import fields

HTMX = {"HX-Request": "true"}


@contextmanager
def earlier(seconds: float) -> Iterator[None]:
    """Run the code inside at an earlier time."""
    now = time.time
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(time, "time", lambda: now() - seconds)
        yield


def fail_all_calls(sandbox: Sandbox) -> None:
    sandbox.faults.add(".", "status", status=500, count=-1)


@pytest.mark.parametrize("page", ["companies", "list", "detail"])
def test_pages_show_stale_data_with_its_age(
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
    fail_all_calls(sandbox)

    answer = editor_client.get(url)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert seen in text
    assert "Codat returned an error" in text
    assert re.search(r"This page is from <time[^>]*>4 minutes ago", text)
    assert 'hx-trigger="every 15s"' in text
    # A page that reloads itself cannot be read in peace (WCAG 2.2.1): without JavaScript there is a link.
    assert 'http-equiv="refresh"' not in text
    assert ">Try again now</a>" in text
    fragment = editor_client.get(url, headers=HTMX).content.decode()
    assert "This page is from" in fragment
    assert "<html" not in fragment

    sandbox.faults.clear()
    assert "This page is from" not in editor_client.get(url).content.decode()


def test_an_open_circuit_shows_stale_data_without_a_call(
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


def test_a_page_without_stale_data_retries(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    fail_all_calls(sandbox)
    answer = viewer_client.get(links.companies())
    assert answer.status_code == 502
    assert answer["Refresh"] == "15"
    assert "This page retries in 15 seconds" in answer.content.decode()


def test_stale_data_of_another_search_or_account_is_not_shown(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    url = links.customers(sandbox.company("qbo"))
    viewer_client.get(url)
    fail_all_calls(sandbox)
    assert viewer_client.get(url + "?q=nobody").status_code == 502
    other = CustomerService(Client(sandbox.url, "Basic bm9ib2R5", 1))
    sandbox.faults.clear()
    other.client.base_url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(Unreachable):
        other.snapshots.list(company_id=sandbox.company("qbo"))


def test_only_an_outage_returns_a_stale_snapshot(sandbox: Sandbox) -> None:
    service, company = default_service(), sandbox.company("qbo")
    current = service.snapshots.list(company_id=company)
    assert current.error is None
    sandbox.faults.add(".", "status", status=500, count=-1)
    with pytest.raises(Unavailable):
        service.list(company_id=company)
    stale = service.snapshots.list(company_id=company)
    assert isinstance(stale.error, OUTAGES)
    assert (stale.data, stale.read_at) == (current.data, current.read_at)
    sandbox.faults.clear()
    sandbox.faults.add(".", "status", status=403, count=-1)
    with pytest.raises(Exception, match="403"):
        service.snapshots.list(company_id=company)


def test_stale_numbers_keep_all_digits(sandbox: Sandbox) -> None:
    service, company = default_service(), sandbox.company("odd")
    now = service.get(company_id=company, customer_id="full")
    sandbox.faults.add(".", "reset", count=-1)
    assert service.snapshots.get(company_id=company, customer_id="full").data == now


def test_forms_open_with_a_stale_model_but_no_save_is_sent(
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


def test_a_save_while_the_circuit_is_open_is_not_sent(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    """Company and model are cached, so the save gets as far as the search for its name."""
    new = links.new(sandbox.company("qbo"))
    typed = fields(editor_client.get(new)) | {"f.customerName": "Kept Ltd", "f.status": "Active"}
    client = default_service().client
    client.base_url = f"http://127.0.0.1:{closed_port()}"
    open_circuit(client)
    client.base_url = sandbox.url
    sandbox.clear_calls()

    answer = editor_client.post(new, typed | {"action": "save"})
    assert answer.status_code == 503
    assert "Nothing was sent. What you typed is kept on this page." in answer.content.decode()
    assert "Kept Ltd" in answer.content.decode()
    assert not Write.objects.exists()
    assert not sandbox.calls


def test_large_responses_are_not_cached_as_stale_data(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "MAX_CACHED_BODY", 10_000)
    service, company = default_service(), sandbox.company("big")
    service.list(company_id=company, page_size=1)
    service.list(company_id=company, page_size=500)
    default_service().client.base_url = f"http://127.0.0.1:{closed_port()}"
    assert service.snapshots.list(company_id=company, page_size=1).error
    with pytest.raises(Unreachable):
        service.snapshots.list(company_id=company, page_size=500)
