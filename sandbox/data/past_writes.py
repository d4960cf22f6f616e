"""Codat's history of writes before the sandbox began: finished push operations of the last days.

Only two companies have one. It is for people who look at the history: tests begin without.
"""

# ruff: noqa: S311  (not for cryptography; they must be repeatable)

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from . import dates
from .companies import Plan

COMPANIES = ("xero", "qbo")
_CODES = {"Success": 200, "Failed": 400, "TimedOut": 408}
_NAME_TAKEN = {
    "itemId": "CustomerName",
    "message": "The name is already used by another customer, supplier or employee.",
    "validatorName": "DuplicateNameValidator",
}


@dataclass(frozen=True)
class _Past:
    """One write: how long before the sandbox began, how long it took, and how it ended."""

    age: timedelta
    seconds: float
    status: str = "Success"
    change: str = "Modified"


_PAST = (
    _Past(timedelta(days=9, hours=3), 4.2),
    _Past(timedelta(days=6, hours=7), 3.1, change="Created"),
    _Past(timedelta(days=6, hours=6), 900.0, "TimedOut"),
    _Past(timedelta(days=4, hours=2), 5.8),
    _Past(timedelta(days=2, hours=5), 2.4, "Failed"),
    _Past(timedelta(days=2, hours=5) - timedelta(minutes=3), 3.3, change="Created"),
    _Past(timedelta(days=1, hours=1), 6.0),
    _Past(timedelta(hours=5), 2.9),
    _Past(timedelta(minutes=47), 3.6),
)


def operations(
    plan: Plan, customer_ids: Sequence[str], shift: timedelta = timedelta()
) -> list[dict[str, Any]]:
    """The push operations of a company, oldest first; none for most companies."""
    if plan.key not in COMPANIES:
        return []
    random = Random(f"{plan.key}:past")
    # The companies' histories are not the same to the minute.
    offset = shift - timedelta(minutes=random.randrange(30))
    return [_operation(plan, past, random.choice(customer_ids), random, offset) for past in _PAST]


def _operation(
    plan: Plan, past: _Past, customer_id: str, random: Random, shift: timedelta
) -> dict[str, Any]:
    requested = dates.REFERENCE + shift - past.age
    failed = past.status == "Failed"
    change = {
        "type": past.change,
        "recordRef": {"id": customer_id, "dataType": "customers"},
        "attachmentId": None,
    }
    return {
        "changes": [change] if past.status == "Success" else None,
        "dataType": "customers",
        "companyId": plan.id,
        "pushOperationKey": str(uuid.UUID(int=random.getrandbits(128), version=4)),
        "dataConnectionKey": plan.connection_id(0),
        "requestedOnUtc": dates.stamp(requested),
        "completedOnUtc": dates.stamp(requested + timedelta(seconds=past.seconds)),
        "timeoutInMinutes": 15 if past.status == "TimedOut" else None,
        "timeoutInSeconds": 900 if past.status == "TimedOut" else None,
        "status": past.status,
        "errorMessage": f"Validation error: {_NAME_TAKEN['message']}" if failed else None,
        "validation": {"errors": [_NAME_TAKEN] if failed else [], "warnings": []},
        "statusCode": _CODES[past.status],
    }
