"""Fixtures for the limits of calls: short waits, and caches that two clients share."""

from __future__ import annotations

import contextlib
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from pytest_django import Settings

from customers.codat import circuit_breaker, quota
from customers.codat import client as codat_client
from tests.conftest import forget_codat

LOCAL = "django.core.cache.backends.locmem.LocMemCache"


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A circuit is open for 0.4 seconds, retries do not wait, and shared values are read for each call."""
    monkeypatch.setattr(circuit_breaker, "OPEN_SECONDS", 0.4)
    monkeypatch.setattr(circuit_breaker, "CHECK_INTERVAL", 0.0)
    monkeypatch.setattr(quota, "SHARE_INTERVAL", 0.0)
    monkeypatch.setattr(codat_client, "BACKOFF", 0.001)


@pytest.fixture
def shared_cache(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A cache that processes share, so that two clients stand for two processes."""
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {
        "default": {"BACKEND": backend, "LOCATION": str(tmp_path / "a")},
        "stale": {"BACKEND": backend, "LOCATION": str(tmp_path / "b")},
    }
    yield
    forget_codat()


@pytest.fixture
def redis_cache(settings: Settings) -> Iterator[None]:
    """A shared cache with an atomic `add`, under a key prefix of this test."""
    with contextlib.closing(socket.socket()) as probe:
        if probe.connect_ex(("127.0.0.1", 6379)):
            pytest.skip("skipped: no Redis on 127.0.0.1:6379")
    cache = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:6379/0",
        "KEY_PREFIX": f"test-{uuid.uuid4().hex}",
    }
    settings.CACHES = {"default": cache, "stale": cache}
    yield
    # Only the keys of this test are deleted: Redis may hold others.
    with redis.Redis.from_url(cache["LOCATION"]) as server:
        for key in server.scan_iter(f"{cache['KEY_PREFIX']}*"):
            server.delete(key)
    settings.CACHES = {name: {"BACKEND": LOCAL} for name in ("default", "stale")}
