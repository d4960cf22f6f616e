"""The list against the records at Codat: what each search, filter and order really brings."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import requests

from customers.browsing.customer_list.columns import COLUMNS
from customers.web import links
from customers.web.lists.list_states import CUSTOMER_ORDER
from sandbox import Sandbox
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db


def cells(client: RawPathClient, sandbox: Sandbox, key: str, **asked: str) -> list[list[str]]:
    """The table of a company's list, cell by cell, as text: name, currency, status, ID."""
    columns = {"columns": "id,currency,status", "empty": "show"}
    asked = {"page_size": "500"} | columns | asked
    page = client.get(links.customers(sandbox.company(key)), asked).content.decode()
    body = "".join(re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL))
    return [
        [
            html.unescape(re.sub(r"<[^>]+>", "", cell))
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)[1:]
        ]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body)
    ]


def holder(sandbox: Sandbox, field: str) -> dict[str, Any]:
    """Some customer with a value in a field that no other customer shares."""
    records = list(sandbox.state("qbo").copy.values())
    values = [record.get(field) for record in records]
    return next(
        record
        for record in records
        if isinstance(record.get(field), str)
        and record[field]
        and values.count(record[field]) == 1
        and not (record.get("metadata") or {}).get("isDeleted")
    )


@pytest.mark.parametrize(
    "field", ["customerName", "contactName", "emailAddress", "id", "phone", "taxNumber"]
)
def test_a_customer_is_found_by_each_searched_field(
    sandbox: Sandbox, viewer_client: RawPathClient, field: str
) -> None:
    wanted = holder(sandbox, field)
    found = cells(viewer_client, sandbox, "qbo", q=wanted[field])
    assert wanted["id"] in [row[3] for row in found]
    assert len(found) < len(sandbox.state("qbo").copy)


def test_a_customer_is_found_by_its_registration_number(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    copy = sandbox.state("qbo").copy
    copy["1"] = copy["1"] | {"registrationNumber": "REG 0815"}
    assert [row[3] for row in cells(viewer_client, sandbox, "qbo", q="REG 0815")] == ["1"]


@pytest.mark.parametrize("order", [*CUSTOMER_ORDER, *(f"-{name}" for name in CUSTOMER_ORDER)])
def test_each_order_is_the_order_of_codat(
    sandbox: Sandbox, viewer_client: RawPathClient, order: str
) -> None:
    answer = requests.get(
        f"{sandbox.url}/companies/{sandbox.company('qbo')}/data/customers",
        params={
            "page": "1",
            "pageSize": "500",
            "orderBy": order,
            "query": "metadata.isDeleted!=true",
        },
        headers={"Authorization": sandbox.auth_header},
        timeout=10,
    ).json()
    shown = [row[3] for row in cells(viewer_client, sandbox, "qbo", order_by=order)]
    assert shown == [record["id"] for record in answer["results"]]
    assert len(shown) > 20


def test_every_column_is_sortable() -> None:
    assert {column.order for column in COLUMNS if not column.part} == set(CUSTOMER_ORDER)


def test_status_and_currency_filter_the_list(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    for key, asked, field, column in (
        ("xero", "status", "status", 2),
        ("qbo", "currency", "defaultCurrency", 1),
    ):
        values = [record.get(field) for record in sandbox.state(key).copy.values()]
        there = {value for value in values if value}
        assert len(there) > 1
        for value in there:
            rows = cells(viewer_client, sandbox, key, **{asked: value, "deleted": "show"})
            assert len(rows) == values.count(value)
            # The usual status is not said.
            assert {row[column] for row in rows} <= {value, "" if value == "Active" else value}


def test_the_count_is_of_the_filtered_list(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page = viewer_client.get(
        links.customers(sandbox.company("qbo")), {"q": "Birkett", "page_size": "25"}
    ).content.decode()
    number = len(cells(viewer_client, sandbox, "qbo", q="Birkett"))
    assert 0 < number < 40
    assert f">{number} customers match<" in page


def test_empty_null_and_missing_values_are_empty_cells(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    rows = {row[3]: row for row in cells(viewer_client, sandbox, "odd", deleted="show")}
    names = {name: rows[name][0] for name in ("name-empty", "name-null", "name-missing")}
    assert {shown.split(" ")[0] for shown in names.values()} == {"–"}
    for row in rows.values():
        assert not {"None", "–", "[]", "{}"} & set(row)
