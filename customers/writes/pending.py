"""Changes that Codat's copy does not show yet."""

from collections.abc import Iterable
from typing import Any

import simplejson

from customers.models import Write
from customers.web import links
from customers.writes import diff


def apply_pending(
    record: dict[str, Any], updates: Iterable[Write]
) -> tuple[dict[str, Any], list[Write]]:
    """A customer as updates, in their order, will leave it, and those of them that make a difference.

    What an update sent as it had been read is no change of its own, unless an earlier one has changed that.
    """
    coming, touched, telling = dict(record), set[str](), []
    for write in updates:
        if not write.payload:
            continue
        sent = simplejson.loads(write.payload, use_decimal=True)
        before = simplejson.loads(write.before, use_decimal=True) if write.before else {}
        touched |= {name for name, value in sent.items() if before.get(name) != value}
        changed = {name: sent[name] for name in touched & sent.keys()}
        if any(coming.get(name) != value for name, value in changed.items()):
            telling.append(write)
        coming |= changed
    return coming, telling


def pending(company_id: str, customer_id: str | None = None) -> list[dict[str, Any]]:
    """The writes that Codat's copy does not show yet, for the list or for one customer's page."""
    if not Write.objects.has_pending(company_id):
        return []
    rows = Write.objects.pending(company_id, customer_id).order_by("-created_at")[:20]
    return [
        {
            "write": write,
            "url": links.write(company_id, write.pk),
            "changes": changes(write) if customer_id is not None else [],
        }
        for write in rows
    ]


def changes(write: Write) -> list[diff.Difference]:
    """What a write changes, leaf by leaf."""
    if not write.payload:
        return []
    payload = simplejson.loads(write.payload, use_decimal=True)
    before = simplejson.loads(write.before, use_decimal=True) if write.before else {}
    return diff.differences(before, payload)
