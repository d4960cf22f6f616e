"""My changes, its number on every page, and what has been seen."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Write
from customers.web import attention, links
from customers.writes import journal
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import journal_row
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db

State = Write.State
# The number of problems: one.
BADGE = '<span class="badge">1</span>'


def test_my_changes_lists_what_needs_attention_and_the_badge_counts_it(
    company: str, editor: User, viewer: User, editor_client: RawPathClient
) -> None:
    mine = journal_row(company, editor, state=Write.State.PENDING, checked_at=timezone.now())
    journal_row(company, editor, state=Write.State.SUCCESS)
    journal_row(company, viewer, state=Write.State.PENDING)
    page = editor_client.get("/companies/").content.decode()
    badge = re.search(r'id="my-writes".*?</a>', page, re.DOTALL)
    assert badge
    assert "1 in progress" in badge[0]
    assert "every 30s" in badge[0]
    polled = editor_client.get(
        "/writes/badge/", headers={"HX-Current-URL": "http://testserver/companies/"}
    )
    assert badge[0] in polled.content.decode()
    html = editor_client.get(links.my_writes()).content.decode()
    assert re.findall(r"/writes/([0-9a-f-]{36})/", html) == [str(mine.pk)]
    assert '<option value="open" data-default selected>' in html
    everything = editor_client.get(links.my_writes() + "?state=").content.decode()
    assert len(re.findall(r"/writes/([0-9a-f-]{36})/", everything)) == 2


def test_every_page_links_to_my_changes(
    company: str, editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    write = journal_row(company, editor, state=State.PENDING, checked_at=timezone.now())
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
        assert "1 in progress" in found[0], url


def test_the_number_follows_the_states(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    """That the link polls is tested in the browser."""
    write = journal_row(company, editor, state=State.PENDING, checked_at=timezone.now())
    assert "1 in progress" in editor_client.get("/writes/badge/").content.decode()
    Write.objects.update(state=State.SENDING)
    assert "1 in progress" in editor_client.get("/writes/badge/").content.decode()
    Write.objects.update(state=State.UNKNOWN)
    assert BADGE in editor_client.get("/writes/badge/").content.decode()
    Write.objects.filter(pk=write.pk).update(state=State.SUCCESS)
    badge = editor_client.get("/writes/badge/").content.decode().partition("</a>")[0]
    assert "nav-count" not in badge
    assert 'hx-trigger="every 30s"' in badge


@pytest.mark.parametrize("state", ["failed", "timed_out"])
def test_a_failed_change_needs_attention_until_its_person_has_seen_it(
    company: str,
    editor: User,
    editor_client: RawPathClient,
    viewer_client: RawPathClient,
    state: str,
) -> None:
    def badge() -> str:
        return editor_client.get("/writes/badge/").content.decode()

    write = journal_row(company, editor, state=state, completed_at=timezone.now())
    url = links.write(company, write.pk)
    assert BADGE in badge()
    assert url in editor_client.get(links.my_writes()).content.decode()
    viewer_client.get(url)
    assert BADGE in badge()  # Another person has seen it.
    editor_client.get(url)
    assert BADGE not in badge()
    assert url not in editor_client.get(links.my_writes()).content.decode()


def test_a_refusal_shown_in_the_form_counts_as_seen(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    write = journal_row(company, editor, state=Write.State.FAILED)
    editor_client.get(f"{links.edit(company, '39')}?write={write.pk}")
    write.refresh_from_db()
    assert write.seen_at is not None


def test_a_refusal_after_a_seen_time_out_needs_attention_again(company: str, editor: User) -> None:
    write = journal_row(company, editor, state=Write.State.TIMED_OUT, push_operation_key="k")
    write.mark_seen_by(editor.pk)
    assert attention.of_user(editor.pk).problems == 0
    journal.apply_result(write, {"pushOperationKey": "k", "status": "TimedOut"}, by="poll")
    assert attention.of_user(editor.pk).problems == 0
    journal.apply_result(write, {"pushOperationKey": "k", "status": "Failed"}, by="poll")
    assert attention.of_user(editor.pk).problems == 1


def test_unsaved_drafts_of_every_company_are_listed(
    company: str, editor_client: RawPathClient, viewer_client: RawPathClient
) -> None:
    assert 'id="unsaved"' not in editor_client.get(links.my_writes()).content.decode()
    for customer_id, name in (("39", ""), ("", "Half Typed Ltd")):
        form = links.edit(company, customer_id) if customer_id else links.new(company)
        typed = fields(editor_client.get(form)) | {"f.phone": "555 draft"}
        typed |= {"f.customerName": name} if name else {}
        assert editor_client.post(links.draft(company, customer_id), typed).status_code == 204

    page = editor_client.get(links.my_writes()).content.decode()
    assert "<summary>2 drafts</summary>" in page
    assert re.search(
        r"Half Typed Ltd</bdi> \(new\)\s+<span class=\"muted\"><bdi>Castle Street Cycles</bdi>",
        page,
    )
    continues = re.findall(r'href="([^"]+)">Continue<', page)
    assert len(continues) == 2
    for link in continues:
        assert fields(editor_client.get(unescape(link)))["f.phone"] == "555 draft"
    assert "Half Typed" not in viewer_client.get(links.my_writes()).content.decode()

    typed = fields(editor_client.get(unescape(continues[0]))) | {
        "f.status": "Active",
        "action": "save",
    }
    assert editor_client.post(continues[0].partition("?")[0], typed).status_code == 303
    page = editor_client.get(links.my_writes()).content.decode()
    assert len(re.findall(r'href="([^"]+)">Continue<', page)) == 1
