"""Two people, a worker and the author in the same instant: one of them has an effect, and nothing is sent twice."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import partial

import pytest
from django.contrib.auth.models import User

from customers.access.roles import Role
from customers.approvals import deciding, sending_approved
from customers.approvals.deciding import Refused
from customers.batches import creating, states
from customers.models import Approval, Batch, Notice, Write
from customers.service import default_service
from customers.writes.approving.payloads import hash_of_all
from sandbox import Sandbox
from tests.support import batches
from tests.support.approvals import (
    approve,
    approved_unsent,
    asked,
    asking_batch,
    rule,
    waiting,
    write_of,
)
from tests.support.journal import calls
from tests.support.patience import PATIENCE
from tests.support.people import person
from tests.support.races import all_at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("groups")]
State = Approval.State


def decide(approval: Approval, what: str, user: User) -> str:
    """What a person decides, with a row of their own; "" where it was refused."""
    own = Approval.objects.select_related("write", "batch").get(pk=approval.pk)
    try:
        if what == "approve":
            deciding.approve(own, user, default_service())
        elif what == "return":
            deciding.return_to_author(own, user, "Not like this.")
        else:
            deciding.withdraw(own, user)
    except Refused:
        return ""
    return what


@pytest.mark.parametrize(
    "decisions",
    [
        ("approve", "approve"),
        ("approve", "return"),
        ("approve", "withdraw"),
        ("return", "withdraw"),
    ],
)
def test_of_two_decisions_one_counts(
    sandbox: Sandbox, editor: User, decisions: tuple[str, str]
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    people = [person(f"approver{number}", Role.APPROVER) for number in range(2)]
    deciders = [
        editor if what == "withdraw" else people[number] for number, what in enumerate(decisions)
    ]

    def job(number: int) -> str:
        return decide(approval, decisions[number], deciders[number])

    found = all_at_once([lambda: job(0), lambda: job(1)])
    assert sorted(map(bool, found)) == [False, True]
    approval.refresh_from_db()
    counted = next(filter(None, found))
    ended = {"approve": State.APPROVED, "return": State.RETURNED, "withdraw": State.WITHDRAWN}
    assert approval.state == ended[counted]
    assert len(calls(sandbox)) == (counted == "approve")


def test_the_approver_and_workers_send_it_once(
    sandbox: Sandbox, editor: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = approved_unsent(sandbox, editor, approver, monkeypatch)
    write = write_of(approval)

    def worker() -> None:
        sending_approved.send_queued(default_service(), lambda: False)

    def approver_again() -> None:
        sending_approved.send_approved(Write.objects.get(pk=write.pk), default_service())

    all_at_once([worker, worker, approver_again, approver_again])
    assert len(calls(sandbox, "PUT")) == 1
    assert write_of(approval).attempts == 1


def test_a_batch_started_twice_asks_once(sandbox: Sandbox, editor: User) -> None:
    rule(larger_than=2)
    batch = batches.check(batches.made(sandbox, editor, 3))
    found = all_at_once([lambda: states.start(Batch.objects.get(pk=batch.pk), editor)] * 3)
    assert found == [False, False, False]
    assert Approval.objects.count() == 1
    assert asked(batch).row_hashes.count() == 3


def test_two_halves_that_start_in_the_same_instant_count_together(
    sandbox: Sandbox, editor: User
) -> None:
    rule(larger_than=3)
    ids = batches.customers_of(sandbox, 4)
    halves = [
        batches.check(creating.create(batches.request_of(sandbox, part), editor)[0])
        for part in (ids[:2], ids[2:])
    ]
    found = all_at_once(
        [partial(states.start, Batch.objects.get(pk=half.pk), editor) for half in halves]
    )
    assert sorted(found) == [False, True]


def test_a_batch_that_is_cancelled_while_it_is_approved(
    sandbox: Sandbox, editor: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = asking_batch(sandbox, editor)
    approval = asked(batch)
    was_found_ready, is_cancelled = threading.Event(), threading.Event()

    def slowly(rows: Iterable[tuple[int, str]]) -> str:
        was_found_ready.set()
        # Half a second: where the batch is locked, it is cancelled after the approval.
        is_cancelled.wait(0.5)
        return hash_of_all(rows)

    monkeypatch.setattr(deciding, "hash_of_all", slowly)

    def cancel() -> None:
        assert was_found_ready.wait(PATIENCE)
        assert states.cancel(Batch.objects.get(pk=batch.pk), editor)
        is_cancelled.set()

    all_at_once([lambda: decide(approval, "approve", approver), cancel])
    approval.refresh_from_db()
    assert approval.state == State.APPROVED
    assert [step.action for step in batch.steps.order_by("pk")][-2:] == ["start", "cancel"]
    assert batches.phase(batch) == Batch.State.CANCELLED


def test_a_batch_that_ends_while_it_is_approved_is_not_approved(
    sandbox: Sandbox, editor: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = asking_batch(sandbox, editor)
    approval = asked(batch)

    def ended(rows: Iterable[tuple[int, str]]) -> str:
        Batch.objects.filter(pk=batch.pk).update(state=Batch.State.CANCELLED)
        return hash_of_all(rows)

    monkeypatch.setattr(deciding, "hash_of_all", ended)
    with pytest.raises(Refused):
        approve(approval, approver)
    approval.refresh_from_db()
    assert approval.state == State.WAITING
    assert not Notice.objects.filter(user=editor).exists()
