"""What of a customer has changed since a write was saved: a record that has moved is not what somebody approved."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from customers.models import Write
from customers.writes.diff import FieldChange, changed_fields
from customers.writes.showing.effects import earlier_writes, values_before
from customers.writes.showing.pending import with_pending

# Times that Codat keeps of its own copy: they change without a change of the customer.
_NOT_VALUES = ("modifiedDate", "sourceModifiedDate", "metadata")


def moved(write: Write, record: dict[str, Any], read_at: datetime) -> list[FieldChange]:
    """The fields of a customer that differ from what the author of an update saw; [] for a new customer.

    `record` is the customer as it was read since `read_at`. Changes that are pending now count, and those that were
    pending then do.
    """
    if write.kind == Write.Kind.CREATE:
        return []
    seen = values_before(write, earlier_writes(write))
    now, _ = with_pending(
        record,
        write.company_id,
        write.customer_id,
        exclude_submission=write.submission,
        read_at=read_at,
    )
    found = list[FieldChange]()
    for name in dict.fromkeys([*now, *seen]):
        if name not in _NOT_VALUES and seen.get(name) != now.get(name):
            found += _changes(name, seen, now)
    return found


def is_deleted(record: Mapping[str, Any]) -> bool:
    """Whether a customer was deleted in the accounting software."""
    metadata = record.get("metadata")
    return isinstance(metadata, dict) and metadata.get("isDeleted") is True


def _changes(name: str, seen: Mapping[str, Any], now: Mapping[str, Any]) -> list[FieldChange]:
    """The fields below one property. What is only missing now is found from the other side."""
    found = changed_fields({name: seen.get(name)}, {name: now.get(name)})
    gone = changed_fields({name: now.get(name)}, {name: seen.get(name)})
    known = {change.keys for change in found}
    found += [
        FieldChange(change.keys, change.label, change.new, change.old)
        for change in gone
        if change.keys not in known
    ]
    return found
