"""The query language, ordering and paging."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.errors import ApiError
from sandbox.query import CUSTOMER_FIELDS, PUSH_FIELDS, compile_query

from .conftest import Api

RECORD: dict[str, Any] = {
    "id": "9",
    "customerName": "Amber Café & Co",
    "status": "Active",
    "sourceModifiedDate": "2024-05-01T10:00:00.1234567",
    "metadata": {"isDeleted": False},
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("id=9", True),
        ("id!=9", False),
        ("customerName~café", True),
        (" customerName ~ amber ", True),
        ("customerName~tea", False),
        ("phone=1", False),
        ("phone!=1", True),
        ("metadata.isDeleted!=true", True),
        ("metadata.isDeleted=true", False),
        ("metadata.isDeleted=false", True),
        ("sourceModifiedDate>2024-05-01", True),
        ("sourceModifiedDate>2024-05-01T10:00:01Z", False),
        ("sourceModifiedDate<2024-05-02", True),
        ("sourceModifiedDate>=2024-05-02", False),
        ("sourceModifiedDate<=2024-05-01T12:00:00+01:00", True),
        ("modifiedDate>2020-01-01", False),
        ("id=1||id=9", True),
        ("id=9&&status=Archived", False),
        ("id=9||id=1&&status=Archived", True),
        ("{id=9||id=1}&&status=Archived", False),
        ("{id=9&&{status=Active||status=Archived}}", True),
    ],
)
def test_queries(query: str, expected: bool) -> None:
    test = compile_query(query, CUSTOMER_FIELDS)
    assert test is not None
    assert test(RECORD) is expected


@pytest.mark.parametrize(
    "query",
    [
        "id",
        "id=",
        "=9",
        "id==9",
        "id=9&&",
        "||id=9",
        "{id=9",
        "id=9}",
        "id=9 & status=Active",
        "customerName=a{b",
        "customerName='a'",
        'customerName="a"',
        "customerName=a=b",
        "customerName>a",
        "metadata.isDeleted~true",
        "metadata.isDeleted=maybe",
        "sourceModifiedDate~2024",
        "sourceModifiedDate>yesterday",
        "customerName~" + "a" * 2048,
    ],
)
def test_malformed_queries(query: str) -> None:
    with pytest.raises(ApiError, match=r"^Error parsing query - Malformed query\.$"):
        compile_query(query, CUSTOMER_FIELDS)


@pytest.mark.parametrize(
    "name", ["nothing", "addresses.line1", "contacts", "supplementalData.content", "CustomerName"]
)
def test_unknown_properties(name: str) -> None:
    with pytest.raises(ApiError, match=f"Could not resolve property {name} on Dataset"):
        compile_query(f"{name}=1", CUSTOMER_FIELDS)


def test_numbers_compare_as_numbers() -> None:
    test = compile_query("statusCode>=400", PUSH_FIELDS)
    assert test is not None
    assert test({"statusCode": 1000})
    assert not test({"statusCode": 99})


def test_queries_can_be_case_sensitive() -> None:
    test = compile_query("customerName~amber", CUSTOMER_FIELDS, case_sensitive=True)
    assert test is not None
    assert not test(RECORD)


def test_the_list_filters_orders_and_counts(api: Api, box: Sandbox) -> None:
    query = "status=Archived&&metadata.isDeleted!=true"
    body = api.list("big", query=query, orderBy="-customerName", pageSize=50).json()
    everybody = box.state("big").copy.values()
    expected = [
        row
        for row in everybody
        if row["status"] == "Archived" and not row.get("metadata", {}).get("isDeleted")
    ]
    assert body["totalResults"] == len(expected) > 50
    names = [row["customerName"].casefold() for row in body["results"]]
    assert names == sorted((row["customerName"].casefold() for row in expected), reverse=True)[:50]


def test_dates_order_as_dates(api: Api) -> None:
    rows = api.list("big", orderBy="sourceModifiedDate").json()["results"]
    assert rows[0]["sourceModifiedDate"].startswith("0001")
    later = [row["sourceModifiedDate"] for row in rows]
    assert later == sorted(later)


def test_links_lead_through_all_pages(api: Api) -> None:
    path = f"{api.company('exact')}/data/customers"
    href = f"{path}?page=1&pageSize=30&query=status%3DActive&orderBy=-id"
    seen: list[str] = []
    pages = 0
    while True:
        body = api.get(href).json()
        pages += 1
        assert body["_links"]["current"]["href"] == href
        assert body["_links"]["self"]["href"] == path
        assert ("previous" in body["_links"]) == (pages > 1)
        seen += [row["id"] for row in body["results"]]
        if "next" not in body["_links"]:
            break
        href = body["_links"]["next"]["href"]
    assert pages == 3
    assert len(seen) == body["totalResults"]
    assert seen == sorted(seen, reverse=True)


def test_a_page_past_the_end_is_empty(api: Api) -> None:
    body = api.list("zoho", page=9).json()
    assert body["results"] == []
    assert body["totalResults"] == 14
    assert "next" not in body["_links"]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("data/customers", {"pageSize": 5001}),
        ("data/customers", {"page": 0}),
        ("data/customers", {"page": "two"}),
        ("data/customers", {"pageSize": -1}),
        ("push", {"pageSize": 2001}),
        ("data/customers", {"orderBy": "addresses"}),
        ("data/customers", {"orderBy": "id,customerName"}),
    ],
)
def test_limits_of_paging(api: Api, path: str, params: dict[str, str]) -> None:
    answer = api.get(f"{api.company('xero')}/{path}", **({"page": 1} | params))
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_companies_can_be_queried(api: Api) -> None:
    found = api.get("/companies", page=1, query="dataConnections.status=Deauthorized").json()
    assert [row["id"] for row in found["results"]] == [api.box.company("deauthorized")]
    found = api.get("/companies", page=1, query="name~wholesale", orderBy="name").json()
    assert [row["id"] for row in found["results"]] == [api.box.company("big")]
    names = [
        row["name"] for row in api.get("/companies", page=1, orderBy="-name").json()["results"]
    ]
    assert names == sorted(names, key=str.casefold, reverse=True)
