"""`Idempotency-Key` on POST, as documented: the first response is replayed for 90 minutes."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from .errors import error_body
from .server import Request, Response

# Seconds.
KEY_TTL = 90 * 60.0


@dataclass
class _Entry:
    fingerprint: bytes
    since: float
    response: tuple[int, bytes, str] | None = None


class Idempotency:
    """Responses by key. All are stored but 429, so 4xx and 5xx too."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Delete all keys."""
        with self._lock:
            self._entries.clear()

    def run(self, request: Request, handle: Callable[[], Response]) -> Response:
        """`handle()`, or its first response. 409 while that is running, 422 where the request differs."""
        key = request.headers.get("idempotency-key", "")
        if not key or request.method != "POST":
            return handle()
        fingerprint = hashlib.sha256(request.path.encode() + b"\0" + request.body).digest()
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and time.monotonic() - entry.since > KEY_TTL:
                entry = None
            if entry is None:
                own = self._entries[key] = _Entry(fingerprint, time.monotonic())
        if entry is not None:
            return _replay(entry, fingerprint)
        try:
            response = handle()
        except BaseException:
            self._forget(key, own)
            raise
        if response.status in {0, 429} or not isinstance(response.body, bytes):
            self._forget(key, own)
        else:
            own.response = (response.status, response.body, response.content_type)
        return response

    def _forget(self, key: str, own: _Entry) -> None:
        with self._lock:
            if self._entries.get(key) is own:
                del self._entries[key]


def _replay(entry: _Entry, fingerprint: bytes) -> Response:
    if entry.fingerprint != fingerprint:
        return Response(
            422,
            error_body(422, "The Idempotency-Key was used before with another request body."),
        )
    if entry.response is None:
        return Response(
            409, error_body(409, "A request with this Idempotency-Key is still in progress.")
        )
    status, body, content_type = entry.response
    return Response(status, body, content_type)
