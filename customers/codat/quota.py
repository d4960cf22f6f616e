"""The day's quota of calls to Codat: known from its answers, shared between processes, partly kept for people."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from customers.codat import cache, responses
from customers.codat.errors import Reserved

# Seconds after which a process says, or asks for, the number again.
FRESH = 1.0
DAY = 86_400

_background: ContextVar[bool] = ContextVar("background", default=False)


@contextmanager
def background() -> Iterator[None]:
    """Calls inside are nobody's who waits: they stop where the rest of the quota is kept for people."""
    token = _background.set(True)
    try:
        yield
    finally:
        _background.reset(token)


class Quota:
    """What is left of one account's quota. ``reserve`` is the share of it, 0 to 1, that is people's."""

    def __init__(self, identity: str, reserve: float) -> None:
        self._key = f"codat-quota-{identity}"
        self._reserve = reserve
        self._seen: responses.RateLimit | None = None
        self._seen_at = 0.0  # on the wall's clock, which processes share
        self._said_at = self._asked_at = 0.0

    def note(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer says."""
        seen = responses.rate_limit(headers)
        if seen is None:
            return
        now = time.time()
        self._seen, self._seen_at = seen, now
        if now - self._said_at >= FRESH and cache.is_shared():
            self._said_at = now
            cache.put(self._key, (now, *seen), DAY)

    def left(self) -> responses.RateLimit | None:
        """The quota as any process saw it last; None before, and after the day has changed (in UTC)."""
        now = time.time()
        if now - max(self._asked_at, self._seen_at) >= FRESH and cache.is_shared():
            self._asked_at = now
            told = cache.get(self._key)
            if told is not None and told[0] > self._seen_at:
                self._seen_at, self._seen = told[0], responses.RateLimit(*told[1:])
        return self._seen if self._seen_at // DAY == now // DAY else None

    def admit(self, what: str) -> None:
        """Let a call pass. `Reserved` where it is background work and only the reserve is left."""
        if not _background.get():
            return
        left = self.left()
        if left is not None and left.remaining < left.limit * self._reserve:
            tomorrow = DAY - int(time.time()) % DAY
            raise Reserved(f"{what}: {left.remaining} calls are left", retry_after=tomorrow)
