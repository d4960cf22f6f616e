"""`/readyz`: whether database, cache and Codat respond, and when a worker was seen. For load balancers; no sign-in."""

from __future__ import annotations

import contextvars
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Generic, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.codat import cache
from customers.codat.errors import CodatError, Reserved
from customers.codat.http.call_context import deadline
from customers.codat.http.quota import background
from customers.service import default_service
from customers.writes.leases import last_worked

T = TypeVar("T")

# Seconds for which the result about Codat, and about the database, is used again.
CODAT_TTL, DATABASE_TTL = 15, 5
# Seconds that a check of Codat, and all checks together, may take.
CODAT_TIMEOUT, TOTAL_TIMEOUT = 3.0, 4.0
_CODAT_KEY = "readyz-codat"
# The key of no browser's session: it is too short for one.
_SESSION_KEY = "readyz"

# One thread for each check: one that does not end delays neither the others nor the response.
_threads = ThreadPoolExecutor(3, thread_name_prefix="readyz")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether database, cache and Codat respond: 200 where all do, else 503. Takes at most `TOTAL_TIMEOUT` seconds.

    It also tells when a worker was seen: pages do without one, so that is no reason for a 503.
    """
    end = time.monotonic() + TOTAL_TIMEOUT
    checks = {"database": _database, "cache": cache.works, "codat": _codat}
    running = {
        name: _threads.submit(contextvars.copy_context().run, check)
        for name, check in checks.items()
    }
    results = {name: _result(future, end) for name, future in running.items()}
    body = {name: "ok" if works else "no answer" for name, works in results.items()}
    body["worker"] = _worker()
    response = JsonResponse(body, status=200 if all(results.values()) else 503)
    response["Cache-Control"] = "no-store"
    return response


def _result(future: Future[bool], end: float) -> bool:
    try:
        return future.result(max(end - time.monotonic(), 0))
    except TimeoutError:
        future.cancel()
        return False


class RecentResult(Generic[T]):
    """The latest result of a check, for as long as it is used again."""

    def __init__(self, seconds: float) -> None:
        self.lock = threading.Lock()
        self._seconds = seconds
        self._result: tuple[float, T] | None = None

    def get(self) -> T | None:
        """The result; None where there is none that is recent."""
        if self._result is None or time.monotonic() - self._result[0] > self._seconds:
            return None
        return self._result[1]

    def put(self, result: T) -> T:
        """Store a result and return it."""
        self._result = (time.monotonic(), result)
        return result

    def clear(self) -> None:
        """Delete the result."""
        self._result = None


database_result = RecentResult[bool](DATABASE_TTL)
# When a worker was last seen; None within the list for never.
worker_result = RecentResult[list[datetime | None]](2 * DATABASE_TTL)
# Used while the shared cache is unavailable.
codat_result = RecentResult[bool](CODAT_TTL)


def _database() -> bool:
    """Whether the database commits a write. A transaction that is rolled back would not notice a full disk.

    Also reads when a worker was last seen.
    """
    with database_result.lock:
        recent = database_result.get()
        if recent is not None:
            return recent
        try:
            # An unused session: the same row every time.
            Session.objects.update_or_create(
                session_key=_SESSION_KEY,
                defaults={"session_data": "", "expire_date": timezone.now()},
            )
            worker_result.put([last_worked()])
            works = True
        except DatabaseError:
            works = False
        finally:
            connection.close()
        return database_result.put(works)


def _worker() -> str:
    """When a worker was last seen, as the check of the database found it."""
    found = worker_result.get()
    if found is None:
        return "not known"
    [seen] = found
    if seen is None:
        return "none"
    return f"seen {max(round((timezone.now() - seen).total_seconds()), 0)} s ago"


def _codat() -> bool:
    """Whether Codat responded within the last seconds. One thread of one process makes the call for all."""
    with codat_result.lock:
        cached = cache.get_many([_CODAT_KEY])
        recent = codat_result.get() if cached is None else cached.get(_CODAT_KEY)
        if isinstance(recent, bool):
            return recent
        try:
            with deadline(CODAT_TIMEOUT), background():
                default_service().ping()
            responds = True
        except Reserved:
            # The quota is known from a response of Codat's, so Codat responds; the reserve is left to people.
            responds = True
        except CodatError:
            responds = False
        cache.put(_CODAT_KEY, responds, CODAT_TTL)
        return codat_result.put(responds)
