"""The context of the banner above stale data: how old it is, why, and when the page retries."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from customers.codat.snapshots import Snapshot
from customers.formatting import distance
from customers.web.error_pages import heading

# Seconds until such a page retries: long enough to read a line, and for the circuit breaker's probe.
AGAIN = 15


def context(request: HttpRequest, *snapshots: Snapshot[Any]) -> dict[str, Any]:
    """`last_seen` for `components/_last_seen.html` and base.html, {} where no snapshot is stale."""
    stale = [(snapshot.read_at, snapshot.error) for snapshot in snapshots if snapshot.error]
    if not stale:
        return {}
    read_at, error = min(stale, key=lambda pair: pair[0])
    return {
        "last_seen": {
            "at": read_at,
            "ago": distance(read_at, datetime.now(UTC)),
            "heading": heading(error),
            "address": request.get_full_path(),
            "again": max(error.retry_after or 0, AGAIN),
        }
    }
