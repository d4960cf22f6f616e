"""Malformed push operations: no answer from Codat loses a write."""

from __future__ import annotations

from typing import Any

import pytest
import simplejson
from django.contrib.auth.models import User

from customers.models import Write
from customers.writes import operations
from sandbox import Sandbox
from tests.support.journal import customer, sent, write_request

pytestmark = pytest.mark.django_db

State = Write.State


KEY = "6c7b8a9d-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "odd",
    [
        {"validation": "text"},
        {"validation": {"errors": {"a": 1}, "warnings": 5}},
        {"validation": {"errors": [None, {"itemId": 7, "message": {"a": "\0"}}]}},
        {"changes": 5},
        {"changes": "text"},
        {"changes": [None, {"recordRef": "x"}, {"recordRef": {"id": 7}}]},
        {"statusCode": "200"},
        {"statusCode": 10**30},
        {"errorMessage": "\0\0" + "x" * 20_000},
        {"requestedOnUtc": 5, "completedOnUtc": "never"},
    ],
)
@pytest.mark.parametrize("status", ["Pending", "Success", "Failed", "TimedOut", "Invented"])
def test_no_malformed_answer_loses_a_write(
    sandbox: Sandbox, editor: User, odd: dict[str, Any], status: str
) -> None:
    operation = {"pushOperationKey": KEY, "status": status} | odd
    sandbox.faults.add("POST", "json", body=simplejson.dumps(operation))

    write = sent(editor, write_request(sandbox))

    assert (write.state, write.push_operation_key) == (operations.operation_state(operation), KEY)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["", "k" * 65, "\0", None, 7])
def test_an_answer_without_a_key_leaves_the_write_unknown(
    sandbox: Sandbox, editor: User, key: Any
) -> None:
    """A pending write without a key could never be tracked."""
    operation = simplejson.dumps({"pushOperationKey": key, "status": "Pending"})
    sandbox.faults.add("PUT", "json", body=operation)
    write = sent(editor, write_request(sandbox, customer(sandbox), phone="1"))
    assert (write.state, write.push_operation_key) == (State.UNKNOWN, "")
    assert (write.settled_by, write.completed_at) == ("", None)
