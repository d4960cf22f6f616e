"""What processes share, through Django's cache. Where the cache is unavailable, each process is on its own.

Nothing here may stop a page: a cache that fails is logged, and its result is "nothing cached".
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.core.cache import BaseCache, cache, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds between two log lines about a cache that fails.
LOG_INTERVAL = 30.0

# The cache for stale data. It is separate, because its entries are large and may be evicted.
STALE = "stale"

_logged_at = -LOG_INTERVAL


def is_shared() -> bool:
    """Whether other processes see what is put here."""
    return not isinstance(caches["default"], LocMemCache | DummyCache)


def key(kind: str, *parts: str) -> str:
    """A cache key for any backend: printable ASCII of bounded length. The parts may hold anything."""
    return f"codat-{kind}-{hashlib.sha256(ascii(parts).encode()).hexdigest()}"


def get(key: str, alias: str = "default") -> Any:
    """The value, None where there is none or the cache is unavailable."""
    return _attempt(lambda: caches[alias].get(key), None)


def get_many(keys: Iterable[str]) -> dict[str, Any] | None:
    """The values that exist; None where the cache is unavailable."""
    return _attempt(lambda: cache.get_many(list(keys)), None)


def put(key: str, value: Any, seconds: float, alias: str = "default") -> None:
    """Store a value for so many seconds."""
    _attempt(lambda: caches[alias].set(key, value, max(int(seconds), 1)), None)


def put_many(values: dict[str, Any], seconds: float) -> None:
    """Store several values."""
    _attempt(lambda: cache.set_many(values, max(int(seconds), 1)), None)


def add(key: str, seconds: float) -> bool | None:
    """Store a key that does not exist yet; whether it did not. None where the cache is unavailable."""
    return _attempt(lambda: bool(cache.add(key, 1, max(int(seconds), 1))), None)


def delete(*keys: str) -> None:
    """Delete keys."""
    _attempt(lambda: cache.delete_many(keys), None)


def works() -> bool:
    """Whether the cache stores a value and returns it."""
    return bool(_attempt(lambda: _round_trip(caches["default"]), default=False))


def _round_trip(backend: BaseCache) -> bool:
    if isinstance(backend, DummyCache):
        return True
    backend.set("works", "yes", 10)
    return bool(backend.get("works") == "yes")


def _attempt(operation: Callable[[], T], default: T) -> T:
    """The operation's result, or the default where the cache fails."""
    global _logged_at  # noqa: PLW0603  one line per half a minute, not per call
    try:
        return operation()
    except Exception as error:  # noqa: BLE001  each backend has errors of its own
        if time.monotonic() - _logged_at >= LOG_INTERVAL:
            _logged_at = time.monotonic()
            logger.warning("the cache does not answer: %s", type(error).__name__)
        return default
