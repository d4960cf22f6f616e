"""The day's quota of calls to Codat: read from its responses, shared between processes, partly reserved for people."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from customers.codat import cache
from customers.codat.errors import Reserved

# Seconds between two reads, and two writes, of the shared number by one process.
SHARE_INTERVAL = 1.0
DAY = 86_400
# Characters of the text that says when the quota is reset.
MAX_RESET = 64

_background: ContextVar[bool] = ContextVar("background", default=False)


@contextmanager
def background() -> Iterator[None]:
    """Mark calls inside as background work (no user is waiting): they leave the reserve to people."""
    token = _background.set(True)
    try:
        yield
    finally:
        _background.reset(token)


class RateLimit(NamedTuple):
    """The day's quota of calls. ``reset`` is Codat's own text for when it is reset."""

    limit: int
    remaining: int
    reset: str


class Quota:
    """The quota of one account. ``reserve`` is the share of it, 0 to 1, that is reserved for people."""

    def __init__(self, identity: str, reserve: float) -> None:
        self._key = cache.key("quota", identity)
        self._reserve = reserve
        self._latest: RateLimit | None = None
        self._latest_at = 0.0  # wall-clock time, which processes share
        self._shared_at = self._checked_at = 0.0

    def record(self, headers: Mapping[str, str]) -> None:
        """Read the quota from a response's headers."""
        rate_limit = _from_headers(headers)
        if rate_limit is None:
            return
        now = time.time()
        self._latest, self._latest_at = rate_limit, now
        if now - self._shared_at >= SHARE_INTERVAL and cache.is_shared():
            self._shared_at = now
            cache.put(self._key, [now, *rate_limit], DAY)

    def latest(self) -> RateLimit | None:
        """The quota as any process last read it; None before, and after the day has changed (UTC)."""
        now = time.time()
        last_read = max(self._checked_at, self._latest_at)
        if now - last_read >= SHARE_INTERVAL and cache.is_shared():
            self._checked_at = now
            match cache.get(self._key):
                case [read_at, int() as limit, int() as remaining, str() as reset] if (
                    cache.is_past(read_at) and read_at > self._latest_at
                ):
                    self._latest_at = read_at
                    self._latest = RateLimit(limit, remaining, reset[:MAX_RESET])
        return self._latest if self._latest_at // DAY == now // DAY else None

    def admit(self, label: str) -> None:
        """Admit a call. Raises `Reserved` for background work where only the reserve is left."""
        if not _background.get():
            return
        quota = self.latest()
        if quota is not None and quota.remaining < quota.limit * self._reserve:
            tomorrow = DAY - int(time.time()) % DAY
            raise Reserved(f"{label}: {quota.remaining} calls are left", retry_after=tomorrow)


def _from_headers(headers: Mapping[str, str]) -> RateLimit | None:
    """The quota from a response's headers; None where they are missing or not numbers."""
    try:
        limit = int(headers["X-Rate-Limit-Limit"])
        remaining = int(headers["X-Rate-Limit-Remaining"])
    except (KeyError, ValueError):
        return None
    return RateLimit(limit, remaining, headers.get("X-Rate-Limit-Reset", "")[:MAX_RESET])
