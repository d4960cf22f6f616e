"""The operations of `CustomerService` against the sandbox, over a real socket."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from customers.codat.client import Client
from customers.codat.errors import (
    BadRequest,
    CodatError,
    KeyReused,
    NotFound,
    NotSynced,
    UnaddressableId,
    Unauthorized,
)
from customers.codat.http.auth import authorization
from customers.codat.types import ListedCustomer, PushOperation
from customers.service import CustomerService, default_service
from sandbox import Sandbox
from sandbox.data.companies import PLANS
from sandbox.data.special_records import ODD_IDS


@pytest.fixture
def service(sandbox: Sandbox) -> Iterator[CustomerService]:
    client = Client(sandbox.url, authorization("sandbox-key"), 4, 1, 2, total_timeout=4)
    yield CustomerService(client)
    client.close()


def test_the_default_service_has_one_client(sandbox: Sandbox) -> None:
    assert default_service().list_companies()["results"]
    assert default_service().client is default_service().client


def test_list_returns_one_page(service: CustomerService, sandbox: Sandbox) -> None:
    company = sandbox.company("big")
    page = service.list(company_id=company, page=2, page_size=7, order_by="-customerName")
    assert len(page["results"]) == 7
    assert page["totalResults"] == 5000
    (call,) = sandbox.calls
    assert call.path == f"/companies/{company}/data/customers"
    assert call.query == {"page": "2", "pageSize": "7", "orderBy": "-customerName"}
    names = [customer.get("customerName") or "" for customer in page["results"]]
    assert names == sorted(names, reverse=True)


def test_list_with_a_query(service: CustomerService, sandbox: Sandbox) -> None:
    company = sandbox.company("xero")
    name = service.list(company_id=company)["results"][0]["customerName"]
    page = service.list(company_id=company, query=f"customerName={name}&&metadata.isDeleted!=true")
    assert {customer["customerName"] for customer in page["results"]} == {name}
    with pytest.raises(BadRequest) as caught:
        service.list(company_id=company, query="nonsense=1")
    assert "query" in caught.value.message
    assert caught.value.correlation_id


def test_get_accepts_every_id(service: CustomerService, sandbox: Sandbox) -> None:
    read = 0
    for plan_key in sandbox_keys():
        company = sandbox.company(plan_key)
        try:
            customers = service.list(company_id=company, page_size=5000)["results"]
        except CodatError:
            continue
        for customer in (one for one in customers if one["id"] in ODD_IDS):
            if customer["id"] == "..":
                with pytest.raises(UnaddressableId):
                    service.get(company_id=company, customer_id="..")
                continue
            assert (
                service.get(company_id=company, customer_id=customer["id"])["id"]
                == (customer["id"])
            )
            read += 1
    assert read >= 15


def sandbox_keys() -> list[str]:
    return [plan.key for plan in PLANS if plan.key != "big"]


def test_get_keeps_all_digits(service: CustomerService, sandbox: Sandbox) -> None:
    body = '{"id": "1", "balance": 1.10, "big": 12345678901234567890}'
    sandbox.faults.add("/data/customers/1", "json", body=body)
    customer = service.get(company_id=sandbox.company("xero"), customer_id="1")
    assert str(customer["balance"]) == str(Decimal("1.10"))  # type: ignore[typeddict-item]
    assert customer["big"] == 12345678901234567890  # type: ignore[typeddict-item]


def test_data_that_does_not_exist(service: CustomerService, sandbox: Sandbox) -> None:
    for key in ("never_synced", "syncing"):
        with pytest.raises(NotSynced):
            service.list(company_id=sandbox.company(key))
    with pytest.raises(NotFound) as caught:
        service.get(company_id=sandbox.company("xero"), customer_id="nobody")
    assert caught.value.correlation_id


PAYLOAD = '{"customerName": "Ärger & Söhne", "status": "Active"}'


def create(
    service: CustomerService, sandbox: Sandbox, key: str, payload: str = PAYLOAD
) -> PushOperation:
    return service.create(
        company_id=sandbox.company("xero"),
        connection_id=sandbox.connection("xero"),
        payload=payload,
        idempotency_key=key,
        timeout_in_minutes=5,
    )


def test_a_create_is_sent_once_under_its_key(service: CustomerService, sandbox: Sandbox) -> None:
    key = str(uuid.uuid4())
    operation = create(service, sandbox, key)
    assert operation["status"] == "Pending"
    assert sandbox.calls[-1].body.decode() == PAYLOAD
    assert sandbox.calls[-1].query == {"timeoutInMinutes": "5"}
    assert create(service, sandbox, key)["pushOperationKey"] == operation["pushOperationKey"]
    with pytest.raises(KeyReused) as caught:
        create(service, sandbox, key, '{"customerName": "Other"}')
    assert not caught.value.may_have_arrived


def test_a_create_until_it_is_synced(service: CustomerService, sandbox: Sandbox) -> None:
    company = sandbox.company("xero")
    operation = create(service, sandbox, str(uuid.uuid4()))
    sandbox.settle()
    done = service.get_push_operation(
        company_id=company, push_operation_key=operation["pushOperationKey"]
    )
    assert done["status"] == "Success"
    change = (done["changes"] or [])[0]
    new_id = (change["recordRef"] or {})["id"] or ""
    with pytest.raises(NotFound):
        service.get(company_id=company, customer_id=new_id)
    pull = service.refresh_customers(company_id=company)
    joined = service.refresh_customers(company_id=company)
    assert joined["id"] == pull["id"]
    sandbox.settle()
    ended = service.get_pull_operation(company_id=company, dataset_id=pull["id"])
    assert ended["status"] == "Complete"
    assert service.get(company_id=company, customer_id=new_id)["customerName"] == "Ärger & Söhne"
    history = service.list_push_operations(company_id=company)
    assert [one["pushOperationKey"] for one in history["results"]] == [
        operation["pushOperationKey"]
    ]


def test_update_sends_the_payload(service: CustomerService, sandbox: Sandbox) -> None:
    company, connection = sandbox.company("xero"), sandbox.connection("xero")
    customer = service.list(company_id=company)["results"][0]
    for force, query in ((False, {}), (True, {"forceUpdate": "true"})):
        operation = service.update(
            company_id=company,
            connection_id=connection,
            customer_id=customer["id"],
            payload=json.dumps({"customerName": "New name", "status": "Active"}),
            force_update=force,
        )
        assert operation["pushOperationKey"]
        assert sandbox.calls[-1].method == "PUT"
        assert unquote(sandbox.calls[-1].path).endswith(f"/push/customers/{customer['id']}")
        assert sandbox.calls[-1].query == query


def test_a_payload_that_is_not_text_is_never_sent(
    service: CustomerService, sandbox: Sandbox
) -> None:
    with pytest.raises(BadRequest) as caught:
        service.create(
            company_id=sandbox.company("xero"),
            connection_id=sandbox.connection("xero"),
            payload='{"customerName": "\ud800"}',
            idempotency_key="k",
        )
    assert "Nothing was sent" in caught.value.sentence
    assert sandbox.calls == []


def test_the_model_is_cached(service: CustomerService, sandbox: Sandbox) -> None:
    company, connection = sandbox.company("xero"), sandbox.connection("xero")

    def read(*, fresh: bool = False) -> None:
        model = service.get_create_update_model(
            company_id=company, connection_id=connection, fresh=fresh
        )
        assert model["type"] == "Object"
        model["properties"] = None  # a change by one page does not reach the cache

    read()
    read()
    assert len(sandbox.calls) == 1
    read(fresh=True)
    assert len(sandbox.calls) == 2
    read()
    assert len(sandbox.calls) == 2
    service.get_create_update_model(
        company_id=sandbox.company("qbo"), connection_id=sandbox.connection("qbo")
    )
    assert len(sandbox.calls) == 3


def test_companies_are_cached(service: CustomerService, sandbox: Sandbox) -> None:
    company = sandbox.company("xero")
    companies = service.list_companies(page_size=50)["results"]
    assert company in [one["id"] for one in companies]
    cached = service.get_company(company_id=company)
    assert [link["status"] for link in cached["dataConnections"] or []] == ["Linked"]
    assert len(sandbox.calls) == 1
    service.get_company(company_id=company, fresh=True)
    assert len(sandbox.calls) == 2
    links = service.list_connections(company_id=company)
    assert [link["id"] for link in links] == [sandbox.connection("xero")]


def test_another_account_has_its_own_cache(service: CustomerService, sandbox: Sandbox) -> None:
    company = sandbox.company("xero")
    service.get_company(company_id=company)
    other = CustomerService(Client(sandbox.url, authorization("another-key"), 2))
    with pytest.raises(Unauthorized):
        other.get_company(company_id=company)


def test_the_data_status_of_a_company(service: CustomerService, sandbox: Sandbox) -> None:
    status = service.get_data_status(company_id=sandbox.company("xero"))
    assert status is not None
    assert status["currentStatus"] == "Complete"


def test_attachments_and_their_files(service: CustomerService, sandbox: Sandbox) -> None:
    company, connection = sandbox.company("xero"), sandbox.connection("xero")
    downloads = 0
    for customer in service.list(company_id=company)["results"]:
        listed = service.list_attachments(
            company_id=company, connection_id=connection, customer_id=customer["id"]
        )
        for attachment in listed[:1]:
            ids: Any = {
                "company_id": company,
                "connection_id": connection,
                "customer_id": customer["id"],
                "attachment_id": attachment["id"],
            }
            assert service.get_attachment(**ids) == attachment
            if (attachment["fileSize"] or 0) > 1_000_000:
                continue
            download = service.download_attachment(**ids)
            body = b"".join(download)
            assert len(body) == attachment["fileSize"]
            assert download.content_length in (None, len(body))
            downloads += 1
    assert downloads


def test_recorded_responses_are_read_completely(
    service: CustomerService, sandbox: Sandbox, shared: Path
) -> None:
    files = sorted((shared / "codat" / "customers").glob("*.json"))
    assert files
    for file in files:
        sandbox.faults.add("/data/customers", "json", body=file.read_text())
        whole = json.loads(file.read_text())
        for customer in whole["results"]:
            for name in customer.keys() - ListedCustomer.__annotations__.keys():
                del customer[name]
        page = service.list(company_id="c")
        assert page["results"] == whole["results"]
        assert page["totalResults"] == whole["totalResults"]
