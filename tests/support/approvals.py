"""Rules and requests for approval, for tests."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.approvals import deciding
from customers.batches import states
from customers.editing.save import Waits
from customers.models import Approval, ApprovalRule, Batch, Write
from customers.service import default_service
from sandbox import Sandbox
from tests.editing.test_save import change, saved
from tests.support import batches

Field = ApprovalRule.Field


def rule(**values: Any) -> ApprovalRule:
    """A rule that was made an hour ago; without values it asks for approval of any field."""
    defaults = {
        "fields": [] if "larger_than" in values else [Field.ANY],
        "made_at": timezone.now() - timedelta(hours=1),
        "made_by_name": "administrator",
    }
    return ApprovalRule.objects.create(**(defaults | values))


def waiting(sandbox: Sandbox, author: User, **values: Any) -> Approval:
    """The request for a change of the first customer; there has to be a rule that asks for it."""
    outcome = saved(change(sandbox, **(values or {"phone": "+44 1"})), author)
    assert isinstance(outcome, Waits), outcome
    return Approval.objects.select_related("write").get(write=outcome.write)


def write_of(approval: Approval) -> Write:
    """The change of a request, as it is stored now."""
    return Write.objects.get(approval=approval)


def approve(approval: Approval, user: User) -> Approval:
    """Approve a request, as its page does."""
    deciding.approve(approval, user, default_service())
    approval.refresh_from_db()
    return approval


def asked(batch: Batch) -> Approval:
    """The request that a batch waits for."""
    return Approval.objects.get(batch=batch, state=Approval.State.WAITING)


def asking_batch(sandbox: Sandbox, author: User) -> Batch:
    """A batch of three customers whose start asked for approval."""
    rule(larger_than=2)
    batch = batches.check(batches.made(sandbox, author, 3))
    states.start(batch, author)
    return batch


def approved_unsent(
    sandbox: Sandbox, author: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> Approval:
    """An approved change that was not sent yet, as where the process died in between."""
    rule()
    approval = waiting(sandbox, author)
    with monkeypatch.context() as patch:
        patch.setattr(deciding, "send_approved", lambda *_: None)
        return approve(approval, approver)
