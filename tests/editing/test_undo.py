"""Undoing a change: the values from before it are sent as a new change, guarded like every save."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User

from customers.editing.edit import Edit
from customers.editing.save import AlreadySaved, MergeNeeded, Sent, Unchanged
from customers.editing.undo import NotUndoable, undo
from customers.models import Write
from customers.service import default_service
from customers.web import links
from customers.writes.showing.effects import is_undo, own_changes
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.editing.test_save import change, sent, target
from tests.editing.test_save import saved as save_edit
from tests.support.journal import accepted, calls, changed_in_codat, customer, journal_row

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def undone(sandbox: Sandbox, write: Write, user: User) -> object:
    """The outcome of an undo."""
    return undo(target(sandbox, write.customer_id), write, user=user, service=default_service())


def old_phone(sandbox: Sandbox) -> str:
    return str(sandbox.state("qbo").copy[customer(sandbox)]["phone"])


def test_the_values_from_before_are_sent_as_a_new_change(sandbox: Sandbox, editor: User) -> None:
    before = old_phone(sandbox)
    write = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    outcome = undone(sandbox, write, editor)
    assert isinstance(outcome, Sent)
    new = outcome.write
    assert new.sent_values["phone"] == before
    assert (new.retry_of, is_undo(new), is_undo(write)) == (write, True, False)
    assert [change.path for change in own_changes(new, [write])] == ["phone"]


def test_a_change_is_undone_once(sandbox: Sandbox, editor: User) -> None:
    write = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    first = undone(sandbox, write, editor)
    second = undone(sandbox, write, editor)
    assert isinstance(first, Sent)
    assert second == AlreadySaved(first.write)
    assert len(calls(sandbox)) == 2


def test_an_undo_can_be_undone(sandbox: Sandbox, editor: User) -> None:
    write = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    first = undone(sandbox, write, editor)
    assert isinstance(first, Sent)
    again = undone(sandbox, first.write, editor)
    assert isinstance(again, Sent)
    assert again.write.sent_values["phone"] == "+44 1"


def test_what_others_changed_since_stays(sandbox: Sandbox, editor: User) -> None:
    write = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    sent(save_edit(change(sandbox, emailAddress="new@example.com"), editor))
    outcome = undone(sandbox, write, editor)
    assert isinstance(outcome, Sent)
    assert outcome.write.sent_values["emailAddress"] == "new@example.com"


def test_a_change_that_was_pending_before_is_not_undone_with_it(
    sandbox: Sandbox, editor: User
) -> None:
    sent(save_edit(change(sandbox, phone="+44 1"), editor))
    # Opened with the first one in it: it sends that phone, too.
    one = target(sandbox, customer(sandbox))
    record, _ = one.with_pending(one.read(default_service()), journal_row("x", editor).submission)
    edit = Edit(one, one.form(record, filled=record | {"emailAddress": "new@example.com"}))
    second = sent(save_edit(edit, editor))
    assert second.sent_values["phone"] == "+44 1"
    outcome = undone(sandbox, second, editor)
    assert isinstance(outcome, Sent)
    assert outcome.write.sent_values["phone"] == "+44 1"


def test_a_field_that_was_changed_since_is_asked_about(sandbox: Sandbox, editor: User) -> None:
    write = accepted(sandbox, editor, customer(sandbox), phone="+44 1")
    sandbox.settle()
    Write.objects.update(confirmation="confirmed", confirmed_at=write.completed_at)
    write.refresh_from_db()
    changed_in_codat(sandbox, write.customer_id, phone="+44 theirs")
    outcome = undone(sandbox, write, editor)
    assert isinstance(outcome, MergeNeeded)
    assert [conflict.path for conflict in outcome.merge.conflicts] == ["phone"]


def test_values_that_are_back_already_are_not_sent(sandbox: Sandbox, editor: User) -> None:
    before = old_phone(sandbox)
    write = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    Write.objects.update(state="success", confirmation="confirmed", confirmed_at=write.created_at)
    write.refresh_from_db()
    assert old_phone(sandbox) == before
    assert isinstance(undone(sandbox, write, editor), Unchanged)


@pytest.mark.parametrize(
    "values", [{"kind": "create"}, {"state": "failed"}, {"payload": ""}, {"state": "unknown"}]
)
def test_what_cannot_be_undone(sandbox: Sandbox, editor: User, values: dict[str, str]) -> None:
    row = {"customer_id": customer(sandbox), "state": "success"} | values
    write = journal_row(sandbox.company("qbo"), editor, **row)
    assert isinstance(undone(sandbox, write, editor), NotUndoable)


# -- the pages --------------------------------------------------------------------------------------


def test_undo_is_a_button_on_the_page_of_the_change(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    write = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    page = links.write(write.company_id, write.pk)
    undo_url = links.undo(write.company_id, write.pk)
    assert f'action="{undo_url}"' in editor_client.get(page).content.decode()
    answer = editor_client.post(undo_url)
    new = Write.objects.latest("created_at")
    assert (answer.status_code, answer["Location"]) == (303, links.write(new.company_id, new.pk))
    assert "Undoes" in editor_client.get(answer["Location"]).content.decode()
    before = editor_client.get(page).content.decode()
    assert "Undone by" in before
    assert f'action="{undo_url}"' not in before
    assert editor_client.post(undo_url)["Location"] == answer["Location"]


def test_in_place_the_page_loads_its_record_again(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    write = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    answer = editor_client.post(links.undo(write.company_id, write.pk), headers=HTMX)
    assert answer.status_code == 204
    assert "customers-refreshed" in answer["HX-Trigger"]
    assert "Undo sent." in answer["HX-Trigger"]
    new = Write.objects.latest("created_at")
    assert links.write(new.company_id, new.pk) in answer["HX-Trigger"]


def test_what_prevents_it_is_said_and_the_form_offered(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    write = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    Write.objects.update(state="success", confirmation="confirmed", confirmed_at=write.created_at)
    changed_in_codat(sandbox, write.customer_id, phone="+44 theirs")
    form = links.revert(write.company_id, write.customer_id, write.connection_id, write.pk)
    for headers in ({}, HTMX):
        answer = editor_client.post(links.undo(write.company_id, write.pk), headers=headers)
        assert answer.status_code == 409
        html = answer.content.decode()
        assert "Nothing was undone. This was changed again since: Phone" in html
        assert form.replace("&", "&amp;") in html
    assert editor_client.get(form).status_code == 200
    assert Write.objects.count() == 1


@pytest.mark.usefixtures("no_waiting")
def test_codat_away_says_that_nothing_was_undone(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    write = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    sandbox.faults.add("/data/customers", "status", status=503, count=9)
    answer = editor_client.post(links.undo(write.company_id, write.pk), headers=HTMX)
    assert answer.status_code == 503
    assert "Nothing was undone." in answer.content.decode()
    assert Write.objects.count() == 1


def test_a_viewer_has_no_undo(sandbox: Sandbox, editor: User, viewer_client: RawPathClient) -> None:
    write = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    assert viewer_client.post(links.undo(write.company_id, write.pk)).status_code == 403
    page = viewer_client.get(links.customer(write.company_id, write.customer_id))
    assert "/undo/" not in page.content.decode()


def test_the_undo_of_an_earlier_change_of_ones_own_names_nobody_else(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    """One person changed the same field twice: it said that somebody else had."""
    first = sent(save_edit(change(sandbox, phone="+44 1"), editor))
    one = target(sandbox, first.customer_id)
    record, _ = one.with_pending(one.read(default_service()), uuid.uuid4())
    sent(save_edit(Edit(one, one.form(record, filled=record | {"phone": "+44 2"})), editor))
    answer = editor_client.post(links.undo(first.company_id, first.pk), headers=HTMX)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "This was changed again since: Phone" in html
    assert "Somebody else" not in html
