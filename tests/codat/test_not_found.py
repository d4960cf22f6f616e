"""The meanings of a 404, each with a sentence of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from customers.codat.errors import NotFound, NotSupported
from customers.service import CustomerService
from tests.support.codat import make_client
from tests.support.servers.raw_server import RawServer, ok

COMPANY: Any = {"company_id": "c"}
CONNECTION: Any = COMPANY | {"connection_id": "k"}
CUSTOMER: Any = CONNECTION | {"customer_id": "1"}

CALLS: dict[str, tuple[Callable[[CustomerService], Any], str]] = {
    "company": (lambda s: s.get_company(**COMPANY), "Company not found"),
    "customers": (lambda s: s.list(**COMPANY), "Company not found"),
    "customer": (lambda s: s.get(**COMPANY, customer_id="1"), "Customer not found"),
    "model": (lambda s: s.get_create_update_model(**CONNECTION), "Connection not found"),
    "create": (
        lambda s: s.create(**CONNECTION, payload="{}", idempotency_key="k"),
        "Connection not found",
    ),
    "update": (lambda s: s.update(**CUSTOMER, payload="{}"), "Customer not found"),
    "attachments": (lambda s: s.list_attachments(**CUSTOMER), "Customer not found"),
    "attachment": (
        lambda s: s.get_attachment(**CUSTOMER, attachment_id="2"),
        "Attachment not found",
    ),
    "download": (
        lambda s: s.download_attachment(**CUSTOMER, attachment_id="2"),
        "Attachment not found",
    ),
    "push": (
        lambda s: s.get_push_operation(**COMPANY, push_operation_key="p"),
        "Change not found",
    ),
    "sync": (lambda s: s.get_pull_operation(**COMPANY, dataset_id="d"), "no longer has this sync"),
}


def failure(call: Callable[[CustomerService], Any], message: str) -> NotFound:
    body = b'{"error": "%s"}' % message.encode()
    with RawServer(ok(body, status="404 Not Found")) as server, pytest.raises(NotFound) as caught:
        call(CustomerService(make_client(server.url)))
    return caught.value


@pytest.mark.parametrize("name", CALLS)
def test_what_is_missing_by_the_path(name: str) -> None:
    call, sentence = CALLS[name]
    for message in ("", "Resource not found."):
        error = failure(call, message)
        assert sentence in error.sentence
        assert error.our_status == 404


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("Company c not found.", "Company not found"),
        ("Data connection k not found.", "Connection not found"),
        ("Customer 1 not found.", "Customer not found"),
    ],
)
def test_what_is_missing_by_the_message(message: str, sentence: str) -> None:
    assert sentence in failure(CALLS["attachment"][0], message).sentence


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("model", "can be read through Codat, but not added or changed"),
        ("create", "can be read through Codat, but not added or changed"),
        ("update", "can be read through Codat, but not added or changed"),
        ("attachments", "does not offer attachments"),
        ("customers", "cannot read customers"),
    ],
)
@pytest.mark.parametrize(
    "message",
    [
        "Datatype customers not supported by platform(s)",
        "Data type 'customers' is NOT SUPPORTED by this integration.",
    ],
)
def test_what_is_not_supported(name: str, sentence: str, message: str) -> None:
    error = failure(CALLS[name][0], message)
    assert isinstance(error, NotSupported)
    assert sentence in error.sentence
