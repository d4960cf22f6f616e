"""Whether an answer has the shape that was promised. A key that is missing inside a record is no error.

Each raises `InvalidResponse`.
"""

from __future__ import annotations

from typing import Any, cast

from customers.codat.responses import Answer
from customers.codat.types import PullOperation, PushOperation

# Beyond any count: JSON has numbers of any length.
MOST_RESULTS = 2**53

# What an id may be. A tuple, because a page of 5,000 asks 5,000 times.
TEXT_OR_NOTHING = (str, type(None))


def results(answer: Answer) -> dict[str, Any]:
    """A page: a list of records, and how many there are in all."""
    found = an_object(answer)
    found["results"] = records(answer, "results")
    total = found.get("totalResults")
    if type(total) is not int or not 0 <= total <= MOST_RESULTS:
        raise answer.wrong_shape("totalResults to be a count")
    return found


def an_object(answer: Answer, *, write: bool = False) -> dict[str, Any]:
    """Any JSON object. ``write``: whether something may have been written by asking."""
    if not isinstance(answer.data, dict):
        raise answer.wrong_shape("an object", write=write)
    return answer.data


def record(answer: Answer) -> dict[str, Any]:
    """A single record: an object whose id, if it has one, is text."""
    found = an_object(answer)
    if type(found.get("id")) not in TEXT_OR_NOTHING:
        raise answer.wrong_shape("an object with an id")
    return found


def records(answer: Answer, key: str) -> list[dict[str, Any]]:
    """The records under a key. Null is none; a missing key is another shape."""
    found = an_object(answer).get(key, False)
    if found is None:
        return []
    if not isinstance(found, list):
        raise answer.wrong_shape(f"a list under {key}")
    for each in found:
        if type(each) is not dict or type(each.get("id")) not in TEXT_OR_NOTHING:
            raise answer.wrong_shape(f"only objects with an id in {key}")
    return found


def push_operation(answer: Answer, *, write: bool) -> PushOperation:
    """A write as Codat follows it, with its key and status."""
    operation = an_object(answer, write=write)
    if not all(isinstance(operation.get(key), str) for key in ("pushOperationKey", "status")):
        raise answer.wrong_shape("a push operation with key and status", write=write)
    return cast(PushOperation, operation)


def pull_operation(answer: Answer, *, write: bool) -> PullOperation:
    """A refresh as Codat follows it, with its id and status."""
    operation = an_object(answer, write=write)
    if not all(isinstance(operation.get(key), str) for key in ("id", "status")):
        raise answer.wrong_shape("a pull operation with id and status", write=write)
    return cast(PullOperation, operation)
