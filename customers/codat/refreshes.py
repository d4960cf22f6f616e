"""The status of a pull operation: how far it is, whether it ended, and whether it failed.

Source of the statuses: the documents of Codat's bulk sync API. An unknown status counts as running.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# The label or sentence on the screen for each status.
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
    "InternalError": "Codat returned an error.",
    "AuthError": (
        "The accounting software no longer accepts Codat’s access."
        " Ask the company to authorise the connection again."
    ),
    "PermissionsError": "The company’s authorisation does not include reading customers.",
    "RateLimitError": "The accounting software limits how often Codat may read. Try again later.",
    "PrerequisiteNotMet": "Codat needs other data first.",
    "Cancelled": "The sync was cancelled.",
    "NotSupported": "Codat cannot read customers from this accounting software.",
}


def has_failed(status: str) -> bool:
    """Whether a pull operation of this status ended without new data."""
    return status in FAILED or status.endswith("Error")


def has_ended(operation: Mapping[str, Any]) -> bool:
    """Whether a pull operation has ended, with or without success."""
    status = str(operation.get("status") or "")
    flagged = bool(operation.get("isCompleted") or operation.get("isErrored"))
    return flagged or status == "Complete" or has_failed(status)


def progress(operation: Mapping[str, Any]) -> int | None:
    """Percent, 0 to 100; None where unknown."""
    value = operation.get("progress")
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    # Limited before it is rounded, because JSON numbers are unbounded.
    return int(min(max(value, 0), 100))


def status_label(status: str) -> str:
    """The label or sentence for a status; the status itself where it is unknown."""
    return RUNNING.get(status) or FAILED.get(status) or status
