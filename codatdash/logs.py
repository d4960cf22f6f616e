"""The log: JSON, one object a line, one line per request and one per call to Codat.

It contains no API key, no query and no data of a customer: URLs are logged as the name of their route, errors as their
class and place in the code, because an exception's text may quote a value. On a terminal the log is for people instead:
see `terminal_log.py`.
"""

from __future__ import annotations

import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from customers.codat.http.tracing import Trace, trace
from customers.codat.values import is_uuid

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
# An ID that a proxy may give a request; any other is replaced by a new one.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Innermost frames of a traceback that are logged.
MAX_FRAMES = 12


_encode = json.JSONEncoder(default=str).encode


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: its time and level, and the dict `facts` of its `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. It contains no line break."""
        current = trace.get()
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        facts = getattr(record, "facts", None)
        line |= (
            facts if isinstance(facts, dict) else {"event": "message", "message": message(record)}
        )
        if current is not None:
            line.setdefault("request_id", current.request_id)
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["frames"] = frames(record.exc_info[2])
        return _encode(line)


def frames(trace_back: TracebackType | None) -> list[str]:
    """The innermost places in the code that a traceback names, without what stands there."""
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace_back)[-MAX_FRAMES:]
    ]


def message(record: logging.LogRecord) -> str:
    """A record's message. Django's own about a request quote its URL, which may contain an ID or a search."""
    if record.name.startswith("django.request") or hasattr(record, "status_code"):
        reason = record.args[0] if isinstance(record.args, tuple) and record.args else record.name
        return f"{getattr(record, 'status_code', '')} {reason}".strip()
    return record.getMessage()


class ExceptionsOnly(logging.Filter):
    """Drops Django's records about responses that have no exception. The line of the request has the same facts."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        return bool(record.exc_info)


class RequestLogMiddleware:
    """Gives each request an ID and logs one line for it.

    A valid `X-Request-ID` of the request is used, and the response has the ID in the same header. The duration of a
    streamed response is the time until its headers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        requested = request.headers.get(HEADER, "")
        current = Trace(requested if _REQUEST_ID.fullmatch(requested) else uuid.uuid4().hex)
        token = trace.set(current)
        started = time.monotonic()
        try:
            response = self.get_response(request)
            response[HEADER] = current.request_id
            elapsed = (time.monotonic() - started) * 1000
            facts = _request_facts(request, response, current, elapsed)
            # The request itself is for the log on a terminal: see terminal_log.py.
            logger.info("request", extra={"facts": facts, "request": request})
        finally:
            trace.reset(token)
        return response


def _request_facts(
    request: HttpRequest, response: HttpResponseBase, current: Trace, elapsed: float
) -> dict[str, Any]:
    match = request.resolver_match
    company = str(match.kwargs.get("company_id", "")) if match else ""
    return {
        "event": "request",
        "request_id": current.request_id,
        "method": request.method,
        "route": (match.view_name or match.route) if match else "",
        # Any other text in this part of the URL is not logged.
        "company": company if is_uuid(company) else "",
        "status": response.status_code,
        "ms": round(elapsed, 1),
        "user": _user_id(request),
        "calls": len(current.calls),
        "codat_ms": round(sum(current.calls), 1),
        "streaming": response.streaming,
    }


def _user_id(request: HttpRequest) -> int | None:
    """The ID of the signed-in user, if the request has read its session. Logging makes no query."""
    session = getattr(request, "session", None)
    if session is None or not session.accessed:
        return None
    user_id = session.get(SESSION_KEY)
    return int(user_id) if user_id else None
