"""Checks that a response has the promised shape. A key that is missing inside a record is no error.

Each function raises `InvalidResponse`.
"""

from __future__ import annotations

from typing import Any, cast

from customers.codat.http.responses import JsonResponse
from customers.codat.pages import row_limit
from customers.codat.types import PullOperation, PushOperation

# Upper bound of a count: JSON integers are unbounded.
MAX_TOTAL = 2**53

# The types of an ID. A constant, because a page of 5,000 checks 5,000 times.
_ID_TYPES = (str, type(None))


def results(response: JsonResponse, page_size: int) -> dict[str, Any]:
    """A page: a list of records, and the count of all. Records beyond the page's size are left out."""
    page = an_object(response)
    page["results"] = records(response, "results")[: row_limit(page, page_size)]
    total = page.get("totalResults")
    if type(total) is not int or not 0 <= total <= MAX_TOTAL:
        raise response.wrong_shape("totalResults to be a count")
    return page


def an_object(response: JsonResponse, *, write: bool = False) -> dict[str, Any]:
    """Any JSON object. ``write``: whether the request may have changed something."""
    if not isinstance(response.data, dict):
        raise response.wrong_shape("an object", write=write)
    return response.data


def record(response: JsonResponse) -> dict[str, Any]:
    """One record: an object whose ID, if it has one, is text."""
    data = an_object(response)
    if type(data.get("id")) not in _ID_TYPES:
        raise response.wrong_shape("an object with an id")
    return data


def company(response: JsonResponse) -> dict[str, Any]:
    """One company: a record with an ID or with connections. Connections are objects."""
    data = record(response)
    connections = data.get("dataConnections")
    if not data.get("id") and connections is None:
        raise response.wrong_shape("a company")
    if not isinstance(connections, list | None):
        raise response.wrong_shape("a list under dataConnections")
    if not all(isinstance(item, dict) for item in connections or ()):
        raise response.wrong_shape("only objects in dataConnections")
    return data


def records(response: JsonResponse, key: str) -> list[dict[str, Any]]:
    """The records under a key. Null is an empty list; a missing key is an error."""
    items = an_object(response).get(key, False)
    if items is None:
        return []
    if not isinstance(items, list):
        raise response.wrong_shape(f"a list under {key}")
    for item in items:
        if type(item) is not dict or type(item.get("id")) not in _ID_TYPES:
            raise response.wrong_shape(f"only objects with an id in {key}")
    return items


def push_operation(response: JsonResponse, *, write: bool) -> PushOperation:
    """A push operation with its key and status."""
    operation = an_object(response, write=write)
    if not all(isinstance(operation.get(key), str) for key in ("pushOperationKey", "status")):
        raise response.wrong_shape("a push operation with key and status", write=write)
    return cast(PushOperation, operation)


def pull_operation(response: JsonResponse, *, write: bool) -> PullOperation:
    """A pull operation with its ID and status."""
    operation = an_object(response, write=write)
    if not all(isinstance(operation.get(key), str) for key in ("id", "status")):
        raise response.wrong_shape("a pull operation with id and status", write=write)
    return cast(PullOperation, operation)
