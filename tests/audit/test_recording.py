"""Reads are recorded: by whom, from where; nothing is shown without its entry, and none holds a customer's value."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import OperationalError
from django.urls import URLPattern

from customers.audit import recording
from customers.models import AuditEntry, Write
from customers.urls import urlpatterns
from customers.web import audited, links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support import approvals
from tests.support.audit import entries, only
from tests.support.batch_rows import batch_of
from tests.support.batches import started
from tests.support.imports import checked, csv_of
from tests.support.journal import COMPANY, customer, edit_customer, journal_row
from tests.support.pages import attachments, exports

pytestmark = pytest.mark.django_db

Kind = AuditEntry.Kind

# Addresses of one customer that show nothing of it.
SHOW_NOTHING = {"draft"}


def test_each_page_about_one_customer_is_recorded() -> None:
    patterns = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
    recorded = {*audited.READS, *audited.FILES, *audited.DOWNLOADS}
    about_one = {one.name for one in patterns if "<id:customer_id>" in str(one.pattern)}
    assert about_one - recorded == SHOW_NOTHING
    assert recorded <= {one.name for one in patterns}


PAGES: dict[str, Callable[[str, str], str]] = {
    "details": links.customer,
    "form": links.edit,
    "timeline": links.timeline,
    "attachments": links.attachments,
    "form with its values": lambda company, pk: f"{links.new(company)}?from={pk}",
}


@pytest.mark.parametrize("page", PAGES)
def test_reading_a_customer_is_recorded(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User, page: str
) -> None:
    company, pk = sandbox.company(COMPANY), customer(sandbox)
    answer = editor_client.get(
        PAGES[page](company, pk), REMOTE_ADDR="192.0.2.7", headers={"X-Request-ID": "request-id-1"}
    )
    assert answer.status_code == 200
    entry = only(Kind.READ)
    assert (entry.user_id, entry.user_name, entry.address) == (editor.pk, "editor", "192.0.2.7")
    assert (entry.company_id, entry.customer_id) == (company, pk)
    assert entry.request_id == "request-id-1"
    assert entry.detail == {"page": page}


def test_reading_a_field_a_change_and_a_comparison_is_recorded(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User
) -> None:
    company, one, two = sandbox.company(COMPANY), customer(sandbox), customer(sandbox, 1)
    write = journal_row(company, editor, customer_id=one)
    for url in (
        f"{links.field(company, one)}?path=phone",
        links.write(company, write.pk),
        f"{links.compare(company)}?id={one}&id={two}&id={one}",
    ):
        assert editor_client.get(url, headers={"HX-Request": "true"}).status_code == 200
    found = [
        (entry.customer_id, entry.detail["page"], entry.subject) for entry in entries(Kind.READ)
    ]
    assert found == [
        (one, "field", ""),
        (one, "change", str(write.pk)),
        (one, "comparison", ""),
        (two, "comparison", ""),
    ]


def test_a_request_for_approval_and_reading_it_are_recorded(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    approvals.rule()
    request = approvals.waiting(sandbox, editor)
    assert editor_client.get(links.approval(request.pk)).status_code == 200
    read, asked = only(Kind.READ), only(Kind.APPROVAL)
    assert (read.company_id, read.customer_id) == (request.company_id, customer(sandbox))
    assert read.subject == asked.subject == str(request.pk)


def test_a_page_that_a_refused_post_shows_again_is_recorded(
    sandbox: Sandbox, editor: User, viewer_client: RawPathClient
) -> None:
    approvals.rule()
    request = approvals.waiting(sandbox, editor)
    answer = viewer_client.post(links.approval(request.pk), {"action": "no such button"})
    assert (answer.status_code, only(Kind.READ).customer_id) == (409, customer(sandbox))


def test_a_row_of_a_batch_is_recorded(
    sandbox: Sandbox, editor: User, viewer_client: RawPathClient
) -> None:
    company = sandbox.company(COMPANY)
    batch = batch_of(editor, company, "ready", checked=2)
    for position in (1, 2):
        answer = viewer_client.get(links.batch_row(company, batch.pk, position))
        assert answer.status_code == 200
    rows = [(row.customer_id, f"{batch.pk}:{row.position}") for row in batch.rows.all()]
    assert [(one.customer_id, one.subject) for one in entries(Kind.READ)] == rows


def test_pages_that_show_no_customer_are_not_recorded(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company = sandbox.company(COMPANY)
    for url in (
        "/",
        links.customers(company),
        f"{links.search()}?q=Beacon",
        links.new(company),
        f"{links.compare(company)}?id=one",
        links.customer(company, "not-there"),
    ):
        editor_client.get(url)
    assert not entries(Kind.READ)


def test_the_same_page_within_a_minute_is_one_entry_whatever_the_request_says(
    sandbox: Sandbox, viewer_client: RawPathClient, editor_client: RawPathClient
) -> None:
    """A header says that a request is automatic; anybody can send it."""
    url = links.customer(sandbox.company(COMPANY), customer(sandbox))
    automatic = {"HX-Request": "true", "Automatic-Request": "1"}
    assert viewer_client.get(url, headers=automatic).status_code == 200
    assert len(entries(Kind.READ)) == 1
    viewer_client.get(url)
    viewer_client.get(url, headers=automatic)
    # A part of the page, which it loads by itself.
    viewer_client.get(f"{url}attachments/", headers=automatic)
    assert len(entries(Kind.READ)) == 1
    editor_client.get(url)
    viewer_client.get(url, REMOTE_ADDR="192.0.2.8")
    assert len(entries(Kind.READ)) == 3
    caches["process"].clear()
    viewer_client.get(url)
    assert len(entries(Kind.READ)) == 4


@pytest.mark.parametrize(
    ("url", "file", "subject"),
    [
        (lambda s: attachments.download_url(s, "kinds", "pdf"), "file", "pdf"),
        (lambda s: attachments.attachment_url(s, "kinds", "pdf", "preview/"), "preview", "pdf"),
        (lambda s: attachments.archive_url(s, "kinds"), "archive of all", ""),
    ],
)
def test_opening_an_attachment_is_recorded(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    url: Callable[[Sandbox], str],
    file: str,
    subject: str,
) -> None:
    answer = viewer_client.get(url(sandbox))
    assert b"".join(answer)
    entry = only(Kind.FILE)
    assert (entry.customer_id, entry.subject, entry.detail) == ("kinds", subject, {"file": file})


@pytest.mark.django_db(transaction=True)
def test_other_files_are_recorded(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User
) -> None:
    company = sandbox.company(COMPANY)
    batch = started(sandbox, editor, 2)
    source = checked(sandbox, editor, csv_of(["ID", "Phone"], [customer(sandbox), "1"]))
    for url in (
        links.activity_file(),
        links.batch_result(company, batch.pk),
        links.import_problems(company, source.pk),
    ):
        assert b"".join(editor_client.get(url))
    found = [(entry.detail["file"], entry.subject) for entry in entries(Kind.DOWNLOAD)]
    assert found == [
        ("team’s activity", ""),
        ("rows of a batch", str(batch.pk)),
        ("problems of an import", str(source.pk)),
    ]


def _fails(*_: Any, **__: Any) -> None:
    raise OperationalError("database is locked")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_no_page_is_shown_without_its_entry(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
) -> None:
    url = links.customer(sandbox.company(COMPANY), customer(sandbox))
    name = str(sandbox.state(COMPANY).copy[customer(sandbox)]["customerName"])
    monkeypatch.setattr(audited, "record_all", _fails)
    answer = viewer_client.get(url, headers=headers)
    assert answer.status_code == 503
    assert "database does not respond" in answer.content.decode()
    assert name not in answer.content.decode()
    monkeypatch.undo()
    assert viewer_client.get(url, headers=headers).status_code == 200
    assert len(entries(Kind.READ)) == 1


def test_a_download_without_its_entry_ends(
    sandbox: Sandbox, viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audited, "record_all", _fails)
    answer = viewer_client.get(attachments.download_url(sandbox, "kinds", "pdf"))
    assert answer.status_code == 503
    assert not answer.streaming


def test_no_change_is_sent_without_its_entry(
    sandbox: Sandbox, editor_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row in the journal and the entry are stored together, or neither is."""
    monkeypatch.setattr(recording, "record", _fails)
    with pytest.raises(Write.DoesNotExist):
        edit_customer(editor_client, sandbox.company(COMPANY), customer(sandbox))
    assert not Write.objects.exists()
    assert not [call for call in sandbox.calls if call.method in ("PUT", "POST")]


@pytest.mark.django_db(transaction=True)
def test_no_entry_holds_a_value_of_a_customer(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User
) -> None:
    company, pk = sandbox.company(COMPANY), customer(sandbox)
    distinctive = {
        "customerName": "Zyxw Distinctive GmbH",
        "emailAddress": "zyxw@distinctive.example",
        "phone": "+99 88 7766 5544",
        "taxNumber": "TAX-ZYXW-1",
    }
    for copy in (sandbox.state(COMPANY).copy, sandbox.state(COMPANY).source):
        copy[pk] = copy[pk] | distinctive
    query = "?q=Zyxw+Distinctive"
    for url in (
        links.customers(company) + query,
        links.customer(company, pk) + "?list=q%3DZyxw&at=1",
        links.edit(company, pk),
        f"{links.field(company, pk)}?path=emailAddress",
        links.timeline(company, pk),
        f"{links.compare(company)}?id={pk}&id={customer(sandbox, 1)}",
        f"{links.new(company)}?from={pk}",
        links.search() + query,
        links.activity() + "?company=Zyxw+Distinctive",
        attachments.download_url(sandbox, "kinds", "pdf"),
    ):
        answer = editor_client.get(url, headers={"HX-Request": "true"})
        assert answer.status_code == 200, url
        b"".join(answer)
    edit_customer(editor_client, company, pk)
    editor_client.get(links.write(company, Write.objects.get().pk))
    exports.content(exports.export(editor_client, exports.page_url(sandbox, listed=query)))
    started(sandbox, editor, 3)
    checked(sandbox, editor, csv_of(["ID", "Name"], [pk, "Zyxw Distinctive Two"]), name="Zyxw.csv")
    stored = json.dumps(list(AuditEntry.objects.values()), default=str).casefold()
    assert AuditEntry.objects.count() >= 14
    for value in ("zyxw", "distinctive", "7766", "+44 new", "contract.pdf"):
        assert value not in stored
    assert pk.casefold() in stored


def test_an_entry_holds_what_both_databases_store() -> None:
    recording.record(
        Kind.READ, customer_id="a\0b\ud800" + "x" * 900, subject="\0", detail={"page": "\0"}
    )
    entry = only(Kind.READ)
    assert entry.customer_id.startswith("a\ufffdb")
    assert len(entry.customer_id) == recording.MAX_ID
    assert entry.detail == {"page": "\ufffd"}
