"""A circuit breaker: where call after call fails, the next ones fail at once, and one at a time tries again.

    closed ── FAILURES in a row ──> open ── OPEN_FOR seconds ──> one probe ── success ──> closed
                                      ^────────────────────────── failure ──┘

There is one circuit per company, one for calls about no company, and one for the way to Codat: a
connection that does not come about is everybody's. What Codat answers with a status below 500 is no
failure, whatever it says; nor is a connection that breaks, for it keeps nobody waiting. An open circuit
stands in the cache, so every process leaves Codat alone.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass

from customers.codat import cache
from customers.codat.errors import (
    CircuitOpen,
    CodatError,
    ConnectionLost,
    ErrorResponse,
    InvalidResponse,
    TimedOut,
    Unavailable,
    Unreachable,
)

logger = logging.getLogger(__name__)

FAILURES = 5
# Seconds: between two failures "in a row", until a probe, and the most that Codat may ask for instead.
WINDOW, OPEN_FOR, LONGEST = 60.0, 5.0, 60.0
# Seconds that one probe may take: longer than the client's own patience for one call.
PROBE = 60
# Seconds after which an open circuit that nobody tries is forgotten.
FORGOTTEN = 600
# Seconds for which a process trusts what it has read from the cache.
LOOK = 1.0

# Circuits that a process keeps: addresses are typed by people, so there may be any number.
KEPT = 10_000

# The circuit of the way to Codat; a company's id holds no such character, for it is percent-encoded.
NETWORK = "*"


@dataclass(slots=True)
class _Circuit:
    """What this process knows of one circuit. ``probe_at`` is on the wall's clock, 0 while closed."""

    failures: int = 0
    failed_at: float = 0.0
    probe_at: float = 0.0
    looked_at: float = -LOOK


class Breaker:
    """The circuits of one account."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._circuits: dict[str, _Circuit] = {}
        self._lock = threading.Lock()

    def is_closed(self, company: str) -> bool:
        """Whether calls about a company ("" for none) pass freely."""
        return not self._open(company)

    def enter(self, company: str, what: str) -> bool:
        """Let a call pass: False freely, True as the probe. `CircuitOpen` where it may not.

        A probe has to be followed by `note`.
        """
        opened = self._open(company)
        if not opened:
            return False
        wait = max(self._circuit(name).probe_at for name in opened) - time.time()
        if wait > 0:
            raise CircuitOpen(f"{what}: not asked", retry_after=max(math.ceil(wait), 1))
        # None, the cache is away: each process has a probe of its own.
        if cache.add(self._key(opened[0], "probe"), PROBE) is False:
            raise CircuitOpen(f"{what}: not asked while a probe is", retry_after=2)
        return True

    def note(self, company: str, error: CodatError | None, *, probing: bool) -> None:
        """Say how a call ended."""
        if isinstance(error, Unreachable):
            self._failed(NETWORK, error, probing=probing)
        elif isinstance(error, TimedOut | Unavailable):
            self._succeeded(NETWORK)  # There was somebody at the other end.
            self._failed(company, error, probing=probing)
        elif error is None or isinstance(error, ErrorResponse):
            self._succeeded(NETWORK)
            self._succeeded(company)
        elif isinstance(error, InvalidResponse | ConnectionLost) and probing:
            self._succeeded(NETWORK)
            self._failed(company, error, probing=True)
        if probing:
            cache.forget(self._key(NETWORK, "probe"), self._key(company, "probe"))

    def _failed(self, name: str, error: CodatError, *, probing: bool) -> None:
        circuit, now = self._circuit(name), time.time()
        with self._lock:
            circuit.failures = 1 + (circuit.failures if now - circuit.failed_at < WINDOW else 0)
            circuit.failed_at = now
            if not probing and circuit.failures < FAILURES:
                return
            wait = max(OPEN_FOR, min(error.retry_after or 0, LONGEST))
            circuit.probe_at, circuit.looked_at = now + wait, time.monotonic()
        cache.put(self._key(name), circuit.probe_at, FORGOTTEN)
        logger.warning("circuit open for %.0f s after %s", wait, type(error).__name__)

    def _succeeded(self, name: str) -> None:
        circuit = self._circuit(name)
        circuit.failures = 0
        if circuit.probe_at:
            circuit.probe_at, circuit.looked_at = 0.0, time.monotonic()
            cache.forget(self._key(name))
            logger.warning("circuit closed")

    def _open(self, company: str) -> list[str]:
        """The names of the circuits that are in the way of a call, the cache asked once in a while."""
        names = (NETWORK, company)
        now = time.monotonic()
        if any(now - self._circuit(name).looked_at >= LOOK for name in names):
            told = cache.get_many(self._key(name) for name in names)
            for name in names:
                circuit = self._circuit(name)
                circuit.looked_at = now
                if told is not None:
                    circuit.probe_at = told.get(self._key(name), 0.0)
        return [name for name in names if self._circuit(name).probe_at]

    def _circuit(self, name: str) -> _Circuit:
        found = self._circuits.get(name)
        if found is None:
            if len(self._circuits) >= KEPT:
                self._circuits.clear()  # What is open stands in the cache.
            found = self._circuits.setdefault(name, _Circuit())
        return found

    def _key(self, name: str, kind: str = "open") -> str:
        return cache.key(kind, self._identity, name)
