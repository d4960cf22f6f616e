"""A form belongs to the connection that it was opened on, whatever its state is when it is saved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError

from customers.models import Draft, Write
from customers.service import default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import customer, journaled, write_request
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db

COMPANY = "migrated"
Connections = Callable[[str, str], None]


@pytest.fixture
def connections(sandbox: Sandbox) -> Connections:
    """Set the states of the company's two accounting connections, as Codat tells them from now on."""
    company = sandbox.company(COMPANY)
    told: dict[str, Any] = dict(default_service().get_company(company_id=company))

    def tell(*states: str) -> None:
        accounting = [c for c in told["dataConnections"] if c["sourceType"] == "Accounting"]
        for connection, state in zip(accounting, states, strict=True):
            connection["status"] = state
        sandbox.faults.clear()
        path = f"/companies/{company}$"
        sandbox.faults.add(path, "json", body=json.dumps(told), count=-1)
        cache.clear()

    return tell


def opened(sandbox: Sandbox, client: RawPathClient) -> tuple[str, dict[str, str]]:
    """The address that the form of the company's first customer posts to, and what it posts."""
    known = next(iter(sandbox.state(COMPANY).copy))
    page = client.get(links.edit(sandbox.company(COMPANY), known))
    assert page.status_code == 200
    (address,) = re.findall(r'<form id="form"[^>]* action="([^"]+)"', page.content.decode())
    return unescape(address), fields(page)


def replaced_meanwhile(
    sandbox: Sandbox, client: RawPathClient, connections: Connections
) -> tuple[str, dict[str, str]]:
    """What `opened` gives, of a form whose connection lost its place to the other one since; a phone is typed in."""
    connections("Unlinked", "Linked")
    address, typed = opened(sandbox, client)
    connections("Linked", "Unlinked")
    return address, typed | {"f.phone": "+44 1632 960 001", "action": "save"}


def test_a_save_is_not_sent_to_another_connection(
    sandbox: Sandbox, editor_client: RawPathClient, connections: Connections
) -> None:
    address, typed = replaced_meanwhile(sandbox, editor_client, connections)

    answer = editor_client.post(address, typed)

    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Nothing was sent" in text
    assert 'value="+44 1632 960 001"' in text
    assert not Write.objects.exists()

    # On in the one that is linked now: nothing is sent there unseen either.
    (other,) = re.findall(r'formaction="([^"]+)"', text)
    assert "Continue in KashFlow" in text
    answer = editor_client.post(unescape(other), typed | {"action": "check"})
    assert answer.status_code == 422
    assert fields(answer)["f.phone"] == "+44 1632 960 001"
    assert not Write.objects.exists()


def test_a_post_without_a_connection_is_not_sent_to_another_one(
    sandbox: Sandbox, editor_client: RawPathClient, connections: Connections
) -> None:
    address, typed = replaced_meanwhile(sandbox, editor_client, connections)

    answer = editor_client.post(address.partition("?")[0], typed)

    assert answer.status_code == 422
    assert "This form is out of date" in answer.content.decode()
    assert not Write.objects.exists()


def test_a_draft_is_stored_and_offered_on_every_connection(
    sandbox: Sandbox, editor_client: RawPathClient, connections: Connections
) -> None:
    connections("Unlinked", "Linked")
    address, typed = opened(sandbox, editor_client)
    path = address.partition("?")[0]
    assert editor_client.post(f"{path}draft/", typed | {"f.phone": "first"}).status_code == 204
    connections("Linked", "Unlinked")
    assert editor_client.post(f"{path}draft/", typed | {"f.phone": "second"}).status_code == 204

    assert Draft.objects.count() == 1
    page = editor_client.get(path)
    (on,) = re.findall(r'href="([^"]+)">Continue<', page.content.decode())
    assert fields(editor_client.get(unescape(on)))["f.phone"] == "second"


def test_a_draft_continues_on_its_own_connection(
    sandbox: Sandbox, editor_client: RawPathClient, connections: Connections
) -> None:
    connections("Unlinked", "Linked")
    address, typed = opened(sandbox, editor_client)
    path, _, query = address.partition("?")
    typed |= {"f.phone": "555 draft"}
    assert editor_client.post(f"{path}draft/?{query}", typed).status_code == 204
    connections("Linked", "Linked")

    def on(page: str) -> str:
        (link,) = re.findall(r'href="([^"]+)">Continue<', page)
        return unescape(link)

    first = editor_client.get(path).content.decode()
    assert query in on(first)
    mine = editor_client.get(links.my_writes()).content.decode()
    assert query in on(mine)
    assert "This form is out of date" not in editor_client.get(on(first)).content.decode()


def test_a_company_id_in_capitals_is_the_same_company(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company, known = sandbox.company("qbo"), customer(sandbox)
    shouted = links.edit(company.upper(), known)
    typed = fields(editor_client.get(shouted)) | {"f.phone": "+44 1632 960 001"}
    assert editor_client.post(shouted, typed | {"action": "save"}).status_code == 303

    assert Write.objects.get().company_id == company
    assert fields(editor_client.get(links.edit(company, known)))["f.phone"] == ("+44 1632 960 001")


def test_a_company_without_an_id_in_its_record_can_be_edited(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company, known = sandbox.company("qbo"), customer(sandbox)
    told = dict(default_service().get_company(company_id=company)) | {"id": None}
    sandbox.faults.add(f"/companies/{company}$", "json", body=json.dumps(told), count=-1)
    cache.clear()
    url = links.edit(company, known)
    typed = fields(editor_client.get(url)) | {"f.phone": "+44 1632 960 001"}

    assert editor_client.post(url, typed | {"action": "save"}).status_code == 303
    assert Write.objects.get().company_id == company


@pytest.mark.django_db(transaction=True)
def test_a_database_error_is_not_taken_for_a_second_save(sandbox: Sandbox, editor: Any) -> None:
    wanted = write_request(sandbox)
    object.__setattr__(wanted, "company_id", None)
    with pytest.raises(IntegrityError):
        journaled(editor, wanted)
