"""The panel of notes on each page, and the page of its own: with and without HTMX, and who may do what."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.access import people
from customers.models import Grant, Note, Owner, SubjectKind
from customers.notes import notes, owners
from customers.notes.subjects import Subject
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import journal_row
from tests.support.pages.controls import Controls
from tests.support.people import person

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    return sandbox.company("qbo")


@pytest.fixture
def customer(company: str) -> Subject:
    return Subject(SubjectKind.CUSTOMER, company, "39")


def text_of(page: Any) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", page.content.decode())


def added(subject: Subject, user: User, text: str = "Calls on Mondays") -> Note:
    return notes.add(subject, user, text, note_id=uuid.uuid4())


def subjects(company: str, editor: User) -> Iterator[Subject]:
    yield Subject(SubjectKind.COMPANY, company)
    yield Subject(SubjectKind.CUSTOMER, company, "39")
    yield Subject(SubjectKind.CUSTOMER, company, "a/b ü")
    yield Subject(SubjectKind.CHANGE, company, str(journal_row(company, editor).pk))
    yield Subject(SubjectKind.PROBLEM, company, "refused-1")


def test_each_subject_has_its_page_and_a_form_that_works_without_scripts(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    for subject in subjects(company, editor):
        page = viewer_client.get(subject.notes_url)
        assert page.status_code == 200, subject
        assert f'href="{subject.company_url}"' in page.content.decode()
        fields = Controls(page.content.decode()).fields | {"text": "Calls on Mondays"}
        posted = viewer_client.post(subject.notes_url, fields | {"action": "add"})
        assert (posted.status_code, posted["Location"]) == (303, f"{subject.notes_url}?done=added")
        page = viewer_client.get(posted["Location"])
        assert "Note added." in text_of(page)
        assert "Calls on Mondays" in text_of(page)
        (note,) = notes.listed(subject).notes
        assert note.author_name == "viewer"


def test_the_panel_is_on_the_page_of_its_subject(
    company: str, customer: Subject, editor: User, viewer: User, viewer_client: RawPathClient
) -> None:
    write = journal_row(company, editor)
    change = Subject(SubjectKind.CHANGE, company, str(write.pk))
    for subject in (customer, change):
        added(subject, viewer, f"On a {subject.kind}")
        owners.set_owner(subject, viewer, by=editor)
        page = viewer_client.get(subject.url).content.decode()
        assert f"On a {subject.kind}" in page
        assert "set by <bdi>editor</bdi>" in page
        assert f'action="{subject.notes_url}"' in page
    assert (
        f'href="{links.notes(company)}"'
        in viewer_client.get(links.customers(company)).content.decode()
    )


def test_a_problem_has_its_notes(company: str, editor: User, editor_client: RawPathClient) -> None:
    journal_row(company, editor, state="failed", confirmation="")
    home = editor_client.get("/").content.decode()
    keys = re.findall(r'href="/problems/(refused-\w+|not-sent-\w+)/"', home)
    subject = Subject(SubjectKind.PROBLEM, company, keys[0])
    added(subject, editor, "Waiting for the bank")
    page = editor_client.get(subject.url).content.decode()
    assert "Waiting for the bank" in page
    assert "Change owner" not in page


def test_htmx_gets_the_panel_alone(customer: Subject, viewer_client: RawPathClient) -> None:
    panel = viewer_client.get(customer.notes_url, headers=HTMX)
    assert panel.content.decode().lstrip().startswith('<section id="notes"')
    assert "HX-Request" in panel["Vary"]
    refused = viewer_client.post(customer.notes_url, {"action": "add", "text": ""}, headers=HTMX)
    assert refused.status_code == 422
    assert "Enter the note." in text_of(refused)


def test_what_was_typed_is_kept(
    customer: Subject, viewer: User, viewer_client: RawPathClient
) -> None:
    text = "x" * 4001
    refused = viewer_client.post(customer.notes_url, {"action": "add", "text": text})
    assert refused.status_code == 422
    assert text in refused.content.decode()
    assert "Shorten the note to 4,000 characters" in text_of(refused)
    note = added(customer, viewer)
    fields = {"action": "edit", "note": str(note.pk), "text": text}
    refused = viewer_client.post(customer.notes_url, fields)
    assert refused.status_code == 422
    assert text in refused.content.decode()


def test_one_edits_and_deletes_ones_own(
    customer: Subject, viewer: User, editor: User, viewer_client: RawPathClient
) -> None:
    theirs, own = added(customer, editor, "Theirs"), added(customer, viewer, "Mine")
    page = viewer_client.get(customer.notes_url).content.decode()
    assert f'id="edit-{own.pk}"' in page
    assert f'id="edit-{theirs.pk}"' not in page
    page = viewer_client.get(f"{customer.notes_url}?edit={own.pk}").content.decode()
    assert 'id="edited-text"' in page
    page = viewer_client.get(f"{customer.notes_url}?edit={theirs.pk}").content.decode()
    assert 'id="edited-text"' not in page

    def act(action: str, note: Note) -> str:
        fields = {"action": action, "note": str(note.pk), "text": "Changed"}
        return str(viewer_client.post(customer.notes_url, fields)["Location"])

    assert act("edit", own).endswith("done=edited")
    assert act("edit", theirs).endswith("done=gone")
    assert act("delete", theirs).endswith("done=gone")
    assert act("delete", own).endswith("done=deleted")
    page = text_of(viewer_client.get(customer.notes_url))
    assert "Theirs" in page
    assert "Changed" not in page.replace("Note changed", "")
    assert "Deleted by the author" in page


def test_a_button_that_does_not_exist(customer: Subject, viewer_client: RawPathClient) -> None:
    for fields in ({}, {"action": "shout"}):
        assert viewer_client.post(customer.notes_url, fields).status_code == 422


def test_hostile_text_is_escaped(
    customer: Subject, viewer: User, viewer_client: RawPathClient
) -> None:
    added(customer, viewer, "<script>alert(1)</script> @viewer</strong>")
    page = viewer_client.get(customer.notes_url).content.decode()
    assert "<script>alert(1)" not in page
    assert "<strong>@viewer</strong>&lt;/strong&gt;" in page


def test_an_editor_sets_the_owner(
    company: str, customer: Subject, viewer: User, editor_client: RawPathClient
) -> None:
    hidden = person("hidden", sees_all=False)
    people.grant(hidden, Grant.Kind.COMPANY, "another")
    page = editor_client.get(f"{customer.notes_url}?owner=choose").content.decode()
    assert f'<option value="{viewer.pk}"' in page
    assert "hidden</option>" not in page
    post = {"action": "owner", "user": str(viewer.pk)}
    assert editor_client.post(customer.notes_url, post).status_code == 303
    owner = owners.owner_of(customer)
    assert owner is not None
    assert (owner.user, owner.set_by_name) == (viewer, "editor")
    for wrong in (str(hidden.pk), "99999", "x", "9" * 20):
        refused = editor_client.post(customer.notes_url, {"action": "owner", "user": wrong})
        assert refused.status_code == 422
        assert "Select a person who may see this company." in text_of(refused)
    assert (
        editor_client.post(customer.notes_url, {"action": "owner", "user": ""}).status_code == 303
    )
    assert not Owner.objects.exists()


def test_the_same_owner_keeps_who_set_them(customer: Subject, viewer: User, editor: User) -> None:
    owners.set_owner(customer, viewer, by=editor)
    owners.set_owner(customer, viewer, by=viewer)
    owner = owners.owner_of(customer)
    assert owner is not None
    assert owner.set_by_name == "editor"
    owners.set_owner(customer, editor, by=viewer)
    owner = owners.owner_of(customer)
    assert owner is not None
    assert (owner.user, owner.set_by_name) == (editor, "viewer")


@pytest.mark.parametrize("why", ["off", "elsewhere"])
def test_an_owner_who_cannot_be_chosen_stays_until_another_is(
    customer: Subject, viewer: User, editor: User, editor_client: RawPathClient, why: str
) -> None:
    owners.set_owner(customer, viewer, by=editor)
    if why == "off":
        User.objects.filter(pk=viewer.pk).update(is_active=False)
    else:
        people.set_sees_all(viewer, sees_all=False)
    page = editor_client.get(f"{customer.notes_url}?owner=choose").content.decode()
    (selected,) = re.findall(r'<option value="([0-9]*)" selected>viewer', page)
    assert page.count(" selected") == 1
    post = {"action": "owner", "user": selected}
    assert editor_client.post(customer.notes_url, post).status_code == 303
    assert Owner.objects.get().user == viewer
    editor_client.post(customer.notes_url, {"action": "owner", "user": ""})
    assert editor_client.post(customer.notes_url, post).status_code == 422
    assert not Owner.objects.exists()


def test_a_viewer_sets_no_owner(
    company: str, customer: Subject, viewer: User, viewer_client: RawPathClient
) -> None:
    page = viewer_client.get(f"{customer.notes_url}?owner=choose").content.decode()
    assert "<select" not in page.partition('id="notes"')[2].partition("</section>")[0]
    post = {"action": "owner", "user": str(viewer.pk)}
    assert viewer_client.post(customer.notes_url, post).status_code == 403
    assert not Owner.objects.exists()


def test_a_problems_owner_is_not_set_here(company: str, editor_client: RawPathClient) -> None:
    subject = Subject(SubjectKind.PROBLEM, company, "refused-1")
    assert editor_client.post(subject.notes_url, {"action": "owner"}).status_code == 403


def test_what_has_no_notes(company: str, viewer_client: RawPathClient) -> None:
    for path in (
        "batch/1/",
        f"change/{uuid.uuid4()}/",
        "change/1/",
        "company/1/",
        f"customer/{'x' * 301}/",
    ):
        assert viewer_client.get(f"/companies/{company}/notes/{path}").status_code == 404, path


def test_a_company_out_of_scope_has_no_notes(
    customer: Subject, viewer: User, viewer_client: RawPathClient
) -> None:
    added(customer, viewer)
    people.set_sees_all(viewer, sees_all=False)
    for response in (
        viewer_client.get(customer.notes_url),
        viewer_client.post(customer.notes_url, {"action": "add", "text": "Mine"}),
        viewer_client.get(links.notes(customer.company_id)),
    ):
        assert response.status_code == 404
        assert "Calls on Mondays" not in response.content.decode()
    assert Note.objects.count() == 1


def test_two_queries_however_many_notes(
    customer: Subject, viewer: User, rf: Any, django_assert_num_queries: Any
) -> None:
    from customers.notes.panel import panel

    for number in range(30):
        added(customer, viewer, f"{number} @viewer")
    owners.set_owner(customer, viewer, by=viewer)
    request = rf.get("/")
    request.user = User.objects.get(pk=viewer.pk)
    request.user.has_perm("customers.read_customers")
    with django_assert_num_queries(2):
        shown = panel(request, customer)
        assert shown.owner is not None
        assert shown.owner.user.username == "viewer"
    assert len(shown.lines) == 10
    assert shown.earlier_url
