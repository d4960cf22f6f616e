"""Whether the process lives, and whether what it needs answers. For load balancers: nobody signs in here."""

from __future__ import annotations

import threading
import time

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from customers.codat import cache
from customers.codat.call_context import deadline
from customers.codat.errors import CodatError, Reserved
from customers.codat.quota import background
from customers.service import default_service

# Seconds for which what was found out about Codat holds, and that it may take to find out.
HOLDS, PATIENCE = 15, 3.0
_KEY = "readyz-codat"

_asking = threading.Lock()
# For a day on which the cache is away: when Codat was asked, and whether it answered.
_asked: tuple[float, bool] = (0.0, False)


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 and `ok` while the process answers; asks nothing of anybody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether database, cache and Codat answer: 200 where all do, else 503."""
    found = {"database": _database(), "cache": cache.works(), "codat": _codat()}
    words = {name: "ok" if answers else "no answer" for name, answers in found.items()}
    response = JsonResponse(words, status=200 if all(found.values()) else 503)
    response["Cache-Control"] = "no-store"
    return response


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _codat() -> bool:
    """Whether Codat answered within the last seconds, asked by one process and one thread for all."""
    global _asked  # noqa: PLW0603  what the cache would keep
    with _asking:
        kept = cache.get_many([_KEY])
        told = _asked if kept is None else kept.get(_KEY)
        if told is not None and time.time() - told[0] < HOLDS:
            return bool(told[1])
        try:
            with deadline(PATIENCE), background():
                default_service().ping()
            answers = True
        except Reserved:
            # The quota is known because Codat has answered; the rest of it is for people.
            answers = True
        except CodatError:
            answers = False
        _asked = (time.time(), answers)
        cache.put(_KEY, _asked, HOLDS)
        return answers
