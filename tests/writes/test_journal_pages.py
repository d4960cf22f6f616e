"""The journal as people meet it: links between tries, times, the count on every page, events, retention."""

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
from customers.writes import webhooks
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.controls import fields
from tests.support.journal import wait_for
from tests.writes.test_views import make

pytestmark = pytest.mark.django_db
State = Write.State


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    return sandbox.company("qbo")


def show(client: RawPathClient, write: Write) -> str:
    """The page of a write."""
    return client.get(links.write(write.company_id, write.pk)).content.decode()


# -- one write --------------------------------------------------------------------------------------


def test_a_try_and_its_retry_lead_to_each_other(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    first = make(company, editor, state=State.FAILED, completed_at=timezone.now())
    retry = make(company, editor, retry_of=first)
    assert f'href="{links.write(company, retry.pk)}"' in show(viewer_client, first)
    assert f'href="{links.write(company, first.pk)}"' in show(viewer_client, retry)


@pytest.mark.parametrize(
    ("seconds", "said"), [(7, "7 s"), (125, "2 min"), (5400, "90 min"), (9000, "2.5 h")]
)
def test_how_long_it_took(
    company: str, editor: User, viewer_client: RawPathClient, seconds: int, said: str
) -> None:
    end = timezone.now()
    write = make(
        company,
        editor,
        state=State.FAILED,
        sent_at=end - timedelta(seconds=seconds),
        completed_at=end,
    )
    history = viewer_client.get(links.writes(company)).content.decode()
    assert f'<td data-label="Duration" class="num">{said}</td>' in history
    assert f", after {said}<" in show(viewer_client, write)


def test_nobody_knows_yet_how_long_it_takes(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    make(company, editor, state=State.PENDING)
    history = viewer_client.get(links.writes(company)).content.decode()
    assert '<td data-label="Duration" class="num">–</td>' in history


def test_a_page_that_has_stopped_asking_says_so(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    old = timezone.now() - timedelta(hours=3)
    write = make(company, editor, state=State.PENDING, created_at=old, checked_at=timezone.now())
    page = show(viewer_client, write)
    assert "no longer updates by itself" in page
    assert 'hx-trigger="load delay' not in page
    assert "Check now" in page
    write.state = State.TIMED_OUT
    write.save()
    assert "no longer updates by itself" not in show(viewer_client, write)


@pytest.mark.parametrize("state", Write.State.values)
def test_each_state_has_a_sentence(
    company: str, editor: User, viewer_client: RawPathClient, state: str
) -> None:
    write = make(company, editor, state=state, checked_at=timezone.now(), platform_name="Ledger 9")
    said = re.search(r'id="write-state">.*?</h2>\s*<p>(.*?)</p>', show(viewer_client, write), re.S)
    assert said
    assert len(said[1]) > 15
    assert said[1].endswith(".")


# -- my own, from every page ------------------------------------------------------------------------


def test_my_unfinished_writes_are_one_click_from_every_page(
    company: str, editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    write = make(company, editor, state=State.PENDING, checked_at=timezone.now())
    pages = [
        "/companies/",
        links.customers(company),
        links.customer(company, "39"),
        links.edit(company, "39"),
        links.new(company),
        links.attachments(company, "39"),
        links.writes(company),
        links.codat_writes(company),
        links.my_writes(),
        links.write(company, write.pk),
        links.freshness(company),
        links.customers(sandbox.company("never_synced")),
        links.customers(sandbox.company("no_accounting")),
        links.edit(sandbox.company("deauthorized"), "1"),
        links.customer(company, "nobody"),
        "/nowhere/",
        "/accounts/password/",
    ]
    sandbox.faults.add("/data/customers/40/?$", "status", status=503, count=-1)
    for url in [*pages, links.customer(company, "40")]:
        page = editor_client.get(url).content.decode()
        found = re.search(r'<a id="my-writes" href="([^"]+)".*?</a>', page, re.S)
        assert found, url
        assert found[1] == links.my_writes()
        assert ">1<span" in found[0], url


def test_the_count_follows_what_becomes_of_them(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    """The link asks for itself again: see `test_audit_browser` for the asking."""
    write = make(company, editor, state=State.PENDING, checked_at=timezone.now())
    assert ">1<span" in editor_client.get("/writes/badge/").content.decode()
    for state in (State.SENDING, State.UNKNOWN):
        Write.objects.update(state=state)
        assert ">1<span" in editor_client.get("/writes/badge/").content.decode()
    Write.objects.filter(pk=write.pk).update(state=State.SUCCESS)
    badge = editor_client.get("/writes/badge/").content.decode()
    assert "badge" not in badge.replace("writes/badge/", "")
    assert 'hx-trigger="every 30s"' in badge


# -- events -----------------------------------------------------------------------------------------


def deliver(company: str, key: str) -> int:
    """An event of Codat's about a write that ended well; the status of the answer."""
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
def test_an_event_settles_the_page_before_codat_is_asked(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.edit(company, "39")
    typed = fields(editor_client.get(url)) | {"f.phone": "+44 1"}
    page = editor_client.post(url, typed)["Location"]
    write = Write.objects.get()
    waiting = editor_client.get(page).content.decode()
    assert re.search(r'id="write-state">.*?Sent</h2>', waiting)
    # It looks again by itself, without JavaScript too.
    assert 'hx-trigger="load delay:2s"' in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting
    sandbox.settle()
    sandbox.faults.add("", "status", status=503, count=-1)
    assert deliver(company, write.push_operation_key) == 204
    html = editor_client.get(page).content.decode()
    assert re.search(r'id="write-state">\s*Accepted', html)


@pytest.mark.django_db(transaction=True)
def test_an_event_about_another_company_settles_nothing_here(company: str, editor: User) -> None:
    write = make(company, editor, state=State.PENDING, push_operation_key="push-7")
    assert deliver(str(uuid.uuid4()), "push-7") == 204
    write.refresh_from_db()
    assert write.state == State.PENDING


# -- histories of more than a page ------------------------------------------------------------------


def test_long_histories_come_in_pages(
    company: str, editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    for number in range(51):
        make(company, editor, state=State.SUCCESS, customer_name=f"Number {number}.")
    first = editor_client.get(links.writes(company), {"by": "editor"}).content.decode()
    assert "51 changes" in first
    assert "Number 50." in first
    assert "Number 0." not in first
    assert 'href="?by=editor&amp;page=2"' in first
    second = editor_client.get(links.writes(company), {"by": "editor", "page": "2"})
    assert "Number 0." in second.content.decode()

    push = {"dataType": "customers", "status": "Success", "companyId": company}
    sandbox.state("qbo").pushes.extend(
        push | {"pushOperationKey": f"key-{n}", "requestedOnUtc": f"2026-01-01T00:{n:02}:00Z"}
        for n in range(51)
    )
    codat = editor_client.get(links.codat_writes(company)).content.decode()
    assert "51 in all" in codat
    assert f'href="{links.codat_writes(company)}?page=2"' in codat
    older = editor_client.get(links.codat_writes(company), {"page": "2"}).content.decode()
    assert "key-0<" in older
    assert "key-50<" not in older


# -- retention --------------------------------------------------------------------------------------


def test_what_was_forgotten_is_said_on_each_page(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    old = timezone.now() - timedelta(days=400)
    write = make(company, editor, state=State.FAILED, created_at=old, completed_at=old)
    call_command("forget_payloads", verbosity=0)
    write.refresh_from_db()
    assert write.payload == write.before == write.customer_name == ""
    page = show(editor_client, write)
    assert "The values were deleted" in page
    for gone in ("new 2", "old 1", "Birkett", "Open the form with what was sent"):
        assert gone not in page
    assert "editor" in page
    form = editor_client.get(f"{links.edit(company, '39')}?write={write.pk}")
    assert "deleted under the retention policy" in form.content.decode()
    assert editor_client.get(links.writes(company)).status_code == 200
