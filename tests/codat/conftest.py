"""Fixtures for the limits of calls: short waits, and caches that two clients share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from customers.codat import client as codat_client
from customers.codat.http import circuit_breaker, quota
from tests.conftest import forget_codat


class Clock:
    """The time of circuits: it goes on, and a test moves it to where a probe is allowed."""

    monotonic = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self._passed = 0.0

    def time(self) -> float:
        return time.time() + self._passed

    def until_probe(self) -> None:
        self._passed += circuit_breaker.OPEN_SECONDS


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A circuit is open as long as the test wants, however busy the machine is."""
    clock = Clock()
    monkeypatch.setattr(circuit_breaker, "OPEN_SECONDS", 30.0)
    monkeypatch.setattr(circuit_breaker, "time", clock)
    return clock


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Retries do not wait, and shared values are read for each call."""
    monkeypatch.setattr(circuit_breaker, "CHECK_INTERVAL", 0.0)
    monkeypatch.setattr(quota, "SHARE_INTERVAL", 0.0)
    monkeypatch.setattr(codat_client, "BACKOFF", 0.001)


@pytest.fixture
def shared_cache(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A cache that processes share, so that two clients behave like two processes."""
    backend = "codatdash.caches.FileCache"
    settings.CACHES = {
        "default": {"BACKEND": backend, "LOCATION": str(tmp_path / "a")},
        "stale": {"BACKEND": backend, "LOCATION": str(tmp_path / "b")},
    }
    yield
    forget_codat()
