"""A circuit breaker: after consecutive failures calls fail immediately; one probe at a time checks for recovery.

    closed ── MAX_FAILURES in a row ──> open ── OPEN_SECONDS ──> one probe ── success ──> closed
                                          ^────────────────────────── failure ──┘

There is one circuit per company, one for calls about no company, and one for the network: a connection that
cannot be opened concerns every company. A response with a status below 500 is no failure, nor is a connection
that breaks, because neither causes a wait. An open circuit is in the cache, so all processes share it.
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

MAX_FAILURES = 5
# Seconds: failures further apart than WINDOW are not consecutive; a probe is allowed after OPEN_SECONDS, or after
# Codat's Retry-After, which counts up to MAX_OPEN_SECONDS.
WINDOW, OPEN_SECONDS, MAX_OPEN_SECONDS = 60.0, 5.0, 60.0
# Seconds that one probe may take: longer than the client's total timeout.
PROBE_TTL = 60
# Seconds after which an open circuit without calls is deleted from the cache.
OPEN_TTL = 600
# Seconds for which a process uses what it has read from the cache.
CHECK_INTERVAL = 1.0

# Circuits in the memory of a process: company IDs come from URLs, so there may be any number.
MAX_CIRCUITS = 10_000

# The circuit of the network; a company's ID is percent-encoded, so it never has this character.
NETWORK = "*"


@dataclass(slots=True)
class _Circuit:
    """The state of one circuit in this process. ``probe_at`` is wall-clock time, 0 while closed."""

    failures: int = 0
    failed_at: float = 0.0
    probe_at: float = 0.0
    checked_at: float = -math.inf


class CircuitBreaker:
    """The circuits of one account."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._circuits: dict[str, _Circuit] = {}
        self._lock = threading.Lock()

    def is_closed(self, company: str) -> bool:
        """Whether calls about a company ("" for none) are admitted without a probe."""
        return not self._open(company)

    def admit(self, company: str, label: str) -> bool:
        """Admit a call: True where it is the probe, else False. Raises `CircuitOpen` where it is not admitted.

        `record` must follow a probe.
        """
        opened = self._open(company)
        if not opened:
            return False
        wait = max(self._circuit(name).probe_at for name in opened) - time.time()
        if wait > 0:
            raise CircuitOpen(f"{label}: not sent", retry_after=max(math.ceil(wait), 1))
        # None: the cache is unavailable, and each process has a probe of its own.
        if cache.add(self._key(opened[0], "probe"), PROBE_TTL) is False:
            raise CircuitOpen(f"{label}: not sent during a probe", retry_after=2)
        return True

    def record(self, company: str, error: CodatError | None, *, probing: bool) -> None:
        """Record how a call ended."""
        if isinstance(error, Unreachable):
            self._record_failure(NETWORK, error, probing=probing)
        elif isinstance(error, TimedOut | Unavailable):
            self._record_success(NETWORK)  # The connection was opened.
            self._record_failure(company, error, probing=probing)
        elif error is None or isinstance(error, ErrorResponse):
            self._record_success(NETWORK)
            self._record_success(company)
        elif isinstance(error, InvalidResponse | ConnectionLost) and probing:
            self._record_success(NETWORK)
            self._record_failure(company, error, probing=True)
        if probing:
            cache.delete(self._key(NETWORK, "probe"), self._key(company, "probe"))

    def _record_failure(self, name: str, error: CodatError, *, probing: bool) -> None:
        circuit, now = self._circuit(name), time.time()
        with self._lock:
            circuit.failures = 1 + (circuit.failures if now - circuit.failed_at < WINDOW else 0)
            circuit.failed_at = now
            if not probing and circuit.failures < MAX_FAILURES:
                return
            wait = max(OPEN_SECONDS, min(error.retry_after or 0, MAX_OPEN_SECONDS))
            circuit.probe_at, circuit.checked_at = now + wait, time.monotonic()
        cache.put(self._key(name), circuit.probe_at, OPEN_TTL)
        logger.warning("circuit open for %.0f s after %s", wait, type(error).__name__)

    def _record_success(self, name: str) -> None:
        circuit = self._circuit(name)
        circuit.failures = 0
        if circuit.probe_at:
            circuit.probe_at, circuit.checked_at = 0.0, time.monotonic()
            cache.delete(self._key(name))
            logger.warning("circuit closed")

    def _open(self, company: str) -> list[str]:
        """The names of the open circuits that concern a company. Reads the cache once per `CHECK_INTERVAL`."""
        names = (NETWORK, company)
        now = time.monotonic()
        if any(now - self._circuit(name).checked_at >= CHECK_INTERVAL for name in names):
            shared = cache.get_many(self._key(name) for name in names)
            for name in names:
                circuit = self._circuit(name)
                circuit.checked_at = now
                if shared is not None:
                    circuit.probe_at = _probe_at(shared.get(self._key(name)))
        return [name for name in names if self._circuit(name).probe_at]

    def _circuit(self, name: str) -> _Circuit:
        circuit = self._circuits.get(name)
        if circuit is None:
            if len(self._circuits) >= MAX_CIRCUITS:
                self._circuits.clear()  # Open circuits are in the cache.
            circuit = self._circuits.setdefault(name, _Circuit())
        return circuit

    def _key(self, name: str, kind: str = "open") -> str:
        return cache.key(kind, self._identity, name)


def _probe_at(value: object) -> float:
    """The time of the next probe from the cache; 0 for a value that is not a plausible time."""
    if not cache.is_number(value) or not 0 < value <= time.time() + 2 * MAX_OPEN_SECONDS:
        return 0.0
    return float(value)
