"""What processes know together, through Django's cache. Where the cache is away, each knows its own.

Nothing here may stop a page: a cache that fails is said in the log, and answered as "not known".
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

# Seconds between two lines in the log about a cache that is away.
QUIET = 30.0

# The cache for what was last seen of Codat: its own, because it is large and may be thrown away.
LAST_SEEN = "last_seen"

_said_at = -QUIET


def is_shared() -> bool:
    """Whether other processes see what is put here."""
    return not isinstance(caches["default"], LocMemCache | DummyCache)


def key(kind: str, *parts: str) -> str:
    """A cache key for any backend: printable ASCII of bounded length. The parts may hold anything."""
    return f"codat-{kind}-{hashlib.sha256(ascii(parts).encode()).hexdigest()}"


def get(key: str, alias: str = "default") -> Any:
    """The value, None where there is none or the cache is away."""
    return _tried(lambda: caches[alias].get(key), None)


def get_many(keys: Iterable[str]) -> dict[str, Any] | None:
    """The values that there are; None where the cache is away."""
    return _tried(lambda: cache.get_many(list(keys)), None)


def put(key: str, value: Any, seconds: float, alias: str = "default") -> None:
    """Keep a value for so many seconds."""
    _tried(lambda: caches[alias].set(key, value, max(int(seconds), 1)), None)


def put_many(values: dict[str, Any], seconds: float) -> None:
    """Keep several values."""
    _tried(lambda: cache.set_many(values, max(int(seconds), 1)), None)


def add(key: str, seconds: float) -> bool | None:
    """Take a key that nobody has: whether it is ours now. None where the cache is away."""
    return _tried(lambda: bool(cache.add(key, 1, max(int(seconds), 1))), None)


def forget(*keys: str) -> None:
    """Give keys up."""
    _tried(lambda: cache.delete_many(keys), None)


def works() -> bool:
    """Whether the cache keeps a value and gives it back."""
    return bool(_tried(lambda: _echoes(caches["default"]), default=False))


def _echoes(tried: BaseCache) -> bool:
    if isinstance(tried, DummyCache):
        return True
    tried.set("works", "yes", 10)
    return bool(tried.get("works") == "yes")


def _tried(operation: Callable[[], T], default: T) -> T:
    """What a cache answers, or the default where it fails: backends raise whatever they like."""
    global _said_at  # noqa: PLW0603  one line per half a minute, not per call
    try:
        return operation()
    except Exception as error:  # noqa: BLE001  each backend has errors of its own
        if time.monotonic() - _said_at >= QUIET:
            _said_at = time.monotonic()
            logger.warning("the cache does not answer: %s", type(error).__name__)
        return default
