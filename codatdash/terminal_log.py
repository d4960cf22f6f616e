"""The log on a terminal, for people: one short line per request, in colour where the terminal has any.

`14:02:31  GET   /companies/2f1c9a04…/customers/  200    45 ms  demo`

The path is shown without its query. Calls to Codat, and turns of a worker, have a line where they failed, polls have
none; `LOG_LEVEL=DEBUG` shows all.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest

from codatdash.logs import frames, message

# Addresses that pages poll.
POLLED_ROUTES = {"writes_badge", "pending", "freshness"}
# Addresses that pages poll as fragments, and that people open as pages.
POLLED_FRAGMENTS = {"write"}
_HEALTH = {"/healthz", "/readyz"}
_UUID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_RESET, _RED, _YELLOW, _CYAN, _DIM = "\x1b[0m", "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[2m"


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    facts = getattr(record, "facts", None)
    return facts if isinstance(facts, dict) else {}


class ForPeople(logging.Filter):
    """Leaves out polls, calls to Codat, and turns of a worker, unless they failed."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        facts = _facts(record)
        if facts.get("event") == "call":
            return bool(facts.get("error"))
        if facts.get("event") == "turn":
            return bool(facts.get("failed"))
        request = getattr(record, "request", None)
        if facts.get("event") != "request" or not isinstance(request, HttpRequest):
            return True
        return facts["status"] >= 500 or not _is_poll(request, facts)


def _is_poll(request: HttpRequest, facts: dict[str, Any]) -> bool:
    if request.method != "GET":
        return False
    is_fragment = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    return (
        request.path in _HEALTH
        or facts["route"] in POLLED_ROUTES
        or (is_fragment and facts["route"] in POLLED_FRAGMENTS)
    )


class TextFormatter(logging.Formatter):
    """A record as one line; an exception adds its class and the innermost places in the code."""

    def __init__(self, *, colour: bool = False) -> None:
        super().__init__()
        self.colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """The line, or the lines of an exception."""
        facts = _facts(record)
        moment = datetime.fromtimestamp(record.created, UTC).astimezone()
        if facts.get("event") == "request":
            text = self._request(record, facts)
        elif facts.get("event") == "call":
            text = self._call(facts)
        else:
            text = self._message(record)
        lines = [f"{self._paint(f'{moment:%H:%M:%S}', _DIM)}  {text}"]
        if record.exc_info and record.exc_info[0] is not None:
            lines.append(f"          {record.exc_info[0].__name__}")
            lines += [f"            {frame}" for frame in frames(record.exc_info[2])]
        return "\n".join(lines)

    def _request(self, record: logging.LogRecord, facts: dict[str, Any]) -> str:
        request = getattr(record, "request", None)
        path = _UUID.sub(r"\1…", request.path) if isinstance(request, HttpRequest) else ""
        status = self._paint(str(facts["status"]), _colour_of(facts["status"]))
        target = f"{facts['method']:<5} {_printable(path)}"
        return "  ".join(
            filter(None, (target, status, _milliseconds(facts), _user(request, facts)))
        )

    def _call(self, facts: dict[str, Any]) -> str:
        outcome = " ".join(str(part) for part in (facts["status"], facts["error"]) if part)
        line = f"Codat {facts['method']} {_printable(facts['route'])}"
        return f"{line}  {self._paint(outcome, _RED if facts['error'] else '')}  {_milliseconds(facts)}"

    def _message(self, record: logging.LogRecord) -> str:
        colour = _RED if record.levelno >= logging.ERROR else _YELLOW
        is_serious = record.levelno >= logging.WARNING
        level = self._paint(record.levelname, colour if is_serious else "")
        return f"{level}  {record.name}: {_printable(message(record))}"

    def _paint(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_RESET}" if self.colour and colour else text


def _colour_of(status: int) -> str:
    if status >= 500:
        return _RED
    if status >= 400:
        return _YELLOW
    return _CYAN if status >= 300 else ""


def _milliseconds(facts: dict[str, Any]) -> str:
    return f"{facts['ms']:>5.0f} ms"


def _user(request: object, facts: dict[str, Any]) -> str:
    """The signed-in user's name. The request has read it already; the number where the database is gone."""
    user = getattr(request, "user", None)
    if facts.get("user") is None or user is None:
        return ""
    try:
        return _printable(user.get_username())
    except DatabaseError:
        return f"user {facts['user']}"


def _printable(text: str) -> str:
    """One line of text that cannot move a terminal's cursor."""
    return "".join(character if character.isprintable() else "�" for character in text)
