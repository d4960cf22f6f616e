"""What people did is recorded: changes, batches, imports, exports, settings, sign-ins, and what they were refused."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from customers.access.roles import Role
from customers.models import AuditEntry, Batch, Person, SavedView, Write
from customers.people import accounts
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.audit import entries, only
from tests.support.batches import customers_of
from tests.support.imports import csv_of
from tests.support.journal import COMPANY, customer, edit_customer, journal_row
from tests.support.pages import exports, new_batches

pytestmark = pytest.mark.django_db

Kind = AuditEntry.Kind


def test_changes_of_people_are_recorded(groups: None, viewer: User) -> None:
    by = User.objects.create_superuser("administrator")
    assert accounts.change_role(by, viewer.pk, Role.EDITOR)
    entry = only(Kind.PEOPLE)
    assert (entry.user_name, entry.subject) == ("administrator", str(viewer.pk))
    assert entry.detail == {"step": "role", "person": "viewer", "role": "Viewer → Editor"}


def test_an_export_is_recorded(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    exports.content(exports.export(viewer_client, exports.page_url(sandbox)))
    entry = only(Kind.EXPORT)
    assert entry.user_name == "viewer"
    assert entry.company_id == sandbox.company(COMPANY)
    assert links.exported(entry.company_id, entry.subject)
    assert entry.detail["format"]


def test_the_steps_of_an_import_and_of_its_batch_are_recorded(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    page = editor_client.get(links.new_import(sandbox.company(COMPANY)))
    fields = re.search(r'name="submission" value="([^"]+)"', page.content.decode())
    assert fields
    file = SimpleUploadedFile("a.csv", csv_of(["ID", "Phone"], [customer(sandbox), "1"]))
    url = links.new_import(sandbox.company(COMPANY), connection=sandbox.connection(COMPANY))
    answer = editor_client.post(url, {"submission": fields[1], "file": file})
    assert answer.status_code == 303
    entry = only(Kind.IMPORT)
    assert (entry.user_name, entry.detail) == ("editor", {"step": "upload"})
    assert entry.subject in answer["Location"]


def test_the_steps_of_a_batch_are_recorded(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User
) -> None:
    url = new_batches.url(sandbox)
    page = new_batches.opened(editor_client, url, *customers_of(sandbox, 2))
    batch = new_batches.batch_of(new_batches.save(editor_client, url, page))
    editor_client.post(links.batch(batch.company_id, batch.pk), {"action": "cancel"})
    assert Batch.objects.get().state == Batch.State.CANCELLED
    found = [(entry.subject, entry.user_name, entry.detail) for entry in entries(Kind.BATCH)]
    assert found == [
        (str(batch.pk), "editor", {"step": "create"}),
        (str(batch.pk), "editor", {"step": "cancel"}),
    ]


def test_a_change_is_recorded_as_a_link(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User
) -> None:
    edit_customer(editor_client, sandbox.company(COMPANY), customer(sandbox))
    write = Write.objects.get()
    entry = only(Kind.CHANGE)
    assert (entry.subject, entry.customer_id) == (str(write.pk), write.customer_id)
    assert entry.detail == {"change": "update", "again": False}


def test_a_decision_is_recorded(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User
) -> None:
    write = journal_row(sandbox.company(COMPANY), editor, state="unknown")
    url = links.write(write.company_id, write.pk)
    for _ in range(2):
        editor_client.post(url, {"decision": "not_received"})
    entry = only(Kind.DECISION)
    assert (entry.subject, entry.detail) == (str(write.pk), {"decision": "not_received"})


def test_views_of_the_team_are_settings(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    for posted in ({"name": "Mine"}, {"name": "Ours", "team": "on"}):
        editor_client.post("/views/new/", posted)
    team = SavedView.objects.get(owner=None)
    editor_client.post(f"/views/{team.pk}/", {"action": "delete"})
    found = [(entry.subject, entry.detail["step"]) for entry in entries(Kind.SETTING)]
    assert found == [(f"view {team.pk}", "view added"), (f"view {team.pk}", "view deleted")]


def test_sign_ins_and_failures_and_sign_outs_are_recorded(
    viewer: User, anonymous_client: RawPathClient
) -> None:
    def sign_in(name: str, password: str) -> None:
        anonymous_client.post(
            "/accounts/login/",
            {"username": name, "password": password, "login": name},
            REMOTE_ADDR="192.0.2.9",
        )

    sign_in("viewer", "wrong")
    sign_in("a-password-typed-as-a-name", "wrong")
    sign_in("viewer", "viewer-password")
    anonymous_client.post("/accounts/logout/", REMOTE_ADDR="192.0.2.9")
    failed, unknown = entries(Kind.SIGN_IN_FAILED)
    assert (failed.user_id, failed.subject, failed.detail) == (
        None,
        str(viewer.pk),
        {"account": "viewer"},
    )
    assert (unknown.subject, unknown.detail) == ("", {"account": ""})
    assert only(Kind.SIGN_IN).user_name == only(Kind.SIGN_OUT).user_name == "viewer"
    assert {entry.address for entry in AuditEntry.objects.all()} == {"192.0.2.9"}


def test_refused_pages_are_recorded(
    sandbox: Sandbox, viewer_client: RawPathClient, viewer: User
) -> None:
    company = sandbox.company(COMPANY)
    assert viewer_client.get(links.edit(company, customer(sandbox))).status_code == 403
    entry = only(Kind.DENIED)
    assert (entry.user_id, entry.company_id, entry.detail) == (viewer.pk, company, {"page": "edit"})


def test_a_company_that_a_person_may_not_see_is_refused(
    sandbox: Sandbox, viewer_client: RawPathClient, viewer: User
) -> None:
    """Its pages are missing for them, as those of a company that does not exist. The audit tells."""
    company = sandbox.company(COMPANY)
    person = Person.objects.get(user=viewer)
    Person.objects.filter(pk=person.pk).update(sees_all=False)
    assert viewer_client.get(links.customer(company, customer(sandbox))).status_code == 404
    entry = only(Kind.DENIED)
    assert (entry.user_id, entry.company_id, entry.detail) == (
        viewer.pk,
        company,
        {"page": "customer"},
    )
    assert not entries(Kind.READ)
    Person.objects.filter(pk=person.pk).update(sees_all=True)
    assert viewer_client.get(links.customer(company, "not-there")).status_code == 404
    assert only(Kind.DENIED) == entry


def test_a_refused_event_is_recorded_once_a_minute(
    settings: Settings, anonymous_client: RawPathClient
) -> None:
    settings.CODAT_WEBHOOK_SECRET = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA=="
    for number in range(3):
        answer = anonymous_client.post(
            "/webhooks/codat/",
            json.dumps({"number": number}),
            content_type="application/json",
            REMOTE_ADDR="192.0.2.10",
        )
        assert answer.status_code == 401
    entry = only(Kind.EVENT_REFUSED)
    assert (entry.user_id, entry.address) == (None, "192.0.2.10")
