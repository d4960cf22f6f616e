"""Which request of ours a call to Codat belongs to, and how many there were; for the log."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trace:
    """One request. ``calls`` are the milliseconds of each call to Codat, retries included.

    Threads that work for a request run in a copy of its context and share this object.
    """

    request_id: str
    calls: list[float] = field(default_factory=list)


trace: ContextVar[Trace | None] = ContextVar("trace", default=None)
