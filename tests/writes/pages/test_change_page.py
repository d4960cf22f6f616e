"""The page of one change."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from standardwebhooks import Webhook

from customers.models import Write
from customers.web import links
from customers.writes.events import webhooks
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import change_page, journal_row
from tests.support.pages.controls import fields
from tests.support.patience import wait_for

pytestmark = pytest.mark.django_db

State = Write.State


def test_a_change_of_another_company_is_not_found(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    write = journal_row("another", editor)
    assert viewer_client.get(links.write(company, write.pk)).status_code == 404
    assert viewer_client.get(links.write(company, uuid.uuid4())).status_code == 404


def test_a_change_and_its_retry_link_to_each_other(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    first = journal_row(company, editor, state=State.FAILED, completed_at=timezone.now())
    retry = journal_row(company, editor, retry_of=first)
    assert f'href="{links.write(company, retry.pk)}"' in change_page(viewer_client, first)
    assert f'href="{links.write(company, first.pk)}"' in change_page(viewer_client, retry)


@pytest.mark.parametrize(
    ("seconds", "said"), [(7, "7 s"), (125, "2 min"), (5400, "90 min"), (9000, "2.5 h")]
)
def test_the_duration_of_a_change(
    company: str, editor: User, viewer_client: RawPathClient, seconds: int, said: str
) -> None:
    end = timezone.now()
    write = journal_row(
        company,
        editor,
        state=State.FAILED,
        sent_at=end - timedelta(seconds=seconds),
        completed_at=end,
    )
    history = viewer_client.get(links.writes(company)).content.decode()
    assert f'<td data-label="Duration" class="num">{said}</td>' in history
    assert f", after {said}<" in change_page(viewer_client, write)


def test_an_unfinished_change_has_no_duration(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    journal_row(company, editor, state=State.PENDING)
    history = viewer_client.get(links.writes(company)).content.decode()
    assert '<td data-label="Duration" class="num">–</td>' in history


def test_a_page_that_no_longer_polls_says_so(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    old = timezone.now() - timedelta(hours=3)
    write = journal_row(
        company, editor, state=State.PENDING, created_at=old, checked_at=timezone.now()
    )
    page = change_page(viewer_client, write)
    assert "no longer updates automatically" in page
    assert not re.search(r'<div id="write"[^>]*hx-trigger="every', page)
    assert "Check now" in page
    write.state = State.TIMED_OUT
    write.save()
    assert "no longer updates automatically" not in change_page(viewer_client, write)


@pytest.mark.parametrize("state", Write.State.values)
def test_the_page_has_a_sentence_for_each_state(
    company: str, editor: User, viewer_client: RawPathClient, state: str
) -> None:
    write = journal_row(
        company, editor, state=state, checked_at=timezone.now(), platform_name="Ledger 9"
    )
    said = re.search(
        r'id="write-state">.*?</h2>\s*<p>(.*?)</p>', change_page(viewer_client, write), re.S
    )
    assert said
    assert len(said[1]) > 15
    assert said[1].endswith(".")


def test_the_support_bundle_has_ids_and_no_personal_data(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    write = journal_row(company, editor, correlation_id="corr-7", push_operation_key="push-7")
    html = viewer_client.get(links.write(company, write.pk)).content.decode()
    bundle = re.search(r'<pre id="bundle"[^>]*>(.*?)</pre>', html, re.DOTALL)
    assert bundle
    assert "corr-7" in bundle[1]
    assert "push-7" in bundle[1]
    for secret in ("Birkett", "new 2", "editor", "39\n"):
        assert secret not in bundle[1]


def test_values_from_codat_are_escaped(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    evil = "<script>alert(1)</script>"
    write = journal_row(
        company,
        editor,
        state=Write.State.FAILED,
        customer_name=evil,
        error_message=evil,
        validation=[{"itemId": evil, "message": evil}],
        payload=f'{{"phone": "{evil}"}}',
    )
    for url in (links.write(company, write.pk), links.writes(company)):
        assert evil not in viewer_client.get(url).content.decode()


def test_errors_name_fields_as_the_page_does(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    items = [
        {"itemId": "CustomerName", "message": "too long"},
        {"itemId": "addresses[1].PostalCode", "message": ""},
        {"itemId": None, "message": "<b>odd</b>"},
    ]
    write = journal_row(
        company, editor, state=Write.State.FAILED, validation=items, warnings=items[:1]
    )
    page = viewer_client.get(links.write(company, write.pk)).content.decode()
    assert page.count('<strong dir="auto">Customer name</strong>: <span dir="auto">too long<') == 2
    assert (
        '<strong dir="auto">Address 2, Postal code</strong>: <span dir="auto">No reason was given.<'
    ) in page
    assert '<li><span dir="auto">&lt;b&gt;odd&lt;/b&gt;<' in page
    assert "Warnings" in page


def test_a_new_customer_has_nothing_to_restore(
    company: str, editor_client: RawPathClient, editor: User
) -> None:
    write = journal_row(company, editor, kind=Write.Kind.CREATE, before="", customer_id="")
    page = editor_client.get(f"{links.new(company)}?revert={write.pk}").content.decode()
    assert "there is nothing to restore" in page
    assert "deleted under the retention policy" not in page


def deliver(company: str, key: str) -> int:
    """Deliver an event about a successful write; returns the status of the answer."""
    payload = {"id": key, "referenceCompany": {"id": company}, "status": "Success"}
    body = msgspec.json.encode({"eventType": "customers.write.successful", "payload": payload})
    now, name = datetime.now(UTC), f"msg_{uuid.uuid4().hex}"
    headers: Any = {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(settings.CODAT_WEBHOOK_SECRET).sign(name, now, body.decode()),
    }
    answer = RawPathClient().post(
        "/webhooks/codat/", body, content_type="application/json", headers=headers
    )
    wait_for(lambda: not webhooks.event_queue.unfinished_tasks)
    return int(answer.status_code)


@pytest.mark.django_db(transaction=True)
def test_an_event_updates_the_page_before_codat_is_asked(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.edit(company, "39")
    typed = fields(editor_client.get(url)) | {"f.phone": "+44 1"}
    page = editor_client.post(url, typed)["Location"]
    write = Write.objects.get()
    waiting = editor_client.get(page).content.decode()
    assert re.search(r'id="write-state">.*?Sent</h2>', waiting)
    # The page polls; without JavaScript it offers to.
    assert 'hx-trigger="every 2s,' in waiting
    assert '<noscript><p><a href="">Reload this page</a>' in waiting
    sandbox.settle()
    sandbox.faults.add("", "status", status=503, count=-1)
    assert deliver(company, write.push_operation_key) == 204
    html = editor_client.get(page).content.decode()
    assert re.search(r'id="write-state">\s*Accepted', html)


@pytest.mark.django_db(transaction=True)
def test_an_event_about_another_company_changes_nothing_here(company: str, editor: User) -> None:
    write = journal_row(company, editor, state=State.PENDING, push_operation_key="push-7")
    assert deliver(str(uuid.uuid4()), "push-7") == 204
    write.refresh_from_db()
    assert write.state == State.PENDING


def test_deleted_values_are_mentioned_on_each_page(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    old = timezone.now() - timedelta(days=400)
    write = journal_row(company, editor, state=State.FAILED, created_at=old, completed_at=old)
    assert "Fix and send again" in change_page(editor_client, write)
    call_command("forget_payloads", verbosity=0)
    write.refresh_from_db()
    assert write.payload == write.before == write.customer_name == ""
    page = change_page(editor_client, write)
    assert "The values were deleted" in page
    for gone in ("new 2", "old 1", "Birkett", "Fix and send again"):
        assert gone not in page
    assert "editor" in page
    form = editor_client.get(f"{links.edit(company, '39')}?write={write.pk}")
    assert "deleted under the retention policy" in form.content.decode()
    assert editor_client.get(links.writes(company)).status_code == 200
