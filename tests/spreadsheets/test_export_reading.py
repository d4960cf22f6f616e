"""Reading the customers of an export: pages of a list that moves, and ticked customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from customers.codat.errors import InvalidResponse
from customers.service import CustomerService
from customers.spreadsheets.exporting import reading
from customers.spreadsheets.exporting.reading import ListReading, TickedReading
from sandbox import Sandbox
from tests.support.batches import customers_of
from tests.support.codat import other_process
from tests.support.patience import wait_for


@pytest.fixture
def service(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> CustomerService:
    """A service, and pages of ten customers."""
    monkeypatch.setattr(reading, "PAGE_SIZE", 10)
    return other_process(sandbox)


def pages(sandbox: Sandbox) -> list[tuple[str, str]]:
    """The pages of customers that were asked for: number and order each."""
    return [
        (call.query["page"], call.query.get("orderBy", ""))
        for call in sandbox.calls
        if call.path.endswith("/data/customers")
    ]


def list_reading(service: CustomerService, sandbox: Sandbox, **more: Any) -> ListReading:
    options = {"query": "", "order_by": "-customerName"} | more
    return ListReading(service, sandbox.company("qbo"), **options)


def ids(read: Iterator[Any] | ListReading | TickedReading) -> list[str]:
    return [record["id"] for page in read for record in page]


def before_page(
    service: CustomerService,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: Sandbox,
    change: Callable[[], Any],
) -> None:
    """Let something happen to Codat's copy just before the third page is read."""
    read = service.list_records

    def list_records(**options: Any) -> Any:
        if options.get("page") == 3:
            change()
            sandbox.state("qbo").clear_selections()
        return read(**options)

    monkeypatch.setattr(service, "list_records", list_records)


def test_several_pages_are_ordered_by_id(sandbox: Sandbox, service: CustomerService) -> None:
    expected = sorted(sandbox.state("qbo").copy)
    with closing(list_reading(service, sandbox, expected=len(expected))) as read:
        assert read.is_by_id
        assert read.promised == len(expected)
        assert sorted(ids(read)) == expected
        assert read.remarks() == []
    assert pages(sandbox) == [(str(n), "id") for n in range(1, -(-len(expected) // 10) + 1)]


def test_one_page_keeps_the_order_of_the_list(sandbox: Sandbox, service: CustomerService) -> None:
    with closing(list_reading(service, sandbox, query="status=Archived", expected=3)) as read:
        found = [record["customerName"] for page in read for record in page]
    assert found == sorted(found, key=str.lower, reverse=True)
    assert len(found) < 10
    assert not read.is_by_id
    assert pages(sandbox) == [("1", "-customerName")]


def test_a_list_that_became_longer_is_read_again_by_id(
    sandbox: Sandbox, service: CustomerService
) -> None:
    with closing(list_reading(service, sandbox, expected=3)) as read:
        assert read.is_by_id
        assert sorted(ids(read)) == sorted(sandbox.state("qbo").copy)
    assert pages(sandbox)[:2] == [("1", "-customerName"), ("1", "id")]


def test_the_next_page_is_read_while_one_is_written(
    sandbox: Sandbox, service: CustomerService
) -> None:
    with closing(list_reading(service, sandbox, expected=40)) as read:
        each = iter(read)
        next(each)
        wait_for(lambda: [number for number, _ in pages(sandbox)] == ["1", "2"])
    # Closed: no further page is read.
    assert len(pages(sandbox)) == 2


def test_a_customer_that_moves_to_the_next_page_is_read_once(
    sandbox: Sandbox, service: CustomerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = sandbox.state("qbo").copy
    before = set(copy)
    before_page(service, monkeypatch, sandbox, lambda: copy.setdefault("0", {"id": "0"}))
    with closing(list_reading(service, sandbox, expected=40)) as read:
        found = ids(read)
        assert len(found) == len(set(found))
        assert set(found) == before
        assert read.remarks() == [
            "1 customer moved between pages while the file was written; each is in it once.",
            f"Codat counted {len(before)} customers at the start and {len(before) + 1} at the end.",
        ]


def test_a_customer_that_is_gone_is_said(
    sandbox: Sandbox, service: CustomerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = sandbox.state("qbo").copy
    count, first = len(copy), min(copy)
    before_page(service, monkeypatch, sandbox, lambda: copy.pop(first, None))
    with closing(list_reading(service, sandbox, expected=40)) as read:
        ids(read)
        assert read.remarks() == [
            f"Codat counted {count} customers at the start and {count - 1} at the end."
        ]


def test_a_sync_meanwhile_is_said(
    sandbox: Sandbox, service: CustomerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One customer less and one more: no count says so."""
    state = sandbox.state("qbo")

    def sync() -> None:
        state.last_sync = "2026-01-01T00:00:00Z"

    before_page(service, monkeypatch, sandbox, sync)
    with closing(list_reading(service, sandbox, expected=40)) as read:
        ids(read)
        assert [remark[:27] for remark in read.remarks()] == ["Codat’s copy was synced whi"]


def test_the_same_page_again_and_again_ends(sandbox: Sandbox, service: CustomerService) -> None:
    body = '{"results": [{"id": "1"}], "totalResults": 500, "pageNumber": 1, "pageSize": 1}'
    sandbox.faults.add("/data/customers", "json", body=body, count=-1)
    with closing(list_reading(service, sandbox, expected=500)) as read:
        with pytest.raises(InvalidResponse):
            ids(read)
        assert len(pages(sandbox)) < 5


def test_a_list_that_never_ends_is_left(
    sandbox: Sandbox, service: CustomerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_CUSTOMERS", 10)
    monkeypatch.setattr(reading, "_MAX_ADDED", 5)
    with (
        closing(list_reading(service, sandbox, expected=40)) as read,
        pytest.raises(InvalidResponse),
    ):
        ids(read)


def test_ticked_customers_take_few_calls(
    sandbox: Sandbox, service: CustomerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "TICKED_TOGETHER", 10)
    wanted = customers_of(sandbox, 30)[::-1]
    with closing(TickedReading(service, sandbox.company("qbo"), wanted)) as read:
        assert (read.promised, len(read.first)) == (30, 10)
        assert ids(read) == wanted
        assert read.remarks() == []
    calls = [call.path.rpartition("/companies/")[2] for call in sandbox.calls]
    assert len([path for path in calls if path.endswith("/data/customers")]) == 3
    assert len(calls) == 4


def test_ticked_customers_where_queries_are_refused(
    sandbox: Sandbox, service: CustomerService
) -> None:
    wanted = [*customers_of(sandbox, 3), "a=b", " blank ", "gone"]
    sandbox.faults.add("query=", "status", status=400, count=-1)
    with closing(TickedReading(service, sandbox.company("qbo"), wanted)) as read:
        assert ids(read) == wanted[:3]
        assert read.remarks() == [
            "3 customers of the selection are not in Codat’s copy: a=b,  blank , gone."
        ]


def test_ids_that_differ_in_case_only_are_two_customers(
    sandbox: Sandbox, service: CustomerService
) -> None:
    copy = sandbox.state("qbo").copy
    copy["ab"], copy["AB"] = {"id": "ab"}, {"id": "AB"}
    with closing(TickedReading(service, sandbox.company("qbo"), ["AB"])) as read:
        assert ids(read) == ["AB"]
