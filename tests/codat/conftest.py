"""Fixtures for the limits of calls: short waits, and caches that two clients share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from customers.codat import client as codat_client
from customers.codat.http import circuit_breaker, quota
from tests.conftest import forget_codat


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A circuit is open for 0.4 seconds, retries do not wait, and shared values are read for each call."""
    monkeypatch.setattr(circuit_breaker, "OPEN_SECONDS", 0.4)
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
