"""Codat's own SDK performs all eight operations with the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from codat_accounting import CodatAccounting
from codat_accounting.models import errors, operations, shared
from codat_accounting.utils import BackoffStrategy, RetryConfig

from sandbox import Sandbox
from sandbox.data.companies import PLANS

QUICK = RetryConfig("none", BackoffStrategy(1, 1, 1.0, 1), retry_connection_errors=False)


@pytest.fixture
def sdk(box: Sandbox) -> Iterator[CodatAccounting]:
    with httpx.Client(trust_env=False) as client:
        yield CodatAccounting(
            security=shared.Security(auth_header=box.auth_header),
            server_url=box.url,
            client=client,
            retry_config=QUICK,
        )


def _path(box: Sandbox, key: str, **more: str) -> dict[str, Any]:
    return {"company_id": box.company(key), "connection_id": box.connection(key)} | more


def test_list(sdk: CodatAccounting, box: Sandbox) -> None:
    page = sdk.customers.list(
        request=operations.ListCustomersRequest(
            company_id=box.company("qbo"),
            page=1,
            page_size=10,
            query="status=Active",
            order_by="-id",
        )
    )
    assert page is not None
    assert page.results is not None
    assert len(page.results) == 10
    assert page.total_results > 10
    assert page.links.next is not None


@pytest.mark.parametrize("key", [plan.key for plan in PLANS if plan.synced == "yes"])
def test_list_everything(sdk: CodatAccounting, box: Sandbox, key: str) -> None:
    page = sdk.customers.list(
        request=operations.ListCustomersRequest(company_id=box.company(key), page=1, page_size=5000)
    )
    assert page is not None
    assert page.results is not None
    assert len(page.results) == page.total_results > 0


# No ID with a slash: the SDK does not encode it.
@pytest.mark.parametrize("customer_id", ["full", "a b", "клиент-7", "arrays-null"])
def test_get(sdk: CodatAccounting, box: Sandbox, customer_id: str) -> None:
    customer = sdk.customers.get(
        request=operations.GetCustomerRequest(
            company_id=box.company("odd"), customer_id=customer_id
        )
    )
    assert customer is not None
    assert customer.id == customer_id


@pytest.mark.parametrize(
    "key", [plan.key for plan in PLANS if any(link.integration.model for link in plan.links)]
)
def test_get_create_update_model(sdk: CodatAccounting, box: Sandbox, key: str) -> None:
    model = sdk.customers.get_create_update_model(
        request=operations.GetCreateUpdateCustomersModelRequest(**_path(box, key))
    )
    assert model is not None
    assert model.type == shared.PushOptionType.OBJECT
    assert model.properties
    assert "customerName" in model.properties


def test_create_then_update(sdk: CodatAccounting, box: Sandbox) -> None:
    customer = shared.Customer(customer_name="Made by the SDK", status=shared.CustomerStatus.ACTIVE)
    created = sdk.customers.create(
        request=operations.CreateCustomerRequest(customer=customer, **_path(box, "qbo"))
    )
    assert created is not None
    assert created.status == shared.PushOperationStatus.PENDING
    box.settle()
    made = next(
        key
        for key, record in box.state("qbo").source.items()
        if record["customerName"] == "Made by the SDK"
    )
    box.state("qbo").take_copy()
    customer.customer_name = "Changed by the SDK"
    updated = sdk.customers.update(
        request=operations.UpdateCustomerRequest(
            customer=customer, customer_id=made, timeout_in_minutes=5, **_path(box, "qbo")
        )
    )
    assert updated is not None
    assert updated.timeout_in_minutes == 5
    box.settle()
    assert box.state("qbo").source[made]["customerName"] == "Changed by the SDK"


def test_attachments(sdk: CodatAccounting, box: Sandbox) -> None:
    path = _path(box, "files", customer_id="kinds")
    listed = sdk.customers.list_attachments(
        request=operations.ListCustomerAttachmentsRequest(**path)
    )
    assert listed is not None
    assert listed.attachments
    assert "png" in {attachment.id for attachment in listed.attachments}
    one = sdk.customers.get_attachment(
        request=operations.GetCustomerAttachmentRequest(attachment_id="png", **path)
    )
    assert one is not None
    assert one.content_type == "image/png"
    answer = sdk.customers.download_attachment(
        request=operations.DownloadCustomerAttachmentRequest(attachment_id="png", **path)
    )
    assert answer is not None
    content = answer.read()
    assert content.startswith(b"\x89PNG")
    assert len(content) == one.file_size


@pytest.mark.parametrize("status", [401, 402, 403, 404, 409, 429, 500, 503])
def test_errors_are_codats(sdk: CodatAccounting, box: Sandbox, status: int) -> None:
    box.faults.add("/data/customers", "status", status=status)
    with pytest.raises(errors.ErrorMessage) as caught:
        sdk.customers.list(
            request=operations.ListCustomersRequest(company_id=box.company("qbo"), page=1)
        )
    assert caught.value.data.status_code == status
    assert caught.value.data.correlation_id


def test_a_refused_write_has_its_items(sdk: CodatAccounting, box: Sandbox) -> None:
    customer = shared.Customer(status=shared.CustomerStatus.ACTIVE)
    with pytest.raises(errors.ErrorMessage) as caught:
        sdk.customers.create(
            request=operations.CreateCustomerRequest(customer=customer, **_path(box, "freshbooks"))
        )
    validation = caught.value.data.validation
    assert validation
    assert validation.errors
    assert {item.item_id for item in validation.errors} == {"Status", "EmailAddress"}
