"""A pull operation, which is a refresh of Codat's copy, as Codat tells of it: how far it is, whether and how it ended.

Its statuses are in the documents of Codat's bulk sync API; one that has been added since counts as running.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# What people read of a status.
RUNNING = {
    "Initial": "Starting",
    "Queued": "Queued",
    "Fetching": "Reading from the accounting software",
    "MapQueued": "Waiting to be processed",
    "Mapping": "Processing",
    "ValidationQueued": "Waiting to be checked",
    "Validating": "Checking",
    "ProcessingQueued": "Waiting to be stored",
    "Processing": "Storing",
}
FAILED = {
    "FetchError": "Codat could not read from the accounting software.",
    "MapError": "Codat could not process what it read.",
    "ValidationError": "The data that Codat read failed its checks.",
    "ProcessingError": "Codat could not store what it read.",
    "InternalError": "Codat had a problem on its side.",
    "AuthError": "The accounting software no longer accepts Codat’s access. Ask the company to reconnect it.",
    "PermissionsError": "The company’s authorisation does not include reading customers.",
    "RateLimitError": "The accounting software limits how often Codat may read. Try again later.",
    "PrerequisiteNotMet": "Codat needs other data first.",
    "Cancelled": "The sync was cancelled.",
    "NotSupported": "Codat cannot read customers from this accounting software.",
}


def has_failed(status: str) -> bool:
    """Whether a pull of this status ended without bringing anything."""
    return status in FAILED or status.endswith("Error")


def has_ended(pull: Mapping[str, Any]) -> bool:
    """Whether a pull is over, well or badly."""
    status = str(pull.get("status") or "")
    over = bool(pull.get("isCompleted") or pull.get("isErrored"))
    return over or status == "Complete" or has_failed(status)


def progress(pull: Mapping[str, Any]) -> int | None:
    """Percent, 0 to 100; None where it is not told."""
    value = pull.get("progress")
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    # Compared before it is made whole: it may be beyond any number.
    return int(min(max(value, 0), 100))


def status_label(status: str) -> str:
    """What people read of a status; the status itself where there are no words for it."""
    return RUNNING.get(status) or FAILED.get(status) or status
