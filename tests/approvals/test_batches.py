"""Batches that need approval: they wait, start once they are approved, and cannot be split or changed afterwards."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.access import people
from customers.approvals import deciding
from customers.batches import creating, following_up, states
from customers.batches.halts import MAX_HALTS
from customers.codat.companies import accounting_connections
from customers.editing.edit import Edit
from customers.models import Approval, Batch
from customers.service import default_service
from customers.writes import tracking
from customers.writes.approving.policy import tags_of
from customers.writes.pages.approval_state import sentence
from sandbox import Sandbox
from tests.support import batches
from tests.support.approvals import approve, asked, asking_batch, rule
from tests.support.journal import calls, changed_in_codat
from tests.support.problems import company

# Rows are checked and sent in threads, which need committed rows.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("groups")]


def test_a_batch_waits_and_starts_once_it_is_approved(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule(larger_than=2)
    batch = batches.check(batches.made(sandbox, editor, 3))
    assert not states.start(batch, editor)
    assert not states.start(batch, editor)
    batches.send(batch)
    assert (batch.state, Approval.objects.count(), calls(sandbox)) == (Batch.State.READY, 1, [])
    with pytest.raises(deciding.Refused):
        approve(asked(batch), editor)

    approve(asked(batch), approver)
    batches.send(batch)
    assert batches.row_states(batch) == ["pending"] * 3


def test_a_small_batch_needs_none(sandbox: Sandbox, editor: User) -> None:
    rule(larger_than=2)
    batch = batches.started(sandbox, editor, 2)
    batches.send(batch)
    assert batches.row_states(batch) == ["pending"] * 2


def test_a_rule_about_fields_is_about_batches_too(sandbox: Sandbox, editor: User) -> None:
    rule(fields=["customerName"])
    phones = batches.check(batches.made(sandbox, editor, 2))
    assert states.start(phones, editor)
    batch = batches.check(batches.imported(sandbox, editor, batches.new_customer("Import Ltd")))
    assert (batch.state, asked(batch).rows) == (Batch.State.READY, 1)


def test_a_tag_that_the_company_has_got_since_asks_for_approval(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    batch = batches.check(batches.made(sandbox, editor, 2))
    company_id = batch.company_id
    read = default_service().get_company(company_id=company_id)
    key, value = next(iter(tags_of(read).items()))
    rule(fields=["any"], tag_key=key, tag_value=value)
    # As a batch that was made before its company had tags, or before they were stored.
    Batch.objects.filter(pk=batch.pk).update(company_tags={})
    batch.refresh_from_db()
    company(company_id=company_id, tags={key: value})

    assert not states.start(batch, editor)
    approve(asked(batch), approver)
    batches.send(batch)
    assert batches.row_states(batch) == ["pending"] * 2


def test_a_batch_is_not_split(sandbox: Sandbox, editor: User, approver: User) -> None:
    rule(larger_than=3)
    ids = batches.customers_of(sandbox, 4)

    def part(*pks: str) -> Batch:
        from customers.batches import creating

        batch, _ = creating.create(batches.request_of(sandbox, pks), editor)
        return batches.check(batch)

    assert states.start(part(*ids[:2]), editor)
    second = part(*ids[2:])
    assert not states.start(second, editor)
    # Of another person it is another batch; and tomorrow it is another day.
    deciding.withdraw(asked(second), editor)
    Batch.objects.filter(username="editor").exclude(pk=second.pk).update(
        started_at=timezone.now() - timedelta(hours=25)
    )
    assert states.start(second, editor)


def test_rows_that_were_approved_do_not_count(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule(larger_than=2)
    ids = batches.customers_of(sandbox, 4)
    large, _ = creating.create(batches.request_of(sandbox, ids[:3]), editor)
    states.start(batches.check(large), editor)
    approve(asked(large), approver)
    small, _ = creating.create(batches.request_of(sandbox, ids[3:]), editor)
    assert states.start(batches.check(small), editor)


def test_a_batch_that_was_started_round_the_policy_sends_nothing(
    sandbox: Sandbox, editor: User
) -> None:
    rule(larger_than=2)
    batch = batches.check(batches.made(sandbox, editor, 3))
    assert states.start_approved(batch, editor)
    batches.send(batch)
    assert batches.row_states(batch) == ["failed"] * 3
    assert not calls(sandbox)


def test_an_author_who_may_not_see_the_company_any_more_voids_the_request(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    batch = asking_batch(sandbox, editor)
    people.set_sees_all(editor, sees_all=False)
    approval = approve(asked(batch), approver)
    assert approval.state == Approval.State.VOID


def test_rows_that_were_changed_after_the_request_void_it(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    batch = asking_batch(sandbox, editor)
    row = batch.rows.order_by("position")[0]
    type(row).objects.filter(pk=row.pk).update(payload=row.payload.replace("0999", "0111"))
    approval = approve(asked(batch), approver)
    batch.refresh_from_db()
    assert (approval.state, batch.state) == (Approval.State.VOID, Batch.State.READY)
    assert sentence(approval) == (
        "The request is void. Rows of the batch were changed since approval was asked for."
        " Start the batch again to ask for approval."
    )


def test_a_batch_that_nobody_approved_in_time_can_be_started_again(
    sandbox: Sandbox, editor: User
) -> None:
    batch = asking_batch(sandbox, editor)
    Approval.objects.update(expires_at=timezone.now())
    assert deciding.expire_due() == 1
    ended = Approval.objects.get()
    assert sentence(ended) == (
        "Nobody approved this in time. Start the batch again to ask for approval."
    )
    states.start(batch, editor)
    assert asked(batch).pk != ended.pk
    states.cancel(batch, editor)
    assert sentence(Approval.objects.get(pk=ended.pk)) == "Nobody approved this in time."


def test_a_row_that_is_corrected_after_the_approval_is_not_sent(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    batch = asking_batch(sandbox, editor)
    approve(asked(batch), approver)
    row = batch.rows.order_by("position")[0]
    type(row).objects.filter(pk=row.pk).update(payload=row.payload.replace("0999", "0111"))
    batches.send(batch)
    assert batches.row_states(batch) == ["failed", "pending", "pending"]


def test_who_corrected_a_row_does_not_approve_it(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule(larger_than=2)
    batch = batches.check(batches.made(sandbox, editor, 3))
    row = batch.rows.order_by("position")[0]
    edit = following_up.open_correction(row, default_service())
    form = edit.target.form(edit.form.base, filled=edit.form.payload() | {"phone": "+44 7"})
    edit = Edit(edit.target, form, edit.submission)
    following_up.correct(row, edit, user=approver, service=default_service())
    states.start(batch, editor)
    with pytest.raises(deciding.Refused):
        approve(asked(batch), approver)


def test_a_row_whose_customer_has_changed_since_is_not_sent(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    ids = batches.customers_of(sandbox, 3)
    batch = asking_batch(sandbox, editor)
    changed_in_codat(sandbox, ids[1], emailAddress="moved@example.com")
    approve(asked(batch), approver)
    batches.send(batch)
    assert batches.row_states(batch) == ["pending", "not_sent", "pending"]


def test_a_row_whose_customer_cannot_be_read_stops_no_other_row_for_good(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    ids = batches.customers_of(sandbox, 3)
    batch = asking_batch(sandbox, editor)
    approve(asked(batch), approver)
    sandbox.faults.add(f"GET .*/data/customers/{ids[1]}$", "status", status=400, count=-1)
    for _ in range(MAX_HALTS):
        batches.send(batch)
        assert batches.row_states(batch)[1] == "queued"
    # Codat was there each time.
    batches.send(batch)
    assert batches.row_states(batch) == ["pending", "not_sent", "pending"]
    [left] = batch.rows.filter(state="conflict")
    assert left.problems[0]["text"].startswith("This customer could not be read again")


def test_a_retry_and_an_undo_of_a_batch_wait(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    service = default_service()
    batch = batches.started(sandbox, approver, 3)
    batches.send(batch)
    sandbox.settle()
    for write in batches.writes(batch):
        tracking.follow_or_repeat(write, service, by="poll", at_once=True)
    rule(larger_than=2)
    states.cancel(batch, approver)
    company = service.get_company(company_id=batch.company_id)
    connection = accounting_connections(company)[0]
    made = following_up.undo(
        batch, editor, company=company, connection=connection, submission=uuid.uuid4()
    )
    assert made is not None
    undone = batches.check(made[0])
    assert not states.start(undone, editor)
    # The author of what it undoes is one of its authors.
    with pytest.raises(deciding.Refused):
        approve(asked(undone), approver)


def test_a_batch_that_is_cancelled_waits_for_nobody(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    batch = asking_batch(sandbox, editor)
    approval = asked(batch)
    assert states.cancel(batch, editor)
    with pytest.raises(deciding.Refused):
        approve(approval, approver)
