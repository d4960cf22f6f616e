"""The limit of concurrent calls per company."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from customers.codat.errors import TooManyConcurrentCalls
from customers.codat.http import concurrency
from customers.codat.http.call_context import deadline
from customers.service import default_service
from sandbox import Sandbox
from tests.support.codat import other_process


def test_at_most_ten_concurrent_calls_per_company(sandbox: Sandbox) -> None:
    sandbox.settings.max_concurrent = 10
    sandbox.faults.add("/data/customers", "delay", seconds=0.05, count=-1)
    company, service = sandbox.company("qbo"), default_service()
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(lambda _: service.list(company_id=company, page_size=1), range(60)))
    assert {call.status for call in sandbox.calls} == {200}
    assert len(sandbox.calls) == 60


def test_the_limit_covers_all_processes(sandbox: Sandbox, redis_cache: None) -> None:
    sandbox.settings.max_concurrent = 10
    sandbox.faults.add("/data/customers", "delay", seconds=0.05, count=-1)
    company = sandbox.company("qbo")
    services = [default_service(), other_process(sandbox), other_process(sandbox)]
    with ThreadPoolExecutor(30) as pool:
        list(
            pool.map(
                lambda n: services[n % 3].list(company_id=company, page_size=1),
                range(60),
            )
        )
    assert {call.status for call in sandbox.calls} == {200}


def test_waiting_for_a_slot_ends_with_an_error(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency, "MAX_WAIT", 0.2)
    sandbox.faults.add("/data/customers", "hang", seconds=30, count=10)
    company, service = sandbox.company("qbo"), default_service()
    with ThreadPoolExecutor(10) as pool:
        hanging = [pool.submit(service.list, company_id=company) for _ in range(10)]
        while len(sandbox.calls) < 10:
            time.sleep(0.01)
        started = time.monotonic()
        with pytest.raises(TooManyConcurrentCalls) as caught:
            service.list(company_id=company)
        assert time.monotonic() - started < 3
        assert "nothing was sent" in caught.value.sentence
        assert caught.value.retry_after
        service.list(
            company_id=sandbox.company("xero"), page_size=1
        )  # other companies are not limited
        assert len(sandbox.calls) == 11
        sandbox.faults.clear()
        for call in hanging:
            assert call.exception() is not None or call.result()
    service.list(company_id=company, page_size=1)  # the slots are free again


def test_waiting_for_a_slot_keeps_the_deadline(sandbox: Sandbox) -> None:
    sandbox.faults.add("/data/customers", "hang", seconds=30, count=10)
    company, service = sandbox.company("qbo"), default_service()
    with ThreadPoolExecutor(10) as pool:
        for _ in range(10):
            pool.submit(service.list, company_id=company)
        while len(sandbox.calls) < 10:
            time.sleep(0.01)
        started = time.monotonic()
        with deadline(0.4), pytest.raises(TooManyConcurrentCalls):
            service.list(company_id=company)
        assert time.monotonic() - started < 2
        sandbox.faults.clear()
