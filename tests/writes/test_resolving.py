"""A change that went wrong stays a problem until another one overcomes it, or it is saved again."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.codat.types import PushOperation
from customers.models import Write
from customers.writes import journal
from sandbox import Sandbox
from tests.support.journal import customer, journal_row, journaled, write_request

pytestmark = pytest.mark.django_db

COMPANY = str(uuid.UUID(int=1))
State = Write.State
ACCEPTED = PushOperation(status="Success", pushOperationKey="key")


def problem(user: User, **values: Any) -> Write:
    """A refused change of a phone number."""
    return journal_row(
        COMPANY, user, **({"state": State.FAILED, "push_operation_key": "k"} | values)
    )


def accepted(user: User, **values: Any) -> Write:
    """A later change of the same customer that Codat accepts now."""
    write = journal_row(COMPANY, user, **({"state": State.PENDING} | values))
    return journal.apply_result(write, ACCEPTED, by=Write.SettledBy.POLL)


def is_problem(write: Write) -> bool:
    write.refresh_from_db()
    return bool(write.is_problem)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"state": State.TIMED_OUT},
        {"state": State.UNKNOWN},
        {"state": State.SUCCESS, "confirmation": "differs"},
        {"state": State.SUCCESS, "confirmation": "absent"},
    ],
)
def test_what_went_wrong_is_a_problem_until_the_same_field_is_accepted(
    editor: User, values: dict[str, Any]
) -> None:
    write = problem(editor, **values)
    assert is_problem(write)
    accepted(editor, payload='{"phone": "newest"}')
    assert not is_problem(write)
    assert write.seen_at, "nobody has to look at it any more"


@pytest.mark.parametrize(
    "values",
    [
        {"state": State.SUCCESS, "confirmation": "confirmed"},
        {"state": State.PENDING},
        {"decision": Write.Decision.NOT_RECEIVED},
    ],
)
def test_what_is_well_or_decided_is_none(editor: User, values: dict[str, Any]) -> None:
    assert not is_problem(problem(editor, **values))


@pytest.mark.parametrize(
    "values",
    [
        {"customer_id": "another"},
        {"company_id": str(uuid.UUID(int=2))},
        {"payload": '{"phone": "old 1", "taxNumber": "another field"}'},
    ],
)
def test_another_customer_or_field_does_not_overcome_it(
    editor: User, values: dict[str, Any]
) -> None:
    write = problem(editor)
    accepted(editor, **values)
    assert is_problem(write)


def test_an_earlier_change_does_not_overcome_it(editor: User) -> None:
    earlier = journal_row(COMPANY, editor, state=State.PENDING)
    write = problem(editor)
    journal.apply_result(earlier, ACCEPTED, by=Write.SettledBy.POLL)
    assert is_problem(write)


def test_a_new_customer_of_the_same_name_overcomes_a_failed_one(editor: User) -> None:
    new = {"kind": Write.Kind.CREATE, "customer_id": "", "customer_name": "Ada Ltd", "before": ""}
    write, other = problem(editor, **new), problem(editor, **(new | {"customer_name": "Bob"}))
    accepted(editor, **new)
    assert not is_problem(write)
    assert is_problem(other)


def test_a_change_that_is_saved_again_is_no_problem_but_the_new_one_may_be(
    sandbox: Sandbox, editor: User
) -> None:
    request = write_request(sandbox, customer(sandbox))
    first = journaled(editor, request)
    Write.objects.filter(pk=first.pk).update(state=State.FAILED)
    assert is_problem(first)
    second = journaled(editor, replace(request, retry_of=first, submission=uuid.uuid4()))
    assert not is_problem(first)
    Write.objects.filter(pk=second.pk).update(state=State.FAILED)
    assert is_problem(second)
