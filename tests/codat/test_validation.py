"""Responses of another shape than promised are an error; missing keys are not."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from customers.codat.client import Client
from customers.codat.errors import InvalidResponse
from customers.service import CustomerService
from tests.support.servers.raw_server import RawServer, ok

IDS: Any = {"company_id": "c"}
LINK: Any = IDS | {"connection_id": "l"}
PAGE = b'{"results": %s, "totalResults": 2, "pageNumber": 1, "pageSize": 100, "_links": null}'
OPERATION = b'{"pushOperationKey": "k", "status": "Pending", "id": "p"}'
WRITE: Any = LINK | {"payload": "{}"}


def call_with(body: bytes, call: Callable[[CustomerService], Any]) -> Any:
    with RawServer(ok(body, "X-Request-Id: abc")) as server:
        # Each call has an account of its own, so nothing is cached from another test.
        return call(CustomerService(Client(server.url, f"Basic {uuid.uuid4()}", 1, 1, 1)))


CALLS: dict[str, Callable[[CustomerService], Any]] = {
    "list": lambda s: s.list(**IDS),
    "list_companies": lambda s: s.list_companies(),
    "list_connections": lambda s: s.list_connections(**IDS),
    "list_push_operations": lambda s: s.list_push_operations(**IDS),
    "get": lambda s: s.get(**IDS, customer_id="1"),
    "get_company": lambda s: s.get_company(**IDS),
    "get_create_update_model": lambda s: s.get_create_update_model(**LINK),
    "list_attachments": lambda s: s.list_attachments(**LINK, customer_id="1"),
    "get_attachment": lambda s: s.get_attachment(**LINK, customer_id="1", attachment_id="2"),
    "get_push_operation": lambda s: s.get_push_operation(**IDS, push_operation_key="k"),
    "get_pull_operation": lambda s: s.get_pull_operation(**IDS, dataset_id="d"),
    "get_data_status": lambda s: s.get_data_status(**IDS),
    "create": lambda s: s.create(**WRITE, idempotency_key="k"),
    "update": lambda s: s.update(**WRITE, customer_id="1"),
    "refresh_customers": lambda s: s.refresh_customers(**IDS),
}
WRITES = ("create", "update", "refresh_customers")
PAGES = [name for name in CALLS if name.startswith("list_") and name != "list_attachments"]
PAGES.append("list")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"5", b"true"])
@pytest.mark.parametrize("name", CALLS)
def test_a_body_that_is_no_object(name: str, body: bytes) -> None:
    with pytest.raises(InvalidResponse) as caught:
        call_with(body, CALLS[name])
    assert caught.value.may_have_arrived is (name in WRITES)
    assert caught.value.correlation_id == "abc"
    assert str(caught.value).startswith(("GET /companies", "POST /companies", "PUT /companies"))


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        PAGE % b"{}",
        PAGE % b'"text"',
        PAGE % b"[null]",
        PAGE % b"[[]]",
        PAGE % b'["text"]',
        PAGE % b'[{"id": 9}]',
        PAGE % b'[{"id": {}}]',
        b'{"results": []}',
        b'{"results": [], "totalResults": null}',
        b'{"results": [], "totalResults": "2"}',
        b'{"results": [], "totalResults": true}',
        b'{"results": [], "totalResults": 2.5}',
        b'{"results": [], "totalResults": -1}',
        b'{"results": [], "totalResults": 1%s}' % (b"0" * 30),
    ],
)
@pytest.mark.parametrize("name", PAGES)
def test_a_body_that_is_no_page(name: str, body: bytes) -> None:
    with pytest.raises(InvalidResponse):
        call_with(body, CALLS[name])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_missing_keys(name: str) -> None:
    empty = call_with(PAGE % b"null", CALLS[name])
    assert (empty if name == "list_connections" else empty["results"]) == []
    sparse = call_with(PAGE % b'[{}, {"id": null, "customerName": 5, "unknown": [1]}]', CALLS[name])
    assert (sparse if name == "list_connections" else sparse["results"]) == [
        {},
        {"id": None, "customerName": 5, "unknown": [1]},
    ]


@pytest.mark.parametrize("name", ["get", "get_attachment"])
def test_a_record(name: str) -> None:
    assert call_with(b"{}", CALLS[name]) == {}
    assert call_with(b'{"id": "1", "contacts": null}', CALLS[name]) == {"id": "1", "contacts": None}
    with pytest.raises(InvalidResponse):
        call_with(b'{"id": [1]}', CALLS[name])


def test_a_company() -> None:
    call = CALLS["get_company"]
    assert call_with(b'{"id": "1"}', call) == {"id": "1"}
    assert call_with(b'{"id": "1", "dataConnections": null}', call)["dataConnections"] is None
    assert call_with(b'{"dataConnections": [{}]}', call) == {"dataConnections": [{}]}
    for body in (
        b"{}",
        b'{"id": null}',
        b'{"id": ""}',
        b'{"id": [1]}',
        b'{"message": "odd"}',
        b'{"id": "1", "dataConnections": "text"}',
        b'{"id": "1", "dataConnections": [{}, null]}',
    ):
        with pytest.raises(InvalidResponse):
            call_with(body, call)


def test_a_list_of_attachments() -> None:
    call = CALLS["list_attachments"]
    assert call_with(b'{"attachments": null}', call) == []
    assert call_with(b'{"attachments": [{"id": "1", "name": null}]}', call) == [
        {"id": "1", "name": None}
    ]
    for body in (b"{}", b'{"attachments": {}}', b'{"attachments": [1]}'):
        with pytest.raises(InvalidResponse):
            call_with(body, call)


@pytest.mark.parametrize("name", ["create", "update", "get_push_operation"])
def test_a_push_operation(name: str) -> None:
    assert call_with(OPERATION, CALLS[name])["status"] == "Pending"
    for body in (
        b"{}",
        b'{"pushOperationKey": "k"}',
        b'{"pushOperationKey": null, "status": "Failed"}',
        b'{"pushOperationKey": "k", "status": 3}',
    ):
        with pytest.raises(InvalidResponse) as caught:
            call_with(body, CALLS[name])
        assert caught.value.may_have_arrived is (name in WRITES)


@pytest.mark.parametrize("name", ["refresh_customers", "get_pull_operation"])
def test_a_pull_operation(name: str) -> None:
    assert call_with(OPERATION, CALLS[name])["id"] == "p"
    for body in (b"{}", b'{"id": "p"}', b'{"id": 1, "status": "Queued"}'):
        with pytest.raises(InvalidResponse):
            call_with(body, CALLS[name])


def test_a_data_status() -> None:
    call = CALLS["get_data_status"]
    assert call_with(b"{}", call) is None
    assert call_with(b'{"customers": null}', call) is None
    assert call_with(b'{"customers": {}}', call) == {}
    with pytest.raises(InvalidResponse):
        call_with(b'{"customers": "Complete"}', call)


def test_a_model_is_any_object() -> None:
    assert call_with(b'{"properties": null}', CALLS["get_create_update_model"]) == {
        "properties": None
    }
