"""The quota, the places for calls about one company, and the circuit breaker."""

from __future__ import annotations

import contextlib
import socket
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache import caches
from pytest_django import Settings

from customers.codat import circuit_breaker, concurrency, quota
from customers.codat import client as codat_client
from customers.codat.call_context import deadline
from customers.codat.client import Client
from customers.codat.errors import (
    CircuitOpen,
    CodatError,
    Reserved,
    TooManyConcurrentCalls,
    Unavailable,
    Unreachable,
)
from customers.codat.quota import background
from customers.service import CustomerService, default_service
from sandbox import Sandbox
from tests.conftest import RawPathClient, forget_codat
from tests.support.bad_day import closed_port


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second open, and no pauses."""
    monkeypatch.setattr(circuit_breaker, "OPEN_SECONDS", 0.4)
    monkeypatch.setattr(circuit_breaker, "CHECK_INTERVAL", 0.0)
    monkeypatch.setattr(quota, "SHARE_INTERVAL", 0.0)
    monkeypatch.setattr(codat_client, "BACKOFF", 0.001)


@pytest.fixture
def shared_cache(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A cache that is not this process's own: two clients then stand for two processes."""
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {
        "default": {"BACKEND": backend, "LOCATION": str(tmp_path / "a")},
        "stale": {"BACKEND": backend, "LOCATION": str(tmp_path / "b")},
    }
    yield
    forget_codat()


@pytest.fixture
def redis_cache(settings: Settings) -> Iterator[None]:
    """A cache whose `add` only one can win; names of this test's own."""
    with contextlib.closing(socket.socket()) as probe:
        if probe.connect_ex(("127.0.0.1", 6379)):
            pytest.skip("skipped: no Redis on 127.0.0.1:6379")
    backend = "django.core.cache.backends.redis.RedisCache"
    ours = {
        "BACKEND": backend,
        "LOCATION": "redis://127.0.0.1:6379/0",
        "KEY_PREFIX": f"test-{uuid.uuid4().hex}",
    }
    # Emptied before and after; what Redis holds for others must stay, so never through this alias.
    settings.CACHES = {"default": ours, "stale": ours}
    yield
    for key in caches["default"]._cache.get_client().scan_iter(f"{ours['KEY_PREFIX']}*"):  # type: ignore[attr-defined]
        caches["default"]._cache.get_client().delete(key)  # type: ignore[attr-defined]
    settings.CACHES = {name: {"BACKEND": LOCAL} for name in ("default", "stale")}


def another(sandbox: Sandbox) -> CustomerService:
    """The service as another process has it."""
    return CustomerService(Client(sandbox.url, sandbox.auth_header, 20))


def fail(service: CustomerService, sandbox: Sandbox, times: int, company: str = "qbo") -> None:
    for _ in range(times):
        with pytest.raises(CodatError):
            service.list(company_id=sandbox.company(company))


LOCAL = "django.core.cache.backends.locmem.LocMemCache"


# -- quota ------------------------------------------------------------------------------------------


def test_the_quota_is_known_from_the_headers_by_every_process(
    sandbox: Sandbox, shared_cache: None, quick: None
) -> None:
    sandbox.settings.daily_quota = 1000
    here, there = default_service(), another(sandbox)
    assert here.quota() is None
    there.ping()
    told = here.quota()
    assert told is not None
    assert (told.limit, told.remaining) == (1000, 999)
    here.ping()
    assert there.quota() == here.quota() != told


def test_editors_see_it_and_no_call_is_made_for_it(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    sandbox.settings.daily_quota = 12_345
    assert "Calls to Codat left today" not in editor_client.get("/writes/").content.decode()
    editor_client.get("/companies/")
    assert len(sandbox.calls) == 1
    text = editor_client.get("/writes/").content.decode()
    assert "Calls to Codat left today: 12,344 of 12,345" in text
    assert len(sandbox.calls) == 1


def test_viewers_do_not(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert "left today" not in viewer_client.get("/companies/").content.decode()


def test_background_work_leaves_a_reserve_for_people(
    sandbox: Sandbox, shared_cache: None, quick: None
) -> None:
    sandbox.settings.daily_quota = 20
    here, there = default_service(), another(sandbox)
    for _ in range(19):
        there.ping()
    sandbox.clear_calls()
    with background(), pytest.raises(Reserved) as caught:
        here.ping()
    assert not sandbox.calls
    assert "othing was sent" in caught.value.sentence
    assert 0 < (caught.value.retry_after or 0) <= 86_400
    here.ping()  # a person
    assert len(sandbox.calls) == 1


def test_background_work_goes_on_while_there_is_enough(sandbox: Sandbox) -> None:
    sandbox.settings.daily_quota = 20
    with background():
        for _ in range(18):
            default_service().ping()
        default_service().ping()  # two are left, and that is no less than the tenth of twenty
        with pytest.raises(Reserved):
            default_service().ping()
    assert len(sandbox.calls) == 19


def test_yesterdays_quota_says_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    default_service().ping()
    assert default_service().quota()
    tomorrow = time.time() + quota.DAY
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    assert default_service().quota() is None


# -- places -----------------------------------------------------------------------------------------


def test_at_most_ten_calls_at_once_per_company(sandbox: Sandbox) -> None:
    sandbox.settings.max_concurrent = 10
    sandbox.faults.add("/data/customers", "delay", seconds=0.05, count=-1)
    company, service = sandbox.company("qbo"), default_service()
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(lambda _: service.list(company_id=company, page_size=1), range(60)))
    assert {call.status for call in sandbox.calls} == {200}
    assert len(sandbox.calls) == 60


def test_across_processes_too(sandbox: Sandbox, redis_cache: None) -> None:
    sandbox.settings.max_concurrent = 10
    sandbox.faults.add("/data/customers", "delay", seconds=0.05, count=-1)
    company = sandbox.company("qbo")
    services = [default_service(), another(sandbox), another(sandbox)]
    with ThreadPoolExecutor(30) as pool:
        list(
            pool.map(
                lambda n: services[n % 3].list(company_id=company, page_size=1),
                range(60),
            )
        )
    assert {call.status for call in sandbox.calls} == {200}


def test_waiting_for_a_place_ends_with_words(
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
        service.list(company_id=sandbox.company("xero"), page_size=1)  # the others are free
        assert len(sandbox.calls) == 11
        sandbox.faults.clear()
        for call in hanging:
            assert call.exception() is not None or call.result()
    service.list(company_id=company, page_size=1)  # the places are free again


def test_waiting_for_a_place_keeps_the_deadline(sandbox: Sandbox) -> None:
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


# -- breaker ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["refused", "500", "hang"])
def test_after_repeated_failures_calls_fail_at_once_and_one_probe_closes_it(
    sandbox: Sandbox, quick: None, settings: Settings, kind: str
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
    time.sleep(0.5)
    service.list(company_id=sandbox.company("qbo"), page_size=1)
    service.list(company_id=sandbox.company("qbo"), page_size=1)
    assert len(sandbox.calls) == 2


def test_a_probe_that_fails_keeps_it_open_and_there_is_one_at_a_time(
    sandbox: Sandbox, quick: None
) -> None:
    service = default_service()
    sandbox.faults.add(".", "status", status=500, count=-1)
    fail(service, sandbox, circuit_breaker.MAX_FAILURES)
    sandbox.faults.clear()
    # Long enough for all eight to have asked before it is over.
    sandbox.faults.add(".", "delay", seconds=1.5, count=1)
    sandbox.faults.add(".", "status", status=500, count=-1)
    time.sleep(0.5)
    sandbox.clear_calls()

    def ask(_: int) -> type:
        try:
            service.list(company_id=sandbox.company("qbo"))
        except CodatError as error:
            return type(error)
        return dict

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(ask, range(8)))
    assert ended.count(CircuitOpen) == 7
    assert len(sandbox.calls) == 1
    fail(service, sandbox, circuit_breaker.MAX_FAILURES)
    time.sleep(0.5)
    sandbox.clear_calls()
    with pytest.raises(Unavailable):
        service.list(company_id=sandbox.company("qbo"))
    with pytest.raises(CircuitOpen):
        service.list(company_id=sandbox.company("qbo"))
    assert len(sandbox.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 409, 422, 429, 451])
def test_refusals_never_open_it(sandbox: Sandbox, quick: None, status: int) -> None:
    sandbox.faults.add(".", "status", status=status, seconds=60, count=-1)
    service = default_service()
    for _ in range(3 * circuit_breaker.MAX_FAILURES):
        with pytest.raises(CodatError) as caught:
            service.list(company_id=sandbox.company("qbo"))
        assert not isinstance(caught.value, CircuitOpen)


def test_a_success_in_between_forgets_the_failures(sandbox: Sandbox, quick: None) -> None:
    service = default_service()
    for _ in range(4):
        sandbox.faults.add(".", "status", status=500, count=-1)
        fail(service, sandbox, circuit_breaker.MAX_FAILURES - 1)
        sandbox.faults.clear()
        service.list(company_id=sandbox.company("qbo"), page_size=1)


def test_one_companys_trouble_is_not_anothers_but_a_dead_line_is(
    sandbox: Sandbox, quick: None
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


def test_a_second_process_knows(sandbox: Sandbox, shared_cache: None, quick: None) -> None:
    here, there = default_service(), another(sandbox)
    there.list(company_id=sandbox.company("qbo"), page_size=1)
    sandbox.faults.add(".", "status", status=500, count=-1)
    fail(here, sandbox, circuit_breaker.MAX_FAILURES)
    sandbox.faults.clear()
    sandbox.clear_calls()
    with pytest.raises(CircuitOpen):
        there.list(company_id=sandbox.company("qbo"))
    assert not sandbox.calls
    time.sleep(0.5)
    there.list(company_id=sandbox.company("qbo"), page_size=1)
    here.list(company_id=sandbox.company("qbo"), page_size=1)


def test_a_write_is_never_the_probe(sandbox: Sandbox, quick: None) -> None:
    """While the circuit is open nothing is sent; after it, a reading goes first."""
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

    for pause in (0.0, 0.5):  # open, and half open with a Codat that still fails
        time.sleep(pause)
        sandbox.clear_calls()
        with pytest.raises(CircuitOpen) as caught:
            create()
        assert not caught.value.may_have_arrived
        assert [call.method for call in sandbox.calls] == ["GET"] * bool(pause)
    sandbox.faults.clear()
    time.sleep(0.5)
    sandbox.clear_calls()
    create()
    assert [call.method for call in sandbox.calls] == ["GET", "POST"]


def test_without_a_cache_everything_still_works(
    sandbox: Sandbox, settings: Settings, quick: None, editor_client: RawPathClient
) -> None:
    """Redis is away: slower, alone, and no page of ours breaks."""
    redis = "django.core.cache.backends.redis.RedisCache"
    away = {"BACKEND": redis, "LOCATION": f"redis://127.0.0.1:{closed_port()}/0"}
    settings.CACHES = {"default": away, "stale": away}
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
    settings.CACHES = {name: {"BACKEND": LOCAL} for name in ("default", "stale")}
