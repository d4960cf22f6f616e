"""The log: JSON, one object a line, one line per request and one per call to Codat.

It never holds the API key, a query, or anything about a customer: addresses are told by the name of
their route, errors by their class and place in the code, since an exception's text may quote a value.
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
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from customers.codat.tracing import Trace, trace
from customers.codat.values import is_uuid

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"

# What a proxy in front may name a request; anything else gets a name of ours.
_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Frames of a traceback: the innermost say what happened.
_FRAMES = 12


_encode = json.JSONEncoder(default=str).encode


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON. `facts`, given as `extra`, stand beside its time and level."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; it holds no line break, whatever was logged."""
        ours = trace.get()
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        facts = getattr(record, "facts", None)
        line |= facts if isinstance(facts, dict) else {"event": "message", "message": _said(record)}
        if ours is not None:
            line.setdefault("request_id", ours.request_id)
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["frames"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])[-_FRAMES:]
            ]
        return _encode(line)


def _said(record: logging.LogRecord) -> str:
    """A record's message. Django's own about a request quote its address, which may hold an id or a search."""
    if record.name.startswith("django.request") or hasattr(record, "status_code"):
        reason = record.args[0] if isinstance(record.args, tuple) and record.args else record.name
        return f"{getattr(record, 'status_code', '')} {reason}".strip()
    return record.getMessage()


class OnlyCrashes(logging.Filter):
    """Of what Django says of an answer only an exception is news: the rest stands in the request's line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        return bool(record.exc_info)


class RequestLogMiddleware:
    """Names each request (`X-Request-ID`, taken over where it is sane, and answered) and logs its line.

    The duration of a streamed answer is the time until its headers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        ours = Trace(given if _SANE.fullmatch(given) else uuid.uuid4().hex)
        token = trace.set(ours)
        started = time.monotonic()
        try:
            response = self.get_response(request)
            response[HEADER] = ours.request_id
            elapsed = (time.monotonic() - started) * 1000
            logger.info(
                "request", extra={"facts": _request_facts(request, response, ours, elapsed)}
            )
        finally:
            trace.reset(token)
        return response


def _request_facts(
    request: HttpRequest, response: HttpResponseBase, ours: Trace, elapsed: float
) -> dict[str, Any]:
    match = request.resolver_match
    company = str(match.kwargs.get("company_id", "")) if match else ""
    return {
        "event": "request",
        "request_id": ours.request_id,
        "method": request.method,
        "route": (match.view_name or match.route) if match else "",
        # Another text in that place of an address is not told.
        "company": company if is_uuid(company) else "",
        "status": response.status_code,
        "ms": round(elapsed, 1),
        "user": _user_id(request),
        "calls": len(ours.calls),
        "codat_ms": round(sum(ours.calls), 1),
        "streaming": response.streaming,
    }


def _user_id(request: HttpRequest) -> int | None:
    """Who is signed in, where the request has read its session; the log itself asks no database."""
    session = getattr(request, "session", None)
    if session is None or not session.accessed:
        return None
    user_id = session.get(SESSION_KEY)
    return int(user_id) if user_id else None
