"""Changes that Codat's copy does not show yet."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from customers.codat.text import folded_name
from customers.models import Write
from customers.web import links
from customers.web.origins.list_origin import Origin, kept
from customers.writes import diff, sentences, tracking
from customers.writes.sending import SENDING_TIMEOUT

# Pending changes shown above a list or a customer; the change history has the others.
MAX_SHOWN = 20
# Digits of an ID.
_KEY_LENGTH = 8


def apply_pending(
    record: dict[str, Any], updates: Iterable[Write]
) -> tuple[dict[str, Any], list[Write]]:
    """A customer after its pending updates, in their order, and the updates that change something.

    An update sends every field. Its changes are the fields that differ from the record it was based on, and
    the fields that an earlier update has changed, since it overwrites them.
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
    record: dict[str, Any],
    company_id: str,
    customer_id: str,
    *,
    exclude_submission: uuid.UUID,
    read_at: datetime | None = None,
) -> tuple[dict[str, Any], list[Write]]:
    """A customer with its pending changes, and the writes that make them.

    A save that is based on Codat's copy alone would restore the old values. The save's own submission is left out.
    `read_at` is when the read of `record` began, where changes may have been read back since.
    """
    updates = Write.objects.pending(company_id, customer_id, read_at=read_at)
    updates = updates.filter(kind=Write.Kind.UPDATE).exclude(submission=exclude_submission)
    return apply_pending(record, updates.order_by("created_at"))


def being_sent(company_id: str, customer_id: str, *, exclude_submission: uuid.UUID) -> Write | None:
    """A change of a customer that another process is sending now, None if there is none.

    Until Codat has responded, a second change could overtake it. After `SENDING_TIMEOUT` the process is assumed dead.
    """
    limit = timezone.now() - SENDING_TIMEOUT
    rows = Write.objects.filter(
        company_id=company_id, customer_id=customer_id, state=Write.State.SENDING
    ).exclude(submission=exclude_submission)
    return rows.filter(Q(sent_at__gte=limit) | Q(sent_at=None, created_at__gte=limit)).first()


def same_name_writes(
    company_id: str,
    name: str,
    *,
    customer_id: str,
    exclude_submission: uuid.UUID,
    retry_of: Write | None = None,
    read_at: datetime | None = None,
) -> list[Write]:
    """The pending writes that set this name for another customer, newest first; [] for an empty name.

    Names are compared by `folded_name`. The save's own submission and customer, and the write that it retries, are
    left out. `read_at` as in `with_pending`.
    """
    folded = folded_name(name)
    if not folded:
        return []
    others = Write.objects.pending(company_id, read_at=read_at).exclude(
        submission=exclude_submission
    )
    if customer_id:
        others = others.exclude(customer_id=customer_id)
    if retry_of is not None:
        others = others.exclude(pk=retry_of.pk)
    names = others.values_list("pk", "customer_name")
    same = [pk for pk, other_name in names if folded_name(other_name) == folded]
    return list(Write.objects.filter(pk__in=same)) if same else []


def pending(company_id: str, customer_id: str = "", origin: Origin | None = None) -> dict[str, Any]:
    """The context of `writes/_pending.html`: the pending writes of a company, or of one customer.

    `pending` (write, url, status, changes) each, the changed fields only for one customer; `pending_url`, where the
    section is loaded again after `pending_seconds`, None where it is not. Its links keep the list (`origin`) that the
    customer's page was opened from.
    """
    rows = Write.objects.pending(company_id, customer_id or None).order_by("-created_at")
    # Mostly there are none: their IDs alone are a smaller query.
    ids = list(rows.values_list("pk", flat=True)[:MAX_SHOWN])
    shown = list(Write.objects.filter(pk__in=ids).order_by("-created_at")) if ids else []
    return {
        "pending": [
            {
                "write": write,
                "url": kept(links.write(company_id, write.pk), origin),
                "status": sentences.summary(write),
                "mark": sentences.mark(write),
                "changes": diff.changes(write) if customer_id else [],
            }
            for write in shown
        ],
        "pending_url": kept(links.pending(company_id, customer_id, shown=shown_key(shown)), origin),
        "pending_read_at": timezone.now(),
        "pending_seconds": tracking.shortest_interval(shown),
    }


def shown_key(writes: Iterable[Write]) -> str:
    """The beginnings of the IDs of writes, for an address: enough to see that one is no longer among the pending."""
    return ",".join(sorted(write.pk.hex[:_KEY_LENGTH] for write in writes))


def has_ended(shown: str, writes: Iterable[Write]) -> bool:
    """Whether a write that a page shows as pending is not among these any more. `shown` is a `shown_key`."""
    keys = {key for key in shown.split(",") if len(key) == _KEY_LENGTH}
    return bool(keys - {write.pk.hex[:_KEY_LENGTH] for write in writes})
