"""The context of the banner above stale data: how old it is, why, and when the page retries."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from customers.codat.reading.snapshots import Snapshot
from customers.formatting import distance
from customers.web.error_pages import heading

# Seconds until such a page retries: long enough to read a line, and for the circuit breaker's probe.
RETRY_SECONDS = 15


def context(request: HttpRequest, *snapshots: Snapshot[Any]) -> dict[str, Any]:
    """`stale` for the macro `stale_banner` and base.html; {} where no snapshot is stale."""
    outdated = [(snapshot.read_at, snapshot.error) for snapshot in snapshots if snapshot.error]
    if not outdated:
        return {}
    read_at, error = min(outdated, key=lambda pair: pair[0])
    return {
        "stale": {
            "at": read_at,
            "ago": distance(read_at, datetime.now(UTC)),
            "heading": heading(error),
            "url": request.get_full_path(),
            "retry_seconds": max(error.retry_after or 0, RETRY_SECONDS),
        }
    }
