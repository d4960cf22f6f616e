"""Faults on demand: the next N calls that match fail, in one of these ways.

| kind | what the client sees | the request itself |
| --- | --- | --- |
| `status` | `status` with Codat's error body, or `body` | not handled |
| `html` | `status` (502) with an HTML page | not handled |
| `empty` | `status` (200) without a body | not handled |
| `json` | `status` (200) with `body`, any JSON text | not handled |
| `redirect` | `status` (302) to `body`, by default to `/_sandbox/elsewhere` (which is in the call log) | not handled |
| `reset` | a reset connection before any byte | not handled |
| `hang` | nothing for `seconds` (30), then the connection is closed | not handled |
| `delay` | the correct response after `seconds` (1) | handled after the delay |
| `drip` | the correct response, one byte per `seconds` (0.05) | handled |
| `cut` | headers and half of the body, then the connection is closed | handled |
| `reset_middle` | headers and half of the body, then a reset | handled |

`handled=True` handles the request first: a write is received and its response is lost.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from .errors import error_body
from .server import Response

Kind = Literal[
    "status",
    "html",
    "empty",
    "json",
    "redirect",
    "reset",
    "hang",
    "delay",
    "drip",
    "cut",
    "reset_middle",
]
KINDS: tuple[str, ...] = get_args(Kind)
ALWAYS_HANDLED = {"delay", "drip", "cut", "reset_middle"}
_STATUS = {"status": 500, "html": 502, "redirect": 302}
_SECONDS = {"hang": 30.0, "delay": 1.0, "drip": 0.05}
HTML = (
    b"<!DOCTYPE html><html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>"
)


@dataclass(slots=True)
class Fault:
    """One planned fault. `count` is how many calls are still to fail, -1 for all; `ends` is when it ends by itself."""

    match: str
    kind: str
    status: int
    body: str | None
    count: int
    seconds: float
    handled: bool
    headers: dict[str, str] = field(default_factory=dict)
    ends: float | None = None

    @property
    def remaining(self) -> float | None:
        """The seconds until it ends by itself; None where it does not."""
        return None if self.ends is None else self.ends - time.monotonic()

    def apply(self, response: Response | None, base: str, released: threading.Event) -> Response:
        """The response that is sent. `response` is the correct one where the request was handled."""
        if self.kind in ALWAYS_HANDLED and response is not None:
            if self.kind != "delay":
                response.delivery = self.kind  # type: ignore[assignment]  # all of ALWAYS_HANDLED are deliveries
            response.seconds, response.released = self.seconds, released
            return response
        if self.kind == "reset":
            return Response(status=0, delivery="reset")
        if self.kind == "hang":
            return Response(status=0, delivery="hang", seconds=self.seconds, released=released)
        headers = dict(self.headers)
        body = b"" if self.body is None else self.body.encode()
        content_type = "application/json"
        if self.kind == "status":
            body = body or error_body(self.status)
            if self.status == 429:
                headers.setdefault("Retry-After", str(int(self.seconds) or 2))
        elif self.kind == "html":
            body, content_type = body or HTML, "text/html; charset=utf-8"
        elif self.kind == "empty":
            body = b""
        elif self.kind == "redirect":
            headers["Location"] = self.body or f"{base}/_sandbox/elsewhere"
            body = b""
        return Response(self.status, body, content_type, headers)


class Faults:
    """The planned faults; the first that matches applies. Safe to use from any thread."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._lock = threading.Lock()
        self.released = threading.Event()

    def add(
        self,
        match: str,
        kind: Kind,
        *,
        status: int | None = None,
        body: str | None = None,
        count: int = 1,
        seconds: float | None = None,
        handled: bool = False,
        headers: dict[str, str] | None = None,
        lasts: float | None = None,
    ) -> None:
        """Plan a fault for the next `count` calls (-1: all) that match.

        match: text or regular expression, looked for in `METHOD /raw/path?query`. lasts: seconds after which it ends by
        itself.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {kind}")
        re.compile(match)
        fault = Fault(
            match=match,
            kind=kind,
            status=_STATUS.get(kind, 200) if status is None else status,
            body=body,
            count=count,
            seconds=_SECONDS.get(kind, 0.0) if seconds is None else seconds,
            handled=handled or kind in ALWAYS_HANDLED,
            headers=headers or {},
            ends=None if lasts is None else time.monotonic() + lasts,
        )
        with self._lock:
            self._planned.append(fault)

    def clear(self) -> None:
        """Remove all faults, and end the connections that hang or drip."""
        with self._lock:
            self._planned.clear()
            self.released.set()
            self.released = threading.Event()

    @property
    def planned(self) -> list[dict[str, Any]]:
        """The faults that have not been used up."""
        with self._lock:
            self._end()
            return [asdict(fault) | {"remaining": fault.remaining} for fault in self._planned]

    def _end(self) -> None:
        """Drop the faults that have ended by themselves. Called under the lock."""
        self._planned = [
            fault for fault in self._planned if fault.remaining is None or fault.remaining > 0
        ]

    def take(self, line: str) -> Fault | None:
        """The fault for this call, None for none. It is used up by one."""
        if not self._planned:
            return None
        with self._lock:
            self._end()
            for fault in self._planned:
                if fault.match in line or re.search(fault.match, line):
                    if fault.count > 0:
                        fault.count -= 1
                        if fault.count == 0:
                            self._planned.remove(fault)
                    return fault
        return None
