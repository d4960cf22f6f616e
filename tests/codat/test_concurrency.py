"""The limit of concurrent calls per company."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from pytest_django import Settings

from customers.codat.client import worker_client
from customers.codat.errors import TooManyConcurrentCalls
from customers.codat.http import concurrency
from customers.codat.http.call_context import deadline
from customers.service import CustomerService, default_service
from sandbox import Sandbox
from tests.support.codat import other_process
from tests.support.patience import SOON

# Calls of pages at once for a company where processes share no cache.
PAGES = settings.CODAT_CALLS_AT_ONCE - settings.CODAT_WORKER_CALLS_AT_ONCE


def ask_at_once(sandbox: Sandbox, services: list[CustomerService]) -> None:
    """Make 60 calls about one company in 40 threads; Codat refuses none of them."""
    sandbox.faults.add("/data/customers", "delay", seconds=0.05, count=-1)
    company = sandbox.company("qbo")

    def ask(number: int) -> None:
        services[number % len(services)].list(company_id=company, page_size=1)

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(ask, range(60)))
    assert {call.status for call in sandbox.calls} == {200}
    assert len(sandbox.calls) == 60


def test_pages_and_a_worker_without_a_shared_cache_make_ten_calls_at_once_together(
    sandbox: Sandbox,
) -> None:
    sandbox.settings.max_concurrent = 10
    ask_at_once(sandbox, [default_service(), CustomerService(worker_client())])


def test_workers_with_a_shared_cache_take_one_share_together(
    sandbox: Sandbox, redis_cache: None, settings: Settings
) -> None:
    sandbox.settings.max_concurrent = settings.CODAT_WORKER_CALLS_AT_ONCE
    ask_at_once(sandbox, [CustomerService(worker_client()), CustomerService(worker_client())])


def test_the_limit_covers_all_processes(sandbox: Sandbox, redis_cache: None) -> None:
    sandbox.settings.max_concurrent = 10
    worker = CustomerService(worker_client())
    ask_at_once(
        sandbox, [default_service(), other_process(sandbox), other_process(sandbox), worker]
    )


def test_waiting_for_a_slot_ends_with_an_error(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency, "MAX_WAIT", 0.2)
    sandbox.faults.add("/data/customers", "hang", seconds=60, count=PAGES)
    company, service = sandbox.company("qbo"), default_service()
    with ThreadPoolExecutor(PAGES) as pool:
        hanging = [pool.submit(service.list, company_id=company) for _ in range(PAGES)]
        while len(sandbox.calls) < PAGES:
            time.sleep(0.01)
        started = time.monotonic()
        with pytest.raises(TooManyConcurrentCalls) as caught:
            service.list(company_id=company)
        assert time.monotonic() - started < SOON
        assert "nothing was sent" in caught.value.sentence
        assert caught.value.retry_after
        service.list(
            company_id=sandbox.company("xero"), page_size=1
        )  # other companies are not limited
        assert len(sandbox.calls) == PAGES + 1
        sandbox.faults.clear()
        for call in hanging:
            assert call.exception() is not None or call.result()
    service.list(company_id=company, page_size=1)  # the slots are free again


def test_waiting_for_a_slot_keeps_the_deadline(sandbox: Sandbox) -> None:
    sandbox.faults.add("/data/customers", "hang", seconds=60, count=PAGES)
    company, service = sandbox.company("qbo"), default_service()
    with ThreadPoolExecutor(PAGES) as pool:
        for _ in range(PAGES):
            pool.submit(service.list, company_id=company)
        while len(sandbox.calls) < PAGES:
            time.sleep(0.01)
        started = time.monotonic()
        with deadline(0.4), pytest.raises(TooManyConcurrentCalls):
            service.list(company_id=company)
        assert time.monotonic() - started < SOON
        sandbox.faults.clear()
