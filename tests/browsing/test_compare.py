"""Customers side by side."""

from __future__ import annotations

import re

import pytest

from customers.browsing.compare import MAX_FIELDS, compared
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(sandbox: Sandbox) -> str:
    return links.compare(sandbox.company("qbo"))


def test_fields_that_differ_are_marked(
    sandbox: Sandbox, viewer_client: RawPathClient, path: str
) -> None:
    records = sandbox.state("qbo").copy
    sandbox.clear_calls()
    html = viewer_client.get(f"{path}?id=39&id=38").content.decode()
    for record_id in ("39", "38"):
        name = records[record_id]["customerName"]
        assert f'<a href="{links.customer(sandbox.company("qbo"), record_id)}"><bdi>{name}' in html
    assert re.search(r'<tr class="differs"><th scope="row"><bdi>Name</bdi>', html)
    assert re.search(r'<tr><th scope="row"><bdi>Status</bdi>', html)
    assert len([call for call in sandbox.calls if "/data/customers/" in call.path]) == 2

    only = viewer_client.get(f"{path}?id=39&id=38&only=differences").content.decode()
    assert "<bdi>Name</bdi>" in only
    assert "<bdi>Status</bdi>" not in only
    assert "Show all fields" in only


def test_the_customers_are_read_in_parallel(
    sandbox: Sandbox, viewer_client: RawPathClient, path: str
) -> None:
    viewer_client.get(links.companies())
    sandbox.clear_calls()
    sandbox.faults.add("/data/customers/", "delay", seconds=0.4, count=4)
    assert viewer_client.get(f"{path}?id=36&id=37&id=38&id=39").status_code == 200
    started = [call.started for call in sandbox.calls]
    assert len(started) == 4
    assert max(started) - min(started) < 0.3


def test_a_failure_stands_in_its_own_column(
    sandbox: Sandbox, viewer_client: RawPathClient, path: str
) -> None:
    html = viewer_client.get(f"{path}?id=39&id=nobody").content.decode()
    assert "Not found in Codat" in html
    assert sandbox.state("qbo").copy["39"]["customerName"] in html
    assert "0 fields differ" in html
    html = viewer_client.get(f"{path}?id=39&id=nobody&only=differences").content.decode()
    assert "Not found in Codat" in html


@pytest.mark.parametrize(
    "query", ["", "?id=1", "?id=1&id=1", "?id=1&id=2&id=3&id=4&id=5", "?id=&id=1"]
)
def test_two_to_four_are_compared(
    sandbox: Sandbox, viewer_client: RawPathClient, path: str, query: str
) -> None:
    answer = viewer_client.get(path + query)
    assert answer.status_code == 422
    assert "Choose two to four customers" in answer.content.decode()
    assert not [call for call in sandbox.calls if "/data/customers/" in call.path]


def test_hostile_ids_and_values_are_escaped(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    path = links.compare(sandbox.company("odd"))
    for ids in ("?id=..&id=<script>", "?id=full&id=%00", "?id=full&id=a%2Fb%3F"):
        answer = viewer_client.get(path + ids)
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode().partition("<main")[2]


def test_a_customer_with_the_id_compare_has_a_page_of_its_own() -> None:
    assert links.customer("c", "compare") == "/companies/c/customers/%63ompare/"


def test_lists_are_compared_row_by_row_and_long_records_are_cut() -> None:
    rows, is_cut = compared([{"addresses": [{"city": "York"}]}, {"addresses": [{"city": "Hull"}]}])
    assert [(row.label, row.values, row.differs) for row in rows] == [
        ("Address 1, City", ("York", "Hull"), True)
    ]
    assert not is_cut
    rows, is_cut = compared([{f"x{n}": "a" for n in range(MAX_FIELDS + 1)}, {}])
    assert len(rows) == MAX_FIELDS
    assert is_cut
