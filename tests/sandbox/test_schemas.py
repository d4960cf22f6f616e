"""The sandbox's responses match Codat's OpenAPI documents."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sandbox import Sandbox
from sandbox.data.companies import PLANS

from .conftest import Api

SHARED = Path(__file__).resolve().parents[3] / "shared" / "codat"
pytestmark = pytest.mark.skipif(
    not (SHARED / "customers-openapi.json").exists()
    or not (SHARED / "platform-openapi.json").exists(),
    reason=f"Codat's OpenAPI documents are not at {SHARED}",
)


def _nullable(node: Any) -> Any:
    """Translate OpenAPI 3.0's `nullable`, which these documents still use, to JSON Schema."""
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _nullable(item) for key, item in node.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


@cache
def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = _nullable(json.loads((SHARED / name).read_text()))
    schemas = document["components"]["schemas"]
    for push in ("PushOperation", "PushOperationSummary"):
        for schema in [schemas[push], *schemas[push].get("allOf", [])] if push in schemas else []:
            # Its description says "null if Pending", its type does not.
            at = schema.get("properties", {})
            if "completedOnUtc" in at:
                at["completedOnUtc"] = {"type": ["string", "null"]}
    return document


def check(body: Any, schema: str, document: str = "customers-openapi.json") -> None:
    root = _document(document) | {"$ref": f"#/components/schemas/{schema}"}
    problems = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in Draft202012Validator(root).iter_errors(body)
    ]
    assert not problems, problems[:5]


PLATFORM = "platform-openapi.json"


def test_the_check_fails_on_a_difference() -> None:
    with pytest.raises(AssertionError):
        check({"results": [{"status": "Sleeping"}]}, "Customers")
    with pytest.raises(AssertionError):
        check({"id": 1}, "Company", PLATFORM)


@pytest.mark.parametrize("key", [plan.key for plan in PLANS if plan.synced == "yes"])
def test_customers(api: Api, key: str) -> None:
    body = api.list(key, pageSize=300).json()
    check(body, "Customers")
    check(api.customer(key, body["results"][0]["id"]).json(), "Customer")


@pytest.mark.parametrize(
    "key", [plan.key for plan in PLANS if any(link.integration.model for link in plan.links)]
)
def test_models(api: Api, key: str) -> None:
    check(api.get(f"{api.connection(key)}/options/customers").json(), "PushOption")


@pytest.mark.parametrize(
    "customer_id",
    ["none", "one", "thirty", "kinds", "names", "ids", "lies", "unlike", "large", "null"],
)
def test_attachments(api: Api, customer_id: str) -> None:
    body = api.get(api.attachments("files", customer_id)).json()
    check(body, "AttachmentsDataset")
    for row in body["attachments"] or ():
        check(api.get(api.attachments("files", customer_id, row["id"])).json(), "Attachment")


def test_companies_and_connections(api: Api) -> None:
    body = api.get("/companies", page=1).json()
    check(body, "Companies", PLATFORM)
    for row in body["results"]:
        check(api.get(f"/companies/{row['id']}").json(), "Company", PLATFORM)
        connections = api.get(f"/companies/{row['id']}/connections", page=1).json()
        check(connections, "Connections", PLATFORM)
        check(api.get(f"/companies/{row['id']}/dataStatus").json(), "DataStatuses", PLATFORM)


def test_pushes(api: Api, box: Sandbox) -> None:
    row = api.list("xero").json()["results"][0]
    created = api.create("xero", {"customerName": "A"}, timeoutInMinutes=5).json()
    check(created, "CreateCustomerResponse")
    check(api.update("xero", row["id"], {"customerName": "A"}).json(), "UpdateCustomerResponse")
    check(api.create("xero", {}).json(), "CreateCustomerResponse")
    check(api.get(f"{api.company('xero')}/push", page=1).json(), "PushOperations", PLATFORM)
    box.settle()
    done = api.push("xero", created["pushOperationKey"])
    assert done["status"] == "Success"
    check(done, "PushOperation", PLATFORM)
    check(api.get(f"{api.company('xero')}/push", page=1).json(), "PushOperations", PLATFORM)


def test_refreshes(api: Api, box: Sandbox) -> None:
    for key in ("xero", "deauthorized"):
        pull = api.refresh(key).json()
        check(pull, "PullOperation", PLATFORM)
        check(api.get(f"{api.company(key)}/dataStatus").json(), "DataStatuses", PLATFORM)
        box.settle()
        path = f"{api.company(key)}/data/history"
        check(api.get(f"{path}/{pull['id']}").json(), "PullOperation", PLATFORM)
        check(api.get(path, page=1).json(), "PullOperations", PLATFORM)


def test_errors(api: Api) -> None:
    for answer in (
        api.get("/companies/nobody"),
        api.list("xero", query="="),
        api.create("freshbooks", {}),
        api.call("GET", "/companies", headers={"Authorization": "x"}),
    ):
        assert answer.status_code >= 400
        check(answer.json(), "ErrorMessage")
        check(answer.json(), "ErrorMessage", PLATFORM)
