"""Answers that are larger or smaller than what was asked for: the page shows a bounded part and says so."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from customers.browsing.customer_page.long_records import MAX_ITEMS, MAX_VALUES, shorten
from customers.codat.values import has_more_values
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db


def answer(
    sandbox: Sandbox, rows: int, total: int, path: str = "/data/customers", **more: Any
) -> None:
    results = [{"id": str(number), "customerName": f"Name {number}"} for number in range(rows)]
    body = json.dumps({"results": results, "totalResults": total, **more})
    sandbox.faults.add(path, "json", body=body, count=-1)


def get(client: RawPathClient, url: str, **query: str | int) -> str:
    found = client.get(url, query)
    assert found.status_code == 200
    return str(found.content.decode())


def test_a_smaller_page_has_a_next_one(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    url = links.customers(sandbox.company("qbo"))
    following = {"next": {"href": "/companies/x/data/customers?page=2"}}
    answer(sandbox, 1000, 4200, pageNumber=1, pageSize=1000, _links=following)
    text = get(viewer_client, url, page_size=5000)
    assert "1–1,000 of 4,200" in text
    assert "Page 1 of 5" in text
    assert re.search(r'id="page-next"[^>]*href="\?page=2&amp;page_size=5000"', text)


@pytest.mark.parametrize("query", [{}, {"q": "acme"}])
def test_no_records_though_they_are_counted(
    sandbox: Sandbox, viewer_client: RawPathClient, query: dict[str, str]
) -> None:
    answer(sandbox, 0, 150, pageNumber=1, pageSize=100)
    text = get(viewer_client, links.customers(sandbox.company("qbo")), **query)
    assert "Codat counts 150 customers, but sent none" in text
    assert "No customer matches" not in text
    assert "There are no customers" not in text


def test_no_companies_though_they_are_counted(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    answer(sandbox, 0, 150, path="/companies", pageNumber=1, pageSize=100)
    assert "Codat counts 150 companies, but sent none" in get(viewer_client, links.companies())


def test_more_records_than_were_asked_for(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer(sandbox, 40_000, 40_000)
    text = get(viewer_client, links.customers(sandbox.company("qbo")), deleted="show")
    assert text.count('<td class="c-name"><a href="') == 100
    assert "1–100 of 40,000" in text


def test_the_count_says_that_deleted_customers_are_hidden(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    url = links.customers(sandbox.company("odd"))
    hidden, shown = get(viewer_client, url), get(viewer_client, url, deleted="show")
    assert "54 customers, without deleted ones" in hidden
    assert "55 customers, 1 of them deleted" in shown
    assert "54 customers, 1 deleted hidden" in get(viewer_client, url)


@pytest.mark.parametrize("field", ["addresses", "contacts", "somethingElse"])
def test_a_long_list_in_a_record_is_cut_and_said(
    sandbox: Sandbox, editor_client: RawPathClient, field: str
) -> None:
    company = sandbox.company("qbo")
    customer_id, record = next(iter(sandbox.state("qbo").copy.items()))
    record = dict(record) | {field: [{"line1": f"Line of {number};"} for number in range(200_000)]}
    body = json.dumps(record)
    sandbox.faults.add(f"/data/customers/{customer_id}", "json", body=body, count=-1)
    text = get(editor_client, links.customer(company, customer_id))
    label = {"addresses": "addresses", "contacts": "contacts", "somethingElse": "something else"}
    assert f"200,000 {label[field]}: the first 1,000 are shown." in text
    assert "Line of 999;" in text
    assert "Line of 1000;" not in text
    assert len(text) < 1_000_000
    for page in (links.edit(company, customer_id), f"{links.new(company)}?from={customer_id}"):
        refused = editor_client.get(page)
        assert refused.status_code == 422
        assert "Too large to edit here" in refused.content.decode()


@pytest.mark.parametrize(
    "record",
    [
        {"a": [[0] * 2000] * 2000},
        {"a": {str(key): {str(inner): 0 for inner in range(500)} for key in range(5000)}},
        {str(key): [1, 2] for key in range(50_000)},
        {"contacts": [{"phone": [{"number": "1"}] * 3000}] * 3000},
        {"a": "x" * 10_000_000},
    ],
    ids=["lists", "objects", "fields", "contacts", "text"],
)
def test_what_is_shown_of_a_record_is_bounded(record: dict[str, Any]) -> None:
    shown, sentences = shorten(record)
    assert not has_more_values(shown, MAX_VALUES + 2 * MAX_ITEMS)
    assert len(json.dumps(shown)) < 1_000_000
    assert 1 <= len(sentences) <= 21


def test_a_record_of_usual_size_is_shown_whole() -> None:
    record = {"id": "1", "addresses": [{"line1": "a"}] * 999, "x": None, "y": {"z": [1.5, True]}}
    assert shorten(record) == (record, ())
