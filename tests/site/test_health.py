"""`/healthz` and `/readyz`, which load balancers request."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from codatdash import health
from customers.codat import cache
from customers.models import Lease
from customers.service import default_service
from customers.writes import leases
from sandbox import Sandbox
from tests.conftest import RawPathClient, forget_codat
from tests.support.cases.bad_day import closed_port
from tests.support.programs.processes import finish, start

pytestmark = pytest.mark.django_db(transaction=True)

# What it says of a dashboard where all is well, and that has no worker.
OK = {"database": "ok", "cache": "ok", "codat": "ok", "worker": "none"}

# Requests /readyz in a process that cannot write a file beyond its first KiB, as on a full disk.
FULL_DISK = """
import resource, signal
import django
django.setup()
from django.contrib.auth.models import User
from django.test import Client
assert User.objects.count() == 0
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
print(Client().get("/readyz", headers={"host": "127.0.0.1"}).json()["database"])
"""


@pytest.fixture(autouse=True)
def no_recent_results() -> Iterator[None]:
    """Each test checks anew."""
    results = (health.database_result, health.codat_result, health.worker_result)
    for result in results:
        result.clear()
    yield
    for result in results:
        result.clear()


def test_healthz_uses_no_database_even_with_a_session(
    editor_client: RawPathClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = editor_client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["X-Request-ID"]
    assert editor_client.post("/healthz").status_code == 405


def test_readyz_needs_no_sign_in_and_asks_codat_once(
    sandbox: Sandbox, anonymous_client: RawPathClient
) -> None:
    for _ in range(5):
        response = anonymous_client.get("/readyz")
        assert response.json() == OK
        assert response.status_code == 200
    assert len(sandbox.calls) == 1


def test_readyz_names_what_does_not_respond_and_no_more(
    sandbox: Sandbox, anonymous_client: RawPathClient, settings: Settings
) -> None:
    default_service().client.base_url = f"http://127.0.0.1:{closed_port()}"
    response = anonymous_client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == OK | {"codat": "no answer"}
    forget_codat()
    unavailable = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"redis://127.0.0.1:{closed_port()}/0",
    }
    local = settings.CACHES
    settings.CACHES = {"default": unavailable, "stale": unavailable}
    response = anonymous_client.get("/readyz")
    settings.CACHES = local
    assert response.status_code == 503
    assert response.json()["cache"] == "no answer"


def test_readyz_leaves_the_reserve_of_the_quota_to_people(
    sandbox: Sandbox, anonymous_client: RawPathClient
) -> None:
    sandbox.settings.daily_quota = 20
    for _ in range(19):
        default_service().ping()
    sandbox.clear_calls()
    assert anonymous_client.get("/readyz").json()["codat"] == "ok"
    assert not sandbox.calls


def test_readyz_says_when_a_worker_was_seen_and_needs_none(
    sandbox: Sandbox, anonymous_client: RawPathClient
) -> None:
    leases.take(f"{leases.WORKER}one", holder="one", lasts=leases.ALIVE)
    response = anonymous_client.get("/readyz")
    assert response.status_code == 200
    assert re.fullmatch(r"seen \d+ s ago", response.json()["worker"])

    Lease.objects.update(until=timezone.now() - timedelta(minutes=2) + leases.ALIVE)
    health.database_result.clear()
    response = anonymous_client.get("/readyz")
    assert response.status_code == 200
    assert re.fullmatch(r"seen 12\d s ago", response.json()["worker"])


def test_readyz_takes_no_posts(anonymous_client: RawPathClient) -> None:
    assert anonymous_client.post("/readyz").status_code == 405


@pytest.mark.parametrize("name", ["database", "cache", "codat"])
def test_one_check_that_does_not_end_delays_no_other(
    sandbox: Sandbox, anonymous_client: RawPathClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ended = threading.Event()

    def hang(*_: Any) -> bool:
        return ended.wait(60)

    monkeypatch.setattr(health, "TOTAL_TIMEOUT", 3.0)
    target = {"database": (health, "_database"), "codat": (health, "_codat")}
    monkeypatch.setattr(*target.get(name, (cache, "works")), hang)
    try:
        response = anonymous_client.get("/readyz")
        assert not ended.is_set()
    finally:
        ended.set()
    assert response.status_code == 503
    worker = "not known" if name == "database" else "none"
    assert response.json() == OK | {name: "no answer", "worker": worker}


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the disk of another process")
def test_readyz_notices_a_full_disk(sandbox: Sandbox) -> None:
    assert connection.vendor == "sqlite"
    assert finish(start("-c", FULL_DISK)).splitlines()[-1] == "no answer"
