"""The save as a use case: called without a request, as a command or a batch calls it."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict

from customers.codat.companies import accounting_connections
from customers.codat.errors import CodatError
from customers.editing.edit import Edit, SaveOptions, Target
from customers.editing.save import (
    AlreadySaved,
    AlreadySavedDifferently,
    Invalid,
    MergeNeeded,
    Outcome,
    SameName,
    Sent,
    Unchanged,
    save,
)
from customers.models import Draft, Write
from customers.service import default_service
from sandbox import Sandbox
from tests.support.journal import COMPANY, calls, customer
from tests.support.programs import processes

pytestmark = pytest.mark.django_db
PHONE = "+44 20 7946 0123"


def target(sandbox: Sandbox, customer_id: str = "") -> Target:
    """The form of a customer, or of a new one, of the company `qbo`."""
    service, company_id = default_service(), sandbox.company(COMPANY)
    company = service.get_company(company_id=company_id)
    connection = accounting_connections(company)[0]
    model = service.get_create_update_model(
        company_id=company_id, connection_id=str(connection.get("id"))
    )
    return Target(company_id, company, connection, customer_id, model)


def change(sandbox: Sandbox, **values: Any) -> Edit:
    """An edit of the first customer: the record as read, with new values."""
    one = target(sandbox, customer(sandbox))
    record = one.read(default_service())
    return Edit(one, one.form(record, filled=record | values))


def new(sandbox: Sandbox, name: str, **values: Any) -> Edit:
    """An edit that adds a customer."""
    one = target(sandbox)
    return Edit(one, one.form(filled={"customerName": name, "status": "Active"} | values))


def saved(edit: Edit, user: User, choices: dict[str, str] | None = None) -> Outcome:
    """The outcome of a save, with a person's choices in a conflict."""
    data = QueryDict(mutable=True)
    data.update(choices or {})
    return save(edit, user=user, service=default_service(), choices=data if choices else None)


def sent(outcome: Outcome) -> Write:
    """The write of a save that was sent."""
    assert isinstance(outcome, Sent), outcome
    return outcome.write


def test_a_change_is_sent_with_every_other_value_as_it_was_read(
    sandbox: Sandbox, editor: User
) -> None:
    write = sent(saved(change(sandbox, phone=PHONE), editor))

    assert (write.state, write.kind, write.username) == ("pending", "update", "editor")
    assert write.values_before == sandbox.state(COMPANY).copy[customer(sandbox)]
    assert write.sent_values == change(sandbox).form.payload() | {"phone": PHONE}
    assert len(calls(sandbox, "PUT")) == 1


def test_a_new_customer_is_sent(sandbox: Sandbox, editor: User) -> None:
    write = sent(saved(new(sandbox, "Bakery Ltd"), editor))

    assert (write.kind, write.customer_name, write.before) == ("create", "Bakery Ltd", "")
    assert len(calls(sandbox, "POST")) == 1


def test_the_options_of_a_save_are_sent(sandbox: Sandbox, editor: User) -> None:
    edit = replace(change(sandbox, phone=PHONE), options=SaveOptions("15", force=True))

    write = sent(saved(edit, editor))

    assert (write.timeout_in_minutes, write.force_update) == (15, True)
    assert calls(sandbox, "PUT")[0].query == {"timeoutInMinutes": "15", "forceUpdate": "true"}


def test_a_refusal_by_codat_is_in_the_state_of_the_write(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("PUT", "status", status=400)
    assert sent(saved(change(sandbox, phone=PHONE), editor)).state == Write.State.FAILED


def test_an_edit_without_a_change_is_not_sent(sandbox: Sandbox, editor: User) -> None:
    assert isinstance(saved(change(sandbox), editor), Unchanged)
    assert not Write.objects.exists()


def test_an_invalid_form_is_not_sent_and_names_its_errors(sandbox: Sandbox, editor: User) -> None:
    outcome = saved(new(sandbox, ""), editor)
    assert isinstance(outcome, Invalid)
    assert "f.customerName" in outcome.form.errors
    assert not Write.objects.exists()


@pytest.mark.parametrize("timeout", ["0", "1441", "1.5", "ten"])
def test_an_invalid_timeout_is_not_sent(sandbox: Sandbox, editor: User, timeout: str) -> None:
    edit = replace(change(sandbox, phone=PHONE), options=SaveOptions(timeout))
    assert isinstance(saved(edit, editor), Invalid)
    assert edit.options.timeout_error == "Enter 1 to 1,440 minutes, or leave blank."
    assert not Write.objects.exists()


def test_nothing_is_sent_where_the_record_cannot_be_read(sandbox: Sandbox, editor: User) -> None:
    edit = change(sandbox, phone=PHONE)
    sandbox.faults.add("GET", "status", status=503, count=-1)
    with pytest.raises(CodatError):
        saved(edit, editor)
    assert not Write.objects.exists()


def test_a_change_in_codats_copy_needs_a_choice_for_each_field(
    sandbox: Sandbox, editor: User
) -> None:
    edit = change(sandbox, phone=PHONE)
    copy = sandbox.state(COMPANY).copy
    copy[customer(sandbox)] = copy[customer(sandbox)] | {"phone": "theirs"}

    outcome = saved(edit, editor)
    assert isinstance(outcome, MergeNeeded)
    assert [conflict.path for conflict in outcome.merge.conflicts] == ["phone"]
    assert not Write.objects.exists()

    choices = {"m-seen": outcome.merge.fingerprint, "m.phone": "mine"}
    assert sent(saved(edit, editor, choices)).sent_values["phone"] == PHONE


def test_a_pending_change_of_another_person_is_not_overwritten(
    sandbox: Sandbox, editor: User, viewer: User
) -> None:
    mine, theirs = change(sandbox, phone=PHONE), change(sandbox, emailAddress="new@their.example")
    sent(saved(theirs, viewer))

    write = sent(saved(mine, editor))

    values = write.sent_values
    assert (values["phone"], values["emailAddress"]) == (PHONE, "new@their.example")
    assert [(field["label"], field["by"]) for field in write.merged] == [
        ("Email address", "viewer")
    ]


def test_a_pending_customer_of_the_same_name_is_acknowledged_first(
    sandbox: Sandbox, editor: User, viewer: User
) -> None:
    first = sent(saved(new(sandbox, "Bakery Ltd"), viewer))

    second = new(sandbox, "BAKERY LTD")
    outcome = saved(second, editor)
    assert isinstance(outcome, SameName)
    assert [other.write for other in outcome.customers] == [first]
    assert Write.objects.count() == 1

    sent(saved(replace(second, acknowledged=outcome.keys), editor))
    assert Write.objects.count() == 2


def test_a_retry_of_a_new_customer_is_not_a_second_one_of_its_name(
    sandbox: Sandbox, editor: User
) -> None:
    first = sent(saved(new(sandbox, "Bakery Ltd"), editor))
    again = replace(new(sandbox, "Bakery Ltd"), retry_of=first)
    assert sent(saved(again, editor)).retry_of == first


@pytest.mark.parametrize("creating", [True, False])
def test_an_edit_is_sent_once(sandbox: Sandbox, editor: User, creating: bool) -> None:
    edit = new(sandbox, "Bakery Ltd") if creating else change(sandbox, phone=PHONE)
    write = sent(saved(edit, editor))

    outcome = saved(edit, editor)

    assert outcome == AlreadySaved(write)
    assert len(calls(sandbox)) == Write.objects.count() == 1


@pytest.mark.parametrize("creating", [True, False])
def test_an_edit_with_newer_values_is_a_save_of_its_own(
    sandbox: Sandbox, editor: User, creating: bool
) -> None:
    edit = new(sandbox, "Bakery Ltd") if creating else change(sandbox, phone=PHONE)
    newer = new(sandbox, "Bakery Ltd", phone="2") if creating else change(sandbox, phone="2")
    write = sent(saved(edit, editor))

    outcome = saved(replace(newer, submission=edit.submission), editor)
    assert isinstance(outcome, AlreadySavedDifferently)
    assert outcome.write == write
    assert Write.objects.count() == 1

    second = sent(saved(outcome.edit, editor))
    assert second.sent_values["phone"] == "2"
    assert second.submission != write.submission


def test_a_save_ends_its_draft(sandbox: Sandbox, editor: User) -> None:
    edit = change(sandbox, phone=PHONE)
    other = replace(edit, submission=uuid.uuid4())
    for one in (edit, other):
        Draft.objects.create(
            submission=one.submission,
            user=editor,
            company_id=one.target.company_id,
            connection_id=one.target.connection_id,
            customer_id=one.target.customer_id,
        )
    sent(saved(edit, editor))
    assert Draft.objects.get().submission == other.submission


@pytest.mark.django_db(transaction=True)
def test_a_script_saves_a_customer(sandbox: Sandbox, editor: User) -> None:
    ids = sandbox.company(COMPANY), sandbox.connection(COMPANY), customer(sandbox)
    run = "-m", "tests.support.programs.save_script", editor.username, *ids

    assert processes.finish(processes.start(*run, "{}")).splitlines()[-1] == "Unchanged"
    output = processes.finish(processes.start(*run, json.dumps({"phone": PHONE})))

    assert output.splitlines()[-1] == "Sent"
    assert Write.objects.get().sent_values["phone"] == PHONE
    assert len(calls(sandbox, "PUT")) == 1


@pytest.mark.parametrize("company", ["exact", "codat"])
def test_each_customer_can_be_corrected_whatever_its_record_lacks(
    sandbox: Sandbox, editor: User, company: str
) -> None:
    service, company_id = default_service(), sandbox.company(company)
    shown = service.get_company(company_id=company_id)
    connection = accounting_connections(shown)[0]
    model = service.get_create_update_model(
        company_id=company_id, connection_id=str(connection.get("id"))
    )
    for record in sandbox.state(company).copy.values():
        one = Target(company_id, shown, connection, str(record["id"]), model)
        form = one.form(record, filled=record | {"customerName": "Corrected"})
        assert form.is_valid(), form.summary
    name = form.payload() | {"customerName": "Corrected Ltd"}
    write = sent(saved(Edit(one, one.form(record, filled=name)), editor))
    assert write.state == Write.State.PENDING, write.error_message
