"""Changes that Codat's copy does not show yet."""

import uuid
from collections.abc import Iterable
from typing import Any

from customers.models import Write
from customers.web import links
from customers.writes import diff, sentences

# Pending changes shown above a list or a customer; the change history has the others.
MAX_SHOWN = 20


def apply_pending(
    record: dict[str, Any], updates: Iterable[Write]
) -> tuple[dict[str, Any], list[Write]]:
    """A customer after pending updates, applied in their order, and those of them that make a difference.

    An update sends every field. Only those that differ from the record it was based on are its changes,
    and those that an earlier update has changed, since it overwrites them.
    """
    result, changed_names, effective = dict(record), set[str](), []
    for write in updates:
        sent, before = write.sent_values, write.values_before
        changed_names |= {name for name, value in sent.items() if before.get(name) != value}
        changed = {name: sent[name] for name in changed_names & sent.keys()}
        if any(result.get(name) != value for name, value in changed.items()):
            effective.append(write)
        result |= changed
    return result, effective


def with_pending(
    record: dict[str, Any], company_id: str, customer_id: str, *, exclude_submission: uuid.UUID
) -> tuple[dict[str, Any], list[Write]]:
    """A customer with the changes that Codat's copy does not show yet, and the writes that make them.

    A save that went by the copy alone would put the old values back. The save's own submission is left out.
    """
    if not Write.objects.has_pending(company_id):
        return record, []
    updates = Write.objects.pending(company_id, customer_id).filter(kind=Write.Kind.UPDATE)
    return apply_pending(
        record, updates.exclude(submission=exclude_submission).order_by("created_at")
    )


def same_name_create(
    company_id: str, name: str, *, exclude_submission: uuid.UUID, retry_of: Write | None = None
) -> Write | None:
    """The newest pending write that creates a customer of this name (in any case), None if there is none.

    The save's own submission and the write that it retries are left out. An empty name is never a duplicate.
    """
    if not name or not Write.objects.has_pending(company_id):
        return None
    others = Write.objects.pending(company_id).exclude(submission=exclude_submission)
    if retry_of is not None:
        others = others.exclude(pk=retry_of.pk)
    return others.filter(kind=Write.Kind.CREATE, customer_name__iexact=name).first()


def pending(company_id: str, customer_id: str | None = None) -> list[dict[str, Any]]:
    """The context of `writes/_pending.html`: the pending writes of a company, or of one customer.

    The changed fields are only given for one customer.
    """
    if not Write.objects.has_pending(company_id):
        return []
    rows = Write.objects.pending(company_id, customer_id).order_by("-created_at")[:MAX_SHOWN]
    return [
        {
            "write": write,
            "url": links.write(company_id, write.pk),
            "status": sentences.summary(write),
            "changes": diff.changes(write) if customer_id is not None else [],
        }
        for write in rows
    ]
