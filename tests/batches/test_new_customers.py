"""Rows of an import that create customers: each once, and no two of one name unnoticed."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User

from customers.batches import creating, following_up, journaling, states
from customers.batches.instructions import Action, Instruction
from customers.codat.companies import accounting_connections
from customers.editing.save import Ready, SameName
from customers.models import Batch, BatchRow, Write
from customers.service import default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batches import (
    changed_customer,
    check,
    imported,
    new_customer,
    row_states,
    send,
    start,
    writes,
)
from tests.support.index import indexed
from tests.support.journal import (
    COMPANY,
    calls,
    codat_is_back,
    customer,
    named,
    pass_time,
    sent,
    settle,
    settle_to_the_end,
    write_request,
)
from tests.support.pages.controls import fields
from tests.support.pages.new_batches import posted

pytestmark = pytest.mark.django_db(transaction=True)

State, RowState = Batch.State, BatchRow.State


def row(batch: Batch, position: int = 1) -> BatchRow:
    """A row as the database has it."""
    return BatchRow.objects.select_related("write", "batch").get(batch=batch, position=position)


def text(batch: Batch, position: int = 1) -> str:
    """The problems of a row."""
    return " ".join(problem["text"] for problem in row(batch, position).problems)


def run(batch: Batch, user: User) -> None:
    """Start a batch and send what can be sent."""
    send(start(batch, user))


def test_new_customers_are_created_and_their_rows_lead_to_them(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    first = customer(sandbox)
    batch = imported(
        sandbox,
        editor,
        new_customer("Fern & Co", phone="0123"),
        changed_customer(first, phone="0456"),
        new_customer("Gorse Ltd"),
    )
    sandbox.clear_calls()
    check(batch)
    assert row_states(batch) == ["checked"] * 3
    # A new customer is searched for by name, and not read.
    assert len([call for call in sandbox.calls if f"/data/customers/{first}" in call.path]) == 1
    assert not calls(sandbox)

    page = editor_client.get(links.batch(batch.company_id, batch.pk)).content.decode()
    assert page.count("New customer") == 2
    assert 'id="row-1-customer"' not in page

    run(batch, editor)
    settle_to_the_end(sandbox)
    assert row_states(batch) == ["success"] * 3
    assert [call.method for call in calls(sandbox)].count("POST") == 2
    (created,) = named(sandbox, "Fern & Co")
    assert created["phone"] == "0123"
    assert [write.kind for write in writes(batch)] == ["create", "update", "create"]
    assert {write.confirmation for write in writes(batch)[::2]} == {"confirmed"}
    assert row(batch).known_customer_id == created["id"]

    page = editor_client.get(links.batch(batch.company_id, batch.pk)).content.decode()
    assert f'href="{links.customer(batch.company_id, created["id"])}" id="row-1-customer"' in page
    file = b"".join(editor_client.get(links.batch_result(batch.company_id, batch.pk)))
    assert f"1,{created['id']},Fern & Co,Confirmed".encode() in file


def test_the_second_row_of_one_name_needs_a_person_before_anything_is_sent(
    sandbox: Sandbox, editor: User
) -> None:
    batch = imported(
        sandbox,
        editor,
        new_customer("Fern & Co"),
        new_customer("Gorse Ltd"),
        new_customer("FERN  & co"),
        changed_customer(customer(sandbox), customerName="gorse ltd"),
    )
    check(batch)
    assert row_states(batch) == ["checked", "checked", "invalid", "invalid"]
    assert text(batch, 3) == "Row 1 of this batch has this name, too."
    assert text(batch, 4) == "Row 2 of this batch has this name, too."
    run(batch, editor)
    assert [write.customer_name for write in writes(batch)] == ["Fern & Co", "Gorse Ltd"]


def test_a_row_that_is_checked_late_keeps_its_name(sandbox: Sandbox, editor: User) -> None:
    """Rows are checked by several threads, in any order."""
    batch = imported(sandbox, editor, new_customer("Fern & Co"), new_customer("Fern & Co"))
    BatchRow.objects.filter(batch=batch, position=1).update(state=RowState.LEFT_OUT)
    check(batch)
    assert row_states(batch) == ["left_out", "checked"]
    BatchRow.objects.filter(batch=batch, position=1).update(state=RowState.WAITING)
    Batch.objects.filter(pk=batch.pk).update(state=State.PREPARING)
    check(batch)
    assert row_states(batch) == ["checked", "invalid"]
    assert not row(batch, 2).payload


@pytest.mark.usefixtures("has_index")
def test_a_name_that_the_index_has_in_another_spelling_needs_a_person(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    known = {"id": "9001", "customerName": "Fern-Grove & Co.", "emailAddress": "a@fern.example"}
    indexed(sandbox.company(COMPANY), known, connection_id=sandbox.connection(COMPANY))
    batch = imported(
        sandbox,
        editor,
        new_customer("Fern Grove Co"),
        changed_customer(customer(sandbox), customerName="fern grove co"),
        new_customer("Gorse Ltd", emailAddress="a@fern.example"),
    )
    check(batch)
    # The import has matched its rows with customers: an email that another one has was its own choice.
    assert row_states(batch) == ["invalid", "invalid", "checked"]
    assert text(batch) == "Another customer has this name: Fern-Grove & Co. (9001)."
    url = links.batch_row(batch.company_id, batch.pk, 1)
    asked = editor_client.post(url, fields(editor_client.get(url)) | {"action": "save"})
    assert asked.status_code == 409
    assert editor_client.post(url, fields(asked) | {"action": "save"}).status_code == 303
    assert row_states(batch) == ["checked", "invalid", "checked"]


def test_a_person_may_keep_a_name_that_another_row_has(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = check(imported(sandbox, editor, new_customer("Fern & Co"), new_customer("Fern & Co")))
    url = links.batch_row(batch.company_id, batch.pk, 2)
    opened = editor_client.get(url)
    asked = editor_client.post(url, fields(opened) | {"action": "save"})
    assert asked.status_code == 409
    assert "Row 1 of this batch has this name, too." in asked.content.decode()
    assert row_states(batch) == ["checked", "invalid"]
    kept = editor_client.post(url, fields(asked) | {"action": "save"})
    assert kept.status_code == 303
    run(batch, editor)
    # What QuickBooks says of it is another matter.
    assert len(calls(sandbox, "POST")) == 2


def test_a_name_that_a_customer_has_is_a_question_unless_it_was_answered(
    sandbox: Sandbox, editor: User
) -> None:
    other = customer(sandbox)
    name = sandbox.state(COMPANY).copy[other]["customerName"]
    batch = check(imported(sandbox, editor, new_customer(name)))
    assert row_states(batch) == ["invalid"]
    assert text(batch) == f"Another customer has this name: {name} ({other})."
    one = new_customer(name)
    answered = creating.Selected("", name, None, one.instructions, [f"customer:{other}"])
    batch = check(imported(sandbox, editor, answered))
    assert row_states(batch) == ["checked"]
    run(batch, editor)
    assert len(calls(sandbox, "POST")) == 1


@pytest.mark.parametrize("is_journaled", [False, True])
def test_a_save_of_the_name_after_the_check_is_not_followed_by_the_row(
    sandbox: Sandbox, editor: User, *, is_journaled: bool
) -> None:
    batch = check(imported(sandbox, editor, new_customer("Fern & Co"), new_customer("Gorse Ltd")))
    start(batch, editor)
    if is_journaled:
        journaling.journal(batch)
    sent(editor, write_request(sandbox, customerName="fern & CO"))
    send(batch)
    assert row(batch).state == "conflict"
    assert "saved a customer of this name" in text(batch)
    settle_to_the_end(sandbox)
    assert len(named(sandbox, "Fern & Co")) == 0
    assert len(named(sandbox, "Gorse Ltd")) == 1
    assert len(calls(sandbox, "POST")) == 2


def test_two_batches_create_a_name_once(sandbox: Sandbox, editor: User) -> None:
    first = check(imported(sandbox, editor, new_customer("Fern & Co", phone="1")))
    second = check(imported(sandbox, editor, new_customer("Fern & Co", phone="2")))
    assert row_states(first) == row_states(second) == ["checked"]
    run(first, editor)
    settle_to_the_end(sandbox)
    run(second, editor)
    settle_to_the_end(sandbox)
    assert row(second).state == "conflict"
    assert len(named(sandbox, "Fern & Co")) == 1


@pytest.mark.parametrize("handled", [True, False], ids=["received", "lost"])
def test_a_create_without_an_answer_is_sent_again_with_its_key(
    sandbox: Sandbox, editor: User, *, handled: bool
) -> None:
    batch = check(imported(sandbox, editor, new_customer("Fern & Co")))
    start(batch, editor)
    sandbox.faults.add("POST", "reset", handled=handled)
    send(batch)
    assert row_states(batch) == ["unknown"]
    codat_is_back(sandbox)
    pass_time(sandbox, minutes=5)
    settle()
    settle_to_the_end(sandbox)
    assert row_states(batch) == ["success"]
    assert len(named(sandbox, "Fern & Co")) == 1


def test_a_refused_create_is_retried_with_its_own_instructions(
    sandbox: Sandbox, editor: User
) -> None:
    batch = check(imported(sandbox, editor, new_customer("Fail me later"), new_customer("Gorse")))
    run(batch, editor)
    settle_to_the_end(sandbox)
    assert row_states(batch) == ["failed", "success"]
    states.cancel(batch, editor)
    states.finish(batch)
    service = default_service()
    company = service.get_company(company_id=batch.company_id)
    made = following_up.retry(
        batch,
        editor,
        company=company,
        connection=accounting_connections(company)[0],
        submission=uuid.uuid4(),
    )
    assert made is not None
    again = check(made[0])
    assert again.total == 1
    # Refused before with the same values: a person decides.
    assert row_states(again) == ["invalid"]
    edit = following_up.open_correction(row(again), service)
    assert edit.form.payload()["customerName"] == "Fail me later"
    form = edit.target.form(filled=edit.form.payload() | {"customerName": "Heather"})
    right = type(edit)(edit.target, form, edit.submission, retry_of=edit.retry_of)
    assert isinstance(following_up.correct(row(again), right, user=editor, service=service), Ready)
    run(again, editor)
    settle_to_the_end(sandbox)
    assert len(named(sandbox, "Heather")) == 1


def test_an_undo_leaves_created_customers_and_says_so(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    first = customer(sandbox)
    batch = imported(sandbox, editor, new_customer("Fern"), changed_customer(first, phone="1"))
    run(check(batch), editor)
    settle_to_the_end(sandbox)
    assert states.finish(batch)
    page = editor_client.get(links.batch(batch.company_id, batch.pk)).content.decode()
    assert "Undo 1" in page
    assert "1 customer was created." in " ".join(page.split())
    assert [write.customer_id for write in following_up.undone_writes(batch)] == [first]


def test_instructions_of_the_retry_come_after_those_of_the_row(
    sandbox: Sandbox, editor: User
) -> None:
    first = customer(sandbox)
    batch = imported(
        sandbox, editor, changed_customer(first, phone="1", emailAddress="a@b.example")
    )
    other = Instruction(Action.SET, "phone", "2")
    Batch.objects.filter(pk=batch.pk).update(kind=Batch.Kind.RETRY, instructions=[other.to_json()])
    batch.refresh_from_db()
    check(batch)
    changes = {change["label"]: change["new"] for change in row(batch).changes}
    assert changes["Phone"] == "2"
    assert "a@b.example" in changes.values()


def test_a_row_whose_address_is_gone_is_a_conflict(sandbox: Sandbox, editor: User) -> None:
    first = customer(sandbox)
    gone = Instruction(
        Action.SET, "addresses.city", "Hull", where={"addresses.city": "Atlantis, nowhere"}
    )
    unknown = Instruction(Action.SET, "shoeSize", "44")
    batch = imported(
        sandbox,
        editor,
        creating.Selected(first, "", instructions=[gone]),
        new_customer("Fern", unknown),
    )
    check(batch)
    assert row_states(batch) == ["conflict", "invalid"]
    assert text(batch, 1) == "The address that this row changes is not there any more."
    assert text(batch, 2) == "The form does not have the field Shoe size any more."
    notes = following_up.open_correction(row(batch, 1), default_service()).notes
    assert notes == ("The address that this row changes is not there any more.",)


def test_a_correction_that_takes_the_name_of_another_row_is_asked_about(
    sandbox: Sandbox, editor: User
) -> None:
    batch = check(imported(sandbox, editor, new_customer("Fern"), new_customer("Gorse")))
    service = default_service()
    edit = following_up.open_correction(row(batch, 1), service)
    form = edit.target.form(filled=edit.form.payload() | {"customerName": "gorse"})
    other = type(edit)(edit.target, form, edit.submission)
    outcome = following_up.correct(row(batch, 1), other, user=editor, service=service)
    assert isinstance(outcome, SameName)
    assert outcome.keys == {"row:2"}
    # Nothing was saved.
    assert row_states(batch) == ["checked", "checked"]
    assert row(batch, 1).new_name == "fern"


def test_the_rows_of_a_batch_have_different_submissions(sandbox: Sandbox, editor: User) -> None:
    batch = imported(
        sandbox, editor, new_customer("A"), new_customer("B"), changed_customer("2", phone="1")
    )
    found = {creating.row_submission(batch, row(batch, number)) for number in (1, 2, 3)}
    assert len(found) == 3
    assert creating.row_submission(batch, row(batch, 3)) == uuid.uuid5(batch.pk, "2")
    assert not Write.objects.exists()


def test_a_retry_with_other_values_keeps_what_each_row_asks_for(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    """The rows of an import have values of their own; what is typed for all comes after them."""
    unknown = Instruction(Action.SET, "shoeSize", "44")
    batch = imported(
        sandbox, editor, new_customer("Fern", unknown), new_customer("Gorse", unknown, phone="1")
    )
    states.cancel(check(batch), editor)
    path = links.new_batch(batch.company_id, connection=batch.connection_id, source=batch.pk)
    opened = editor_client.get(path)
    assert "Fern" in opened.content.decode()
    typed = {"f.1.key": "phone", "f.1.action": "set", "f.1.text": "2", "action": "save"}
    assert editor_client.post(path, posted(opened) | typed).status_code == 303
    retry = Batch.objects.get(source=batch)
    assert [each.position for each in retry.rows.all()] == [1, 2]
    assert [creating.own_instructions(each)[0].text for each in retry.rows.all()] == [
        "Fern",
        "Gorse",
    ]
    retry.rows.update(instructions=[each.to_json() for each in new_customer("Ivy").instructions])
    check(retry)
    changes = {change["label"]: change["new"] for change in row(retry).changes}
    assert changes["Phone"] == "2"
    assert "Ivy" in changes.values()
