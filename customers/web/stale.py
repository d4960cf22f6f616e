"""What a page says where it shows what Codat said earlier, because it cannot be asked now."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from customers.formatting import distance
from customers.service import LastSeen
from customers.web.error_pages import heading

# Seconds until such a page asks again by itself: long enough to read a line, and to let the breaker try.
AGAIN = 15


def context(request: HttpRequest, *answers: object) -> dict[str, Any]:
    """`last_seen` for `components/_last_seen.html` and base.html: since when, why; {} where all is from now."""
    seen = [answer for answer in answers if isinstance(answer, LastSeen)]
    if not seen:
        return {}
    oldest = min(seen, key=lambda answer: answer.at)
    return {
        "last_seen": {
            "at": oldest.at,
            "ago": distance(oldest.at, datetime.now(UTC)),
            "heading": heading(oldest.trouble),
            "address": request.get_full_path(),
            "again": max(oldest.trouble.retry_after or 0, AGAIN),
        }
    }
