"""State that processes share through Django's cache. Where the cache is unavailable, each process has its own state.

A failing cache never fails a page: the error is logged, and the result is "nothing cached". After a slow failure the
cache is not used for `PAUSE` seconds; then one call at a time probes it.

Values are JSON: numbers, text, lists. Other programs may be able to write to the cache, so the caller validates every
value that it reads.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeGuard, TypeVar

from django.core.cache import BaseCache, cache, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds between two log lines about a cache that fails for some keys only.
LOG_INTERVAL = 30.0
# Seconds. After a failure that took longer than SLOW, the cache is not used for PAUSE.
SLOW, PAUSE = 0.3, 5.0
# Seconds that the clocks of two processes may differ.
CLOCK_DIFFERENCE = 60

# The cache for stale data. It is separate, because its entries are large and may be evicted.
STALE = "stale"


def is_shared() -> bool:
    """Whether other processes read the same cache."""
    return not isinstance(caches["default"], LocMemCache | DummyCache)


def key(kind: str, *parts: str) -> str:
    """A cache key for any backend: printable ASCII of bounded length. The parts may hold anything."""
    return f"codat-{kind}-{hashlib.sha256(ascii(parts).encode()).hexdigest()}"


def get(key: str, alias: str = "default") -> Any:
    """The value, None where there is none or the cache is unavailable."""
    return attempt(lambda: caches[alias].get(key), None)


def get_many(keys: Iterable[str]) -> dict[str, Any] | None:
    """The values that exist; None where the cache is unavailable."""
    return attempt(lambda: cache.get_many(list(keys)), None)


def put(key: str, value: Any, seconds: float, alias: str = "default") -> None:
    """Store a JSON value for so many seconds."""
    attempt(lambda: caches[alias].set(key, value, max(int(seconds), 1)), None)


def put_many(values: dict[str, Any], seconds: float) -> None:
    """Store several JSON values."""
    attempt(lambda: cache.set_many(values, max(int(seconds), 1)), None)


def add(key: str, seconds: float) -> bool | None:
    """Store a key that does not exist yet; whether it did not. None where the cache is unavailable."""
    return attempt(lambda: bool(cache.add(key, 1, max(int(seconds), 1))), None)


def delete(*keys: str) -> None:
    """Delete keys."""
    attempt(lambda: cache.delete_many(keys), None)


def works() -> bool:
    """Whether the cache stores a value and returns it."""
    return bool(attempt(lambda: _round_trip(caches["default"]), default=False))


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value that was read is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_past(value: object) -> TypeGuard[int | float]:
    """Whether a value that was read is a time (seconds since 1970) that some process may have written by now."""
    return is_number(value) and 0 < value <= time.time() + CLOCK_DIFFERENCE


def attempt(operation: Callable[[], T], default: T) -> T:
    """The operation's result, or the default where the cache fails or is paused."""
    if not availability.is_usable():
        return default
    started = time.monotonic()
    try:
        result = operation()
    except Exception as error:  # noqa: BLE001  each backend has errors of its own
        availability.record_failure(error, time.monotonic() - started)
        return default
    availability.record_success()
    return result


class Availability:
    """Whether the cache is used now. One state for all shared caches, because they have one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paused_until = 0.0
        self._failing = False
        self._logged_at = -LOG_INTERVAL

    def is_usable(self) -> bool:
        """Whether a call may use the cache. After a pause one call may, as the probe; others use no cache meanwhile."""
        if not self._paused_until:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._paused_until:
                return False
            if self._paused_until:
                self._paused_until = now + PAUSE
            return True

    def record_failure(self, error: Exception, seconds: float) -> None:
        """Record that a call failed after so many seconds."""
        with self._lock:
            now = time.monotonic()
            if seconds >= SLOW:
                self._paused_until = now + PAUSE
            if self._failing or now - self._logged_at < LOG_INTERVAL:
                self._failing = True
                return
            self._failing, self._logged_at = True, now
        retry = f"; retrying every {PAUSE:.0f} s" if seconds >= SLOW else ""
        logger.warning("cache unavailable: %s%s", type(error).__name__, retry)

    def record_success(self) -> None:
        """Record that a call succeeded."""
        if not self._failing:
            return
        with self._lock:
            paused, self._paused_until, self._failing = self._paused_until, 0.0, False
        if paused:
            logger.warning("cache available again")

    def reset(self) -> None:
        """Clear the recorded failures."""
        self._paused_until, self._failing, self._logged_at = 0.0, False, -LOG_INTERVAL


availability = Availability()


def _round_trip(backend: BaseCache) -> bool:
    if isinstance(backend, DummyCache):
        return True
    backend.set("works", "yes", 10)
    return bool(backend.get("works") == "yes")
