"""The circuit breaker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django import Settings

from customers.codat.errors import CircuitOpen, CodatError, Unavailable, Unreachable
from customers.codat.http import circuit_breaker
from customers.service import default_service
from sandbox import Sandbox
from tests.codat.conftest import Clock
from tests.conftest import RawPathClient
from tests.support.cases.bad_day import closed_port
from tests.support.codat import fail, other_process


@pytest.mark.parametrize("kind", ["refused", "500", "hang"])
def test_repeated_failures_open_the_circuit_and_a_probe_closes_it(
    sandbox: Sandbox, short_waits: None, clock: Clock, settings: Settings, kind: str
) -> None:
    settings.CODAT_READ_TIMEOUT = 0.05
    service = default_service()
    if kind == "refused":
        service.client.base_url = f"http://127.0.0.1:{closed_port()}"
    elif kind == "500":
        sandbox.faults.add(".", "status", status=500, count=-1)
    else:
        sandbox.faults.add(".", "hang", seconds=30, count=-1)
    fail(service, sandbox, circuit_breaker.MAX_FAILURES)
    sandbox.clear_calls()

    with pytest.raises(CircuitOpen) as caught:
        service.list(company_id=sandbox.company("qbo"))
    assert not sandbox.calls
    assert caught.value.our_status == 503
    assert caught.value.retry_after
    assert "nothing was sent" in caught.value.sentence

    sandbox.faults.clear()
    service.client.base_url = sandbox.url
    clock.until_probe()
    service.list(company_id=sandbox.company("qbo"), page_size=1)
    service.list(company_id=sandbox.company("qbo"), page_size=1)
    assert len(sandbox.calls) == 2


def test_one_probe_at_a_time_and_a_failed_one_keeps_the_circuit_open(
    sandbox: Sandbox, short_waits: None, clock: Clock
) -> None:
    service = default_service()
    sandbox.faults.add(".", "status", status=500, count=-1)
    fail(service, sandbox, circuit_breaker.MAX_FAILURES)
    sandbox.faults.clear()
    # Slow enough for all eight to start before it ends.
    sandbox.faults.add(".", "delay", seconds=1.5, count=1)
    sandbox.faults.add(".", "status", status=500, count=-1)
    clock.until_probe()
    sandbox.clear_calls()

    def call(_: int) -> type:
        try:
            service.list(company_id=sandbox.company("qbo"))
        except CodatError as error:
            return type(error)
        return dict

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(call, range(8)))
    assert ended.count(CircuitOpen) == 7
    assert len(sandbox.calls) == 1
    fail(service, sandbox, circuit_breaker.MAX_FAILURES)
    clock.until_probe()
    sandbox.clear_calls()
    with pytest.raises(Unavailable):
        service.list(company_id=sandbox.company("qbo"))
    with pytest.raises(CircuitOpen):
        service.list(company_id=sandbox.company("qbo"))
    assert len(sandbox.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 409, 422, 429, 451])
def test_a_status_below_500_never_opens_the_circuit(
    sandbox: Sandbox, short_waits: None, status: int
) -> None:
    sandbox.faults.add(".", "status", status=status, seconds=60, count=-1)
    service = default_service()
    for _ in range(3 * circuit_breaker.MAX_FAILURES):
        with pytest.raises(CodatError) as caught:
            service.list(company_id=sandbox.company("qbo"))
        assert not isinstance(caught.value, CircuitOpen)


def test_a_success_resets_the_count_of_failures(sandbox: Sandbox, short_waits: None) -> None:
    service = default_service()
    for _ in range(4):
        sandbox.faults.add(".", "status", status=500, count=-1)
        fail(service, sandbox, circuit_breaker.MAX_FAILURES - 1)
        sandbox.faults.clear()
        service.list(company_id=sandbox.company("qbo"), page_size=1)


def test_each_company_has_a_circuit_and_the_network_has_one(
    sandbox: Sandbox, short_waits: None
) -> None:
    service = default_service()
    sandbox.faults.add(sandbox.company("qbo"), "status", status=500, count=-1)
    fail(service, sandbox, circuit_breaker.MAX_FAILURES)
    with pytest.raises(CircuitOpen):
        service.list(company_id=sandbox.company("qbo"))
    service.list(company_id=sandbox.company("xero"), page_size=1)

    service.client.base_url = f"http://127.0.0.1:{closed_port()}"
    fail(service, sandbox, circuit_breaker.MAX_FAILURES, "xero")
    with pytest.raises(CircuitOpen):
        service.list(company_id=sandbox.company("netsuite"))


def test_processes_share_open_circuits(
    sandbox: Sandbox, shared_cache: None, short_waits: None, clock: Clock
) -> None:
    here, there = default_service(), other_process(sandbox)
    there.list(company_id=sandbox.company("qbo"), page_size=1)
    sandbox.faults.add(".", "status", status=500, count=-1)
    fail(here, sandbox, circuit_breaker.MAX_FAILURES)
    sandbox.faults.clear()
    sandbox.clear_calls()
    with pytest.raises(CircuitOpen):
        there.list(company_id=sandbox.company("qbo"))
    assert not sandbox.calls
    clock.until_probe()
    there.list(company_id=sandbox.company("qbo"), page_size=1)
    here.list(company_id=sandbox.company("qbo"), page_size=1)


def test_a_write_is_never_the_probe(sandbox: Sandbox, short_waits: None, clock: Clock) -> None:
    """While the circuit is open nothing is sent; afterwards a read is sent first."""
    service = default_service()
    company, connection = sandbox.company("qbo"), sandbox.connection("qbo")
    sandbox.faults.add(".", "status", status=500, count=-1)
    fail(service, sandbox, circuit_breaker.MAX_FAILURES)

    def create() -> None:
        service.create(
            company_id=company,
            connection_id=connection,
            payload='{"customerName": "X", "status": "Active"}',
            idempotency_key="00000000-0000-4000-8000-000000000001",
        )

    for is_half_open in (False, True):  # Codat still fails
        if is_half_open:
            clock.until_probe()
        sandbox.clear_calls()
        with pytest.raises(CircuitOpen) as caught:
            create()
        assert not caught.value.may_have_arrived
        assert [call.method for call in sandbox.calls] == ["GET"] * is_half_open
    sandbox.faults.clear()
    clock.until_probe()
    sandbox.clear_calls()
    create()
    assert [call.method for call in sandbox.calls] == ["GET", "POST"]


def test_pages_and_circuit_work_without_a_cache(
    sandbox: Sandbox, settings: Settings, short_waits: None, editor_client: RawPathClient
) -> None:
    """Redis is unavailable: pages work, and each process has its own circuits."""
    redis = "django.core.cache.backends.redis.RedisCache"
    unavailable = {"BACKEND": redis, "LOCATION": f"redis://127.0.0.1:{closed_port()}/0"}
    settings.CACHES = {"default": unavailable, "stale": unavailable}
    url = f"/companies/{sandbox.company('qbo')}/customers/"
    assert editor_client.get(url).status_code == 200
    assert editor_client.get("/companies/").status_code == 200
    service = default_service()
    service.client.base_url = f"http://127.0.0.1:{closed_port()}"
    for _ in range(circuit_breaker.MAX_FAILURES):
        with pytest.raises(Unreachable):
            service.ping()
    with pytest.raises(CircuitOpen):
        service.ping()
    local = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {name: {"BACKEND": local} for name in ("default", "stale")}
