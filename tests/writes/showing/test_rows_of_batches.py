"""Rows of batches among single changes: on a list, on a customer's page, and beside what a person saves."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Batch, Write
from customers.web import links
from customers.writes.showing.pending import being_sent, with_pending
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import edit_customer, journal_row
from tests.writes.showing.test_pending import poll_of, row_of

pytestmark = pytest.mark.django_db

State, Confirmation = Write.State, Write.Confirmation


def batch_row(company: str, user: User, **values: object) -> Write:
    """A row of a running batch."""
    batch = Batch.objects.create(
        user=user, username=user.username, company_id=company, title="Set Phone", state="running"
    )
    return journal_row(company, user, batch=batch, position=1, **values)


def the_list(client: RawPathClient, company: str, **asked: str) -> str:
    return client.get(links.customers(company), asked).content.decode()


def test_a_row_of_a_batch_stands_in_the_row_of_its_customer_alone(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch_row(company, editor, state=State.PENDING, push_operation_key="k")
    html = the_list(editor_client, company)
    assert "Sent" in row_of(html, "39")
    # Elsewhere the pages of the batch speak of it.
    other = the_list(editor_client, company, q="Yarrow")
    assert "change to customers" not in other
    assert "pending-poll" in other
    assert "Sent" not in other


def test_the_poll_brings_its_state_and_does_not_load_the_list(
    company: str, editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    write = batch_row(company, editor, state=State.PENDING, push_operation_key="k")
    poll = poll_of(the_list(editor_client, company))
    calls = len(sandbox.calls)
    answer = editor_client.get(poll)
    assert "Sent" in answer.content.decode()

    Write.objects.filter(pk=write.pk).update(
        state=State.SUCCESS, confirmation=Confirmation.CONFIRMED, confirmed_at=timezone.now()
    )
    answer = editor_client.get(poll)

    assert "Confirmed" in answer.content.decode()
    assert "HX-Trigger" not in answer
    assert len(sandbox.calls) == calls


def test_a_single_change_that_ends_beside_it_does_load_the_list(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch_row(company, editor, state=State.PENDING, push_operation_key="k")
    single = journal_row(
        company, editor, customer_id="38", state=State.PENDING, push_operation_key="j"
    )
    poll = poll_of(the_list(editor_client, company))
    assert "HX-Trigger" not in editor_client.get(poll)
    Write.objects.filter(pk=single.pk).update(
        state=State.SUCCESS, confirmation=Confirmation.CONFIRMED, confirmed_at=timezone.now()
    )
    assert editor_client.get(poll)["HX-Trigger"] == "customers-refreshed"


@pytest.mark.parametrize(
    "rows", ["x.1", "00000000.1", "g0000000.1,1234.2", "\0", "ffffffff.1," * 300]
)
def test_a_poll_with_an_altered_address_shows_no_other_change(
    company: str, editor: User, editor_client: RawPathClient, rows: str
) -> None:
    batch_row("another", editor, pk=uuid.UUID(int=1), state=State.PENDING, push_operation_key="k")
    answer = editor_client.get(links.pending(company, rows=[rows]))
    assert answer.status_code == 200
    assert "row-state" not in answer.content.decode()


def test_a_queued_row_is_shown_and_stands_in_nobodys_way(
    company: str, editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    queued = batch_row(
        company, editor, state=State.QUEUED, sent_at=None, payload='{"phone": "queued"}'
    )
    page = editor_client.get(links.customer(company, "39")).content.decode()
    assert links.write(company, queued.pk) in page
    assert "Queued" in page
    assert "will change" in page

    record = {"id": "39", "phone": "old 1"}
    after, writes = with_pending(record, company, "39", exclude_submission=uuid.uuid4())
    assert (after, writes) == (record, [])
    assert being_sent(company, "39", exclude_submission=uuid.uuid4()) is None

    own = edit_customer(editor_client, company)
    assert (own.batch_id, own.state) == (None, State.PENDING)
    assert "queued" not in own.payload


def test_a_look_at_the_page_of_a_sent_row_follows_it(
    company: str, editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    own = edit_customer(editor_client, company)
    write = batch_row(
        company, editor, state=State.PENDING, push_operation_key=own.push_operation_key
    )
    sandbox.settle()
    editor_client.get(links.write(company, write.pk) + "?check=1")
    write.refresh_from_db()
    assert (write.state, write.settled_by) == (State.SUCCESS, "poll")
