"""A change that waits, and what a second person, its author or time decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.access import people
from customers.access.roles import Role
from customers.approvals import deciding, listing, sending_approved
from customers.approvals.deciding import Refused
from customers.codat.errors import CodatError
from customers.editing.save import AlreadySaved, Sent
from customers.models import Approval, Write
from customers.service import default_service
from customers.worker import forgetting
from customers.writes.sentences import status
from sandbox import Sandbox
from tests.editing.test_save import change, new, saved, sent
from tests.support.approvals import approve, approved_unsent, rule, waiting, write_of
from tests.support.journal import calls, changed_in_codat, customer, pass_time
from tests.support.people import person

pytestmark = pytest.mark.django_db
State = Approval.State


def test_without_a_rule_a_change_is_sent(sandbox: Sandbox, editor: User) -> None:
    assert isinstance(saved(change(sandbox, phone="+44 1"), editor), Sent)
    assert not Approval.objects.exists()


def test_a_change_that_needs_approval_is_journaled_and_not_sent(
    sandbox: Sandbox, editor: User
) -> None:
    rule()
    approval = waiting(sandbox, editor)

    write = write_of(approval)
    assert (write.state, write.sent_at, write.is_pending) == (Write.State.WAITING, None, 0)
    assert status(write).sentence.startswith("This change waits for approval by a second person.")
    assert (approval.asked_by, approval.rows, len(approval.sha256)) == (editor, 1, 64)
    assert not calls(sandbox)


def test_a_second_save_of_the_form_finds_the_first(sandbox: Sandbox, editor: User) -> None:
    rule()
    edit = change(sandbox, phone="+44 1")
    saved(edit, editor)
    assert isinstance(saved(edit, editor), AlreadySaved)
    assert (Write.objects.count(), Approval.objects.count()) == (1, 1)


def test_what_waits_is_in_nobodys_way(sandbox: Sandbox, editor: User) -> None:
    asked = rule(fields=["customerName"])
    waiting(sandbox, editor, customerName="Waits Ltd")
    other = sent(saved(change(sandbox, phone="+44 2"), editor))
    assert other.sent_values["customerName"] != "Waits Ltd"
    assert asked.ended_at is None


def test_an_approved_change_is_sent_at_once(sandbox: Sandbox, editor: User, approver: User) -> None:
    rule()
    approval = approve(waiting(sandbox, editor), approver)

    assert (approval.state, approval.decided_by) == (State.APPROVED, approver)
    write = write_of(approval)
    assert (write.state, write.attempts) == (Write.State.PENDING, 1)
    assert write.sent_at is not None
    assert len(calls(sandbox, "PUT")) == 1


def test_a_new_customer_waits_too(sandbox: Sandbox, editor: User, approver: User) -> None:
    rule(fields=["customerName"])
    saved(new(sandbox, "Brand New Ltd"), editor)
    assert not calls(sandbox)
    approve(Approval.objects.get(), approver)
    assert len(calls(sandbox, "POST")) == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_who_may_approve_decides(sandbox: Sandbox, editor: User, role: Role) -> None:
    rule()
    approval = waiting(sandbox, editor)
    other = person("other", role)
    with pytest.raises(Refused):
        approve(approval, other)
    with pytest.raises(Refused):
        deciding.return_to_author(approval, other, "No.")
    assert not calls(sandbox)


def test_nobody_approves_their_own_change(sandbox: Sandbox, approver: User) -> None:
    rule()
    approval = waiting(sandbox, approver)
    with pytest.raises(Refused):
        approve(approval, approver)
    assert listing.waiting_for(approver) == []
    assert write_of(approval).state == Write.State.WAITING


def test_an_administrator_and_a_superuser_do_not_either(sandbox: Sandbox, db: None) -> None:
    rule()
    root = User.objects.create_superuser("root")
    approval = waiting(sandbox, root)
    with pytest.raises(Refused):
        approve(approval, root)


def test_a_change_that_others_made_since_voids_the_request(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    changed_in_codat(sandbox, customer(sandbox), emailAddress="moved@example.com")
    approve(approval, approver)

    assert approval.state == State.VOID
    assert "Email address" in approval.comment
    write = write_of(approval)
    assert (write.state, write.is_problem) == (Write.State.FAILED, 1)
    assert "Make the change again" in write.error_message
    assert not calls(sandbox)


def test_a_sync_without_a_change_does_not(sandbox: Sandbox, editor: User, approver: User) -> None:
    rule()
    approval = waiting(sandbox, editor)
    changed_in_codat(sandbox, customer(sandbox), modifiedDate="2030-01-01T00:00:00Z")
    assert approve(approval, approver).state == State.APPROVED


def test_a_pending_change_of_another_person_voids_it(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule(fields=["customerName"])
    approval = waiting(sandbox, editor, customerName="Waits Ltd")
    sent(saved(change(sandbox, phone="+44 2"), approver))
    assert approve(approval, approver).state == State.VOID
    assert "Phone" in approval.comment


def test_a_deleted_customer_voids_it(sandbox: Sandbox, editor: User, approver: User) -> None:
    rule()
    approval = waiting(sandbox, editor)
    changed_in_codat(sandbox, customer(sandbox), metadata={"isDeleted": True})
    assert approve(approval, approver).state == State.VOID


def test_other_values_than_those_asked_for_are_not_approved(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    write = write_of(approval)
    Write.objects.filter(pk=write.pk).update(payload=write.payload.replace("+44 1", "+44 9"))
    approval = Approval.objects.get(pk=approval.pk)
    approve(approval, approver)
    assert approval.state == State.VOID
    assert not calls(sandbox)


def test_an_author_who_may_not_write_any_more_voids_it(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    User.objects.filter(pk=editor.pk).update(is_active=False)
    approval = Approval.objects.get(pk=approval.pk)
    assert approve(approval, approver).state == State.VOID


def test_codat_away_decides_nothing(
    sandbox: Sandbox, editor: User, approver: User, no_waiting: None
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    sandbox.faults.add("GET", "status", status=500, count=-1)
    with pytest.raises(CodatError):
        approve(approval, approver)
    approval.refresh_from_db()
    assert approval.state == State.WAITING


def test_it_is_returned_with_a_comment(sandbox: Sandbox, editor: User, approver: User) -> None:
    rule()
    approval = waiting(sandbox, editor)
    with pytest.raises(Refused, match="Say what"):
        deciding.return_to_author(approval, approver, "  ")
    deciding.return_to_author(approval, approver, "Wrong country code.")

    write = write_of(approval)
    assert (approval.state, write.state) == (State.RETURNED, Write.State.FAILED)
    assert write.error_message == "Returned by approver: Wrong country code."
    assert write.needs_attention == 1
    with pytest.raises(Refused, match="returned by approver"):
        approve(approval, approver)
    assert not calls(sandbox)


def test_its_author_withdraws_it(sandbox: Sandbox, editor: User, approver: User) -> None:
    rule()
    approval = waiting(sandbox, editor)
    with pytest.raises(Refused):
        deciding.withdraw(approval, approver)
    deciding.withdraw(approval, editor)
    write = write_of(approval)
    assert (write.state, write.is_problem) == (Write.State.NOT_SENT, 0)
    assert status(write).label == "Withdrawn"
    with pytest.raises(Refused):
        approve(approval, approver)


def test_it_expires(sandbox: Sandbox, editor: User, approver: User, settings: Any) -> None:
    settings.APPROVAL_DAYS = 3
    rule()
    approval = waiting(sandbox, editor)
    assert deciding.expire_due() == 0
    assert approval.expires_at - approval.asked_at > timedelta(days=2)
    Approval.objects.update(expires_at=timezone.now())
    assert deciding.expire_due() == 1
    approval.refresh_from_db()
    assert (approval.state, write_of(approval).state) == (State.EXPIRED, Write.State.FAILED)
    with pytest.raises(Refused):
        approve(approval, approver)


def test_nobody_approves_what_has_expired_and_is_not_ended_yet(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    Approval.objects.update(expires_at=timezone.now())
    approval.refresh_from_db()
    assert approve(approval, approver).state == State.VOID


def test_the_worker_sends_what_a_process_that_died_had_approved(
    sandbox: Sandbox, editor: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule()
    approval = waiting(sandbox, editor)

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(deciding, "send_approved", die)
        with pytest.raises(SystemExit):
            approve(approval, approver)
    assert write_of(approval).state == Write.State.QUEUED
    assert not calls(sandbox)

    assert sending_approved.has_queued()
    assert sending_approved.send_queued(default_service(), lambda: False) == (1, 0)
    assert sending_approved.send_queued(default_service(), lambda: False) == (0, 0)
    assert write_of(approval).state == Write.State.PENDING
    assert len(calls(sandbox, "PUT")) == 1


def test_the_worker_does_not_send_over_a_change_since(
    sandbox: Sandbox, editor: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = approved_unsent(sandbox, editor, approver, monkeypatch)
    changed_in_codat(sandbox, customer(sandbox), emailAddress="moved@example.com")
    sending_approved.send_queued(default_service(), lambda: False)
    approval.refresh_from_db()
    assert (approval.state, write_of(approval).state) == (State.VOID, Write.State.FAILED)
    assert not calls(sandbox)


def _loses_sight(user: User) -> None:
    """Let a person see no company any more; what they may do stays."""
    people.set_sees_all(user, sees_all=False)


def test_an_author_who_may_not_see_the_company_any_more_voids_it(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    _loses_sight(editor)
    assert approve(approval, approver).state == State.VOID
    assert approval.comment == "editor may not change customers any more."
    assert not calls(sandbox)


def test_the_worker_does_not_send_for_an_author_who_may_not_see_the_company(
    sandbox: Sandbox, editor: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = approved_unsent(sandbox, editor, approver, monkeypatch)
    _loses_sight(editor)
    sending_approved.send_queued(default_service(), lambda: False)
    approval.refresh_from_db()
    write = write_of(approval)
    assert (approval.state, write.state) == (State.VOID, Write.State.FAILED)
    assert write.error_message.startswith("editor may not change customers any more.")
    assert not calls(sandbox)


def test_a_rule_that_is_switched_off_leaves_what_waits(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    one = rule()
    approval = waiting(sandbox, editor)
    one.ended_at = timezone.now()
    one.save()
    assert write_of(approval).state == Write.State.WAITING
    assert approve(approval, approver).state == State.APPROVED


def test_old_values_that_wait_are_kept(sandbox: Sandbox, editor: User, settings: Any) -> None:
    rule()
    approval = waiting(sandbox, editor)
    pass_time(sandbox, days=400)
    forgetting.forget_values()
    assert write_of(approval).payload
