"""Reads a push operation, Codat's own record of a write. Any part of it may be missing or malformed."""

from typing import Any

from customers.codat.text import db_safe
from customers.codat.types import PushOperation, ValidationItem
from customers.models import Write

State = Write.State

# The column's length. Codat's keys are UUIDs, so a longer one is not valid.
MAX_KEY_LENGTH = 64
MAX_VALIDATION_ITEMS = 200


def operation_state(operation: PushOperation) -> Write.State:
    """An operation's status as a state of a write; an unknown status counts as pending."""
    return {
        "success": State.SUCCESS,
        "failed": State.FAILED,
        "timedout": State.TIMED_OUT,
    }.get(str(operation.get("status") or "").lower(), State.PENDING)


def operation_key(operation: PushOperation) -> str:
    """An operation's key, "" where it has no valid one."""
    key = operation.get("pushOperationKey")
    valid = isinstance(key, str) and len(key) <= MAX_KEY_LENGTH and db_safe(key) == key
    return str(key) if valid else ""


def operation_customer_id(operation: PushOperation) -> str:
    """The ID of the customer that an operation created or changed, "" where it names none (yet)."""
    changes: Any = operation.get("changes")
    for change in changes if isinstance(changes, list) else []:
        reference = change.get("recordRef") if isinstance(change, dict) else None
        if isinstance(reference, dict) and change.get("type") != "AttachmentUploaded":
            customer_id, kind = reference.get("id"), str(reference.get("dataType") or "customers")
            is_id = isinstance(customer_id, str) and db_safe(customer_id) == customer_id != ""
            if is_id and kind.lower().startswith("customer"):
                return str(customer_id)
    return ""


def status_code(value: object) -> int | None:
    """An HTTP status, None for anything else: Codat may send no number, or one that is too large for the column."""
    return value if isinstance(value, int) and 0 <= value < 1000 else None


def validation_items(items: Any) -> list[ValidationItem]:
    """Validation items, bounded; malformed ones are left out."""
    return [
        ValidationItem(
            itemId=db_safe(item.get("itemId"), 500),
            message=db_safe(item.get("message"), 2000),
            validatorName=db_safe(item.get("validatorName"), 200),
        )
        for item in (items if isinstance(items, list) else [])[:MAX_VALIDATION_ITEMS]
        if isinstance(item, dict)
    ]
