"""What a person does with the rows of a batch: correct, leave out, take in again, retry, undo."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.batches import checking, following_up, journaling, states
from customers.batches.instructions import Action, Instruction
from customers.codat.companies import accounting_connections
from customers.codat.errors import CodatError
from customers.editing import save
from customers.editing.edit import Edit
from customers.editing.save import BeingSent, Invalid, Ready, SameName
from customers.models import Batch, BatchRow, Write
from customers.service import default_service
from customers.writes.showing.effects import undo_submission
from sandbox import Sandbox
from tests.support.batches import PHONE, check, made, row_states, send, started, writes
from tests.support.journal import (
    COMPANY,
    calls,
    codat_is_back,
    customer,
    journaled,
    sent,
    settle_to_the_end,
    write_request,
)

pytestmark = pytest.mark.django_db(transaction=True)

State, RowState = Batch.State, BatchRow.State
CLEAR_NAME = [Instruction(Action.CLEAR, "customerName")]


def row(batch: Batch, position: int = 1) -> BatchRow:
    """A row as the database has it."""
    return BatchRow.objects.get(batch=batch, position=position)


def again(batch: Batch, user: User, kind: str = "retry") -> Batch | None:
    """The batch that retries or undoes another, checked."""
    company = default_service().get_company(company_id=batch.company_id)
    make = getattr(following_up, kind)
    connection = accounting_connections(company)[0]
    result = make(batch, user, company=company, connection=connection, submission=uuid.uuid4())
    return check(result[0]) if result else None


def corrected(edit: Edit, **values: object) -> Edit:
    """The form of a row with a person's values."""
    form = edit.target.form(edit.form.base, filled=edit.form.base | values)
    return Edit(edit.target, form, edit.submission, retry_of=edit.retry_of)


def test_a_corrected_row_is_sent_with_the_persons_values(sandbox: Sandbox, editor: User) -> None:
    batch = check(made(sandbox, editor, 2, CLEAR_NAME))
    service = default_service()
    edit = following_up.open_correction(row(batch), service)
    assert edit.form.errors

    wrong = following_up.correct(row(batch), edit, user=editor, service=service)
    assert isinstance(wrong, Invalid)
    right = corrected(edit, customerName="Corrected Ltd")
    assert isinstance(following_up.correct(row(batch), right, user=editor, service=service), Ready)

    assert row_states(batch) == ["checked", "invalid"]
    states.start(batch, editor)
    send(batch)
    assert row_states(batch) == ["pending", "invalid"]
    assert json.loads(writes(batch)[0].payload)["customerName"] == "Corrected Ltd"
    # What was sent is not corrected any more.
    assert following_up.correct(row(batch), right, user=editor, service=service) is None
    assert len(calls(sandbox)) == 1


@pytest.mark.parametrize(
    ("case", "outcome"), [("invalid", Invalid), ("named", SameName), ("busy", BeingSent)]
)
def test_a_correction_that_is_not_saved_keeps_an_earlier_one(
    case: str, outcome: type, sandbox: Sandbox, editor: User
) -> None:
    batch = check(made(sandbox, editor, 1))
    service = default_service()
    edit = following_up.open_correction(row(batch), service)
    right = corrected(edit, phone="0123 corrected")
    assert isinstance(following_up.correct(row(batch), right, user=editor, service=service), Ready)
    kept = row(batch)

    other = str(sandbox.state(COMPANY).copy[customer(sandbox, 3)]["customerName"])
    name = {"invalid": "", "named": other, "busy": "New Ltd"}[case]
    if case == "busy":
        busy = sent(editor, write_request(sandbox, customer(sandbox), phone="0123 corrected"))
        Write.objects.filter(pk=busy.pk).update(state=Write.State.SENDING, push_operation_key="")
    colleague = User.objects.create_user("colleague")
    wrong = corrected(following_up.open_correction(row(batch), service), customerName=name)
    found = following_up.correct(row(batch), wrong, user=colleague, service=service)
    assert isinstance(found, outcome)
    now = row(batch)
    assert (now.state, now.problems) == (RowState.CHECKED, [])
    assert json.loads(now.payload)["phone"] == "0123 corrected"
    assert (now.corrected_by, now.checked_at) == (editor, kept.checked_at)


def test_a_row_corrected_while_the_batch_runs_is_sent_in_the_next_slice(
    sandbox: Sandbox, editor: User
) -> None:
    batch = check(made(sandbox, editor, 3))
    BatchRow.objects.filter(batch=batch, position__lt=3).update(state=RowState.INVALID)
    states.start(batch, editor)
    send(batch)
    assert row_states(batch) == ["invalid", "invalid", "pending"]
    service = default_service()
    edit = corrected(following_up.open_correction(row(batch), service), customerName="Late Ltd")
    assert isinstance(following_up.correct(row(batch), edit, user=editor, service=service), Ready)
    send(batch)
    assert row_states(batch) == ["pending", "invalid", "pending"]


def test_a_row_left_out_can_be_taken_in_again(sandbox: Sandbox, editor: User) -> None:
    batch = check(made(sandbox, editor, 2))
    assert states.leave_out(row(batch))
    assert row_states(batch) == ["left_out", "checked"]
    assert following_up.take_in(row(batch))
    assert not following_up.take_in(row(batch))
    # Until it is checked again, it needs a person: it does not keep the batch from ending.
    assert row_states(batch)[0] == "conflict"


def test_a_retry_has_the_failed_rows_alone_with_their_findings(
    sandbox: Sandbox, editor: User
) -> None:
    batch = started(sandbox, editor, 6)
    sandbox.settings.next_write = "Fail me later"
    send(batch)
    settle_to_the_end(sandbox)
    failed = [write for write in writes(batch) if write.state == Write.State.FAILED]
    assert 0 < len(failed) < 6

    retried = again(batch, editor)

    assert retried is not None
    assert (retried.kind, retried.source_id, retried.total) == ("retry", batch.pk, len(failed))
    # With the same values it would be refused again: a person decides.
    assert row_states(retried) == ["invalid"] * len(failed)
    # A row keeps its number.
    number = failed[0].position or 0
    assert row(retried, number).problems[0]["text"]
    assert row(retried, number).retry_of == failed[0]

    service = default_service()
    edit = following_up.open_correction(row(retried, number), service)
    form = edit.target.form(edit.form.base, filled=edit.form.payload() | {"phone": "+44 other"})
    other = Edit(edit.target, form, edit.submission, retry_of=edit.retry_of)
    following_up.correct(row(retried, number), other, user=editor, service=service)
    states.start(retried, editor)
    send(retried)
    settle_to_the_end(sandbox)
    assert writes(retried)[0].state == Write.State.SUCCESS
    assert writes(retried)[0].retry_of == failed[0]
    assert sandbox.state(COMPANY).source[failed[0].customer_id]["phone"] == "+44 other"


def test_a_retry_of_what_was_not_sent_needs_no_correction(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 3)
    states.cancel(batch, editor)
    journaling.journal(batch)
    states.end_queued(batch)
    retried = again(batch, editor)
    assert retried is not None
    assert row_states(retried) == ["checked"] * 3


def test_nothing_failed_so_there_is_no_retry(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 3)
    send(batch)
    assert again(batch, editor) is None


def test_the_undo_of_a_batch_leaves_rows_alone_that_somebody_has_changed_since(
    sandbox: Sandbox, editor: User
) -> None:
    before = [dict(sandbox.state(COMPANY).source[customer(sandbox, i)]) for i in range(4)]
    batch = started(sandbox, editor, 4)
    send(batch)
    settle_to_the_end(sandbox)
    sent(editor, write_request(sandbox, customer(sandbox, 1), phone="+44 by hand"))
    settle_to_the_end(sandbox)

    undone = again(batch, editor, "undo")

    assert undone is not None
    assert (undone.kind, undone.total) == ("undo", 3)
    assert row_states(undone) == ["checked"] * 3
    states.start(undone, editor)
    send(undone)
    settle_to_the_end(sandbox)
    now = [sandbox.state(COMPANY).source[customer(sandbox, i)].get("phone") for i in range(4)]
    old = [each.get("phone") for each in before]
    assert now == [old[0], "+44 by hand", *old[2:]]
    assert PHONE not in now
    assert again(batch, editor, "undo") is None


def ended(batch: Batch, user: User) -> Batch:
    """A batch whose rows have all been followed to their end."""
    if not states.finish(batch):
        states.cancel(batch, user)
    return batch


def test_an_undo_that_was_not_sent_can_be_made_again(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 2)
    send(batch)
    settle_to_the_end(sandbox)
    undone = again(ended(batch, editor), editor, "undo")
    assert undone is not None
    states.start(undone, editor)
    journaling.journal(undone)
    states.cancel(undone, editor)
    assert row_states(undone) == ["not_sent"] * 2

    second = again(batch, editor, "undo")
    assert second is not None
    assert row_states(second) == ["checked"] * 2
    states.start(second, editor)
    send(second)
    settle_to_the_end(sandbox)
    assert row_states(second) == ["success"] * 2
    # It counts once: the first change is undone now.
    assert again(ended(batch, editor), editor, "undo") is None


@pytest.mark.parametrize("state", ["waiting", "queued", "not_sent"])
def test_an_undo_that_was_saved_after_the_check_stops_no_other_row(
    state: str, sandbox: Sandbox, editor: User
) -> None:
    """It is no change of the customer yet, and has the row's submission."""
    batch = started(sandbox, editor, 2)
    send(batch)
    settle_to_the_end(sandbox)
    undone = again(ended(batch, editor), editor, "undo")
    assert undone is not None
    assert row_states(undone) == ["checked"] * 2
    first = writes(batch)[0]
    wanted = replace(
        write_request(sandbox, first.customer_id), submission=undo_submission(first.pk)
    )
    single = journaled(User.objects.create_user("colleague"), wanted)
    Write.objects.filter(pk=single.pk).update(state=state)

    states.start(undone, editor)
    send(undone)
    if state == "not_sent":
        assert row_states(undone) == ["pending"] * 2
        return
    assert row_states(undone) == ["conflict", "pending"]
    assert row(undone).problems[0]["text"] == "colleague has saved the undo of this change already."


def test_the_retry_of_an_undo_that_was_refused_undoes_again(sandbox: Sandbox, editor: User) -> None:
    batch = started(sandbox, editor, 2)
    send(batch)
    settle_to_the_end(sandbox)
    undone = again(ended(batch, editor), editor, "undo")
    assert undone is not None
    states.start(undone, editor)
    sandbox.faults.add("PUT", "status", status=400, count=2)
    send(undone)
    assert row_states(undone) == ["failed"] * 2
    codat_is_back(sandbox)

    # Asked for again, it says what became of it.
    states.cancel(undone, editor)
    asked = again(batch, editor, "undo")
    assert asked is not None
    assert row_states(asked) == ["invalid"] * 2
    assert row(asked).problems[0]["text"].startswith("Not accepted before: ")

    retried = again(undone, editor)
    assert retried is not None
    assert row_states(retried) == ["checked"] * 2
    assert row(retried).changes[0]["old"] == PHONE
    third = again(ended(retried, editor), editor)
    assert third is None


def test_a_correction_that_comes_while_its_row_is_journaled_is_not_taken_for_saved(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = started(sandbox, editor, 1)
    service = default_service()
    edit = corrected(following_up.open_correction(row(batch), service), phone="0123 corrected")
    decided = save.check

    def and_journal(*arguments: Any, **named: Any) -> Any:
        outcome = decided(*arguments, **named)
        assert journaling.journal(batch) == 1
        return outcome

    monkeypatch.setattr(checking, "check", and_journal)
    assert following_up.correct(row(batch), edit, user=editor, service=service) is None
    assert writes(batch)[0].sent_values["phone"] == PHONE


def end_after_next_check(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a batch end between the check of a row and the storing of what was found."""
    decided = save.check

    def and_finish(*arguments: Any, **named: Any) -> Any:
        outcome = decided(*arguments, **named)
        assert states.finish(batch)
        return outcome

    monkeypatch.setattr(checking, "check", and_finish)


@pytest.mark.parametrize("is_left_out", [False, True])
def test_a_correction_that_comes_as_the_batch_ends_is_not_taken_for_saved(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch, *, is_left_out: bool
) -> None:
    batch = check(made(sandbox, editor, 1, CLEAR_NAME))
    states.start(batch, editor)
    if is_left_out:
        assert states.leave_out(row(batch))
    service = default_service()
    edit = corrected(following_up.open_correction(row(batch), service), customerName="Late Ltd")
    end_after_next_check(batch, monkeypatch)
    before = row_states(batch)
    assert following_up.correct(row(batch), edit, user=editor, service=service) is None
    assert row_states(batch) == before


def test_a_row_included_again_as_the_batch_ends_is_not_taken_for_ready(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = started(sandbox, editor, 1)
    assert states.leave_out(row(batch))
    assert following_up.take_in(row(batch))
    end_after_next_check(batch, monkeypatch)
    target = checking.target_maker(batch, default_service())(row(batch).customer_id)
    checking.check_row(row(batch), batch, target, default_service())
    assert row_states(batch) == ["conflict"]


def test_a_row_left_out_stays_so_where_its_correction_cannot_be_saved(
    sandbox: Sandbox, editor: User, no_waiting: None
) -> None:
    batch = check(made(sandbox, editor, 2))
    service = default_service()
    edit = corrected(following_up.open_correction(row(batch), service), phone="0123 corrected")
    assert states.leave_out(row(batch))
    sandbox.faults.add("/data/customers/", "status", status=500, count=-1)
    with pytest.raises(CodatError):
        following_up.correct(row(batch), edit, user=editor, service=service)
    assert row_states(batch) == ["left_out", "checked"]

    codat_is_back(sandbox)
    wrong = corrected(edit, customerName="")
    assert isinstance(
        following_up.correct(row(batch), wrong, user=editor, service=service), Invalid
    )
    assert row_states(batch) == ["left_out", "checked"]
    assert isinstance(following_up.correct(row(batch), edit, user=editor, service=service), Ready)
    assert row_states(batch) == ["checked", "checked"]
