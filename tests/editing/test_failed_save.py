"""A save that fails before anything is sent: what the page says, and what becomes of what was typed."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.codat.errors import BY_STATUS, Unavailable
from customers.models import Draft, Write
from customers.web import links
from customers.web.error_pages import heading
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.codat import RETRY_AT_ONCE
from tests.support.journal import calls, customer, sent, write_request
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(sandbox: Sandbox) -> str:
    """The form of the first customer."""
    return links.edit(sandbox.company("qbo"), customer(sandbox))


def remove(sandbox: Sandbox) -> None:
    """Delete the first customer at Codat."""
    del sandbox.state("qbo").copy[customer(sandbox)]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 409, 422, 429, 500, 503])
def test_the_page_is_headed_by_what_codat_answered(
    sandbox: Sandbox, editor_client: RawPathClient, no_waiting: None, url: str, status: int
) -> None:
    typed = fields(editor_client.get(url)) | {"f.phone": "typed", "action": "save"}
    sandbox.faults.add("/data/customers/", "status", status=status, headers=RETRY_AT_ONCE, count=-1)

    answer = editor_client.post(url, typed)

    page = answer.content.decode()
    error = BY_STATUS.get(status, Unavailable)()
    if status == 409:  # On a read: there is no copy yet.
        assert "Not synced yet" in page
    else:
        assert f"Not saved yet: {heading(error)}" in html.unescape(page)
    assert "did not answer" not in page
    assert 'value="typed"' in page
    assert not Write.objects.exists()


def saved_as_new(sandbox: Sandbox, client: RawPathClient, page: Any) -> Write:
    """The write of the new customer that the page offers."""
    assert "no longer in Codat" in page.content.decode()
    new = links.new(sandbox.company("qbo"))
    assert f'action="{new}' in page.content.decode()
    answer = client.post(new, fields(page) | {"action": "save"})
    assert answer.status_code == 303, answer.content.decode()
    return Write.objects.latest("created_at")


def test_the_values_of_a_missing_customer_are_offered_as_a_new_one(
    sandbox: Sandbox, editor_client: RawPathClient, url: str
) -> None:
    record = sandbox.state("qbo").copy[customer(sandbox)]
    typed = fields(editor_client.get(url)) | {"f.phone": "typed"}
    editor_client.post(links.draft(sandbox.company("qbo"), customer(sandbox)), typed)
    remove(sandbox)

    answer = editor_client.post(url, typed | {"action": "save"})

    assert answer.status_code == 409
    assert not calls(sandbox)
    write = saved_as_new(sandbox, editor_client, answer)
    assert (write.kind, write.sent_values["phone"]) == (Write.Kind.CREATE, "typed")
    assert write.sent_values["customerName"] == record["customerName"]
    assert "id" not in write.sent_values
    assert len(write.sent_values.get("addresses", [])) == len(record.get("addresses") or [])
    assert not Draft.objects.exists()


def test_a_draft_for_a_missing_customer_is_offered_as_a_new_one(
    sandbox: Sandbox, editor_client: RawPathClient, url: str
) -> None:
    typed = fields(editor_client.get(url)) | {"f.phone": "typed"}
    company_id, customer_id = sandbox.company("qbo"), customer(sandbox)
    assert editor_client.post(links.draft(company_id, customer_id), typed).status_code == 204
    remove(sandbox)

    answer = editor_client.get(f"{url}?draft={typed['submission']}")

    assert saved_as_new(sandbox, editor_client, answer).sent_values["phone"] == "typed"
    assert not Draft.objects.exists()


def test_a_refused_change_of_a_missing_customer_is_offered_as_a_new_one(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient, url: str
) -> None:
    sandbox.faults.add("PUT", "status", status=400)
    write = sent(editor, write_request(sandbox, customer(sandbox), phone="typed"))
    assert write.state == Write.State.FAILED
    remove(sandbox)

    answer = editor_client.get(f"{url}?write={write.pk}")

    assert saved_as_new(sandbox, editor_client, answer).sent_values["phone"] == "typed"
