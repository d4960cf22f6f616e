"""The log of calls to Codat, and the request to the dashboard that each call belongs to."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from dataclasses import dataclass, field

from urllib3.response import BaseHTTPResponse

from customers.codat.errors import CodatError
from customers.codat.http import responses
from customers.codat.http.request import ApiRequest

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trace:
    """One request to the dashboard. ``calls`` are the milliseconds of each call to Codat, retries included.

    ``correlation_ids`` are those of Codat's responses to them.

    Threads that work for a request run in a copy of its context and share this object.
    """

    request_id: str
    calls: list[float] = field(default_factory=list)
    correlation_ids: list[str] = field(default_factory=list)


trace: ContextVar[Trace | None] = ContextVar("trace", default=None)


def log_call(
    request: ApiRequest,
    response: BaseHTTPResponse | None,
    failure: CodatError | None,
    milliseconds: float,
    attempt: int,
) -> None:
    """Log one call, and add it to the trace. ``facts`` is for structured logs."""
    status = response.status if response is not None else None
    headers = response.headers if response is not None else {}
    current = trace.get()
    correlation_id = failure.correlation_id if failure else responses.correlation_id(headers)
    if current is not None:
        current.calls.append(milliseconds)
        if correlation_id:
            current.correlation_ids.append(correlation_id)
    facts = {
        "event": "call",
        "method": request.method,
        "route": request.route,
        "status": status,
        "ms": round(milliseconds, 1),
        "attempt": attempt,
        "error": type(failure).__name__ if failure else "",
        "correlation_id": correlation_id,
    }
    outcome = " ".join(str(part) for part in (status, facts["error"]) if part)
    logger.info(
        "%s: %s in %.0f ms",
        request.label,
        outcome or "failed",
        milliseconds,
        extra={"facts": facts},
    )
