"""The hash of an entry: SHA-256 of its fields and of the hash before it. Pure."""

import hashlib
import json
from datetime import UTC

from customers.models.audit import AuditEntry

# What a change of would be found. The order is part of the format.
FIELDS = (
    "chain", "number", "kind", "user_id", "user_name", "address", "request_id", "correlation_id", "company_id",
    "customer_id", "subject", "detail",
)  # fmt: skip


def digest(entry: AuditEntry) -> str:
    """The hash of a numbered entry as 64 hexadecimal digits.

    Of the JSON list (UTF-8, no blanks, keys in order) of the previous hash, the time in UTC with microseconds, and
    `FIELDS`; so the lines of an exported file can be verified without the dashboard.
    """
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    values = [entry.previous_hash, at, *(getattr(entry, name) for name in FIELDS)]
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
