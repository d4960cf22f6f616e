"""The facts of a write that Codat's support needs."""

from datetime import UTC, datetime

from customers.models import Write


def support_bundle(write: Write) -> str:
    """The facts for Codat's support, as text: IDs, codes and times, without personal data."""
    facts = {
        "Company": write.company_id,
        "Connection": write.connection_id,
        "Operation": f"{write.kind} customers",
        "Push operation": write.push_operation_key,
        "Correlation ID": write.correlation_id,
        "Idempotency key": write.idempotency_key if write.kind == Write.Kind.CREATE else "",
        "State": write.state,
        "Status code": write.status_code,
        "Asked for (UTC)": _stamp(write.created_at),
        "Sent (UTC)": _stamp(write.sent_at),
        "Attempts": write.attempts,
        "Finished (UTC)": _stamp(write.completed_at),
    }
    return "\n".join(f"{name}: {value or '-'}" for name, value in facts.items())


def _stamp(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
