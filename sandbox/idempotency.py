"""`Idempotency-Key` on POST, as documented: the first answer is replayed for 90 minutes."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from .errors import error_body
from .server import Request, Response

KEPT = 90 * 60.0


@dataclass
class _Entry:
    fingerprint: bytes
    since: float
    answer: tuple[int, bytes, str] | None = None


class Idempotency:
    """Answers by key. 429 is not kept; every other answer is, 4xx and 5xx included."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Forget all keys."""
        with self._lock:
            self._entries.clear()

    def run(self, request: Request, answer: Callable[[], Response]) -> Response:
        """`answer()`, or what it was the first time. 409 while that runs, 422 when the request differs."""
        key = request.headers.get("idempotency-key", "")
        if not key or request.method != "POST":
            return answer()
        fingerprint = hashlib.sha256(request.path.encode() + b"\0" + request.body).digest()
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and time.monotonic() - entry.since > KEPT:
                entry = None
            if entry is None:
                mine = self._entries[key] = _Entry(fingerprint, time.monotonic())
        if entry is not None:
            return _again(entry, fingerprint)
        try:
            response = answer()
        except BaseException:
            self._forget(key, mine)
            raise
        if response.status in {0, 429} or not isinstance(response.body, bytes):
            self._forget(key, mine)
        else:
            mine.answer = (response.status, response.body, response.content_type)
        return response

    def _forget(self, key: str, mine: _Entry) -> None:
        with self._lock:
            if self._entries.get(key) is mine:
                del self._entries[key]


def _again(entry: _Entry, fingerprint: bytes) -> Response:
    if entry.fingerprint != fingerprint:
        return Response(
            422,
            error_body(422, "The Idempotency-Key was used before with another request body."),
        )
    if entry.answer is None:
        return Response(
            409, error_body(409, "A request with this Idempotency-Key is still in progress.")
        )
    status, body, content_type = entry.answer
    return Response(status, body, content_type)
