"""The index of customers, filled for tests without a worker."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from customers.index import records, store
from customers.models import IndexedCompany


def indexed(company_id: str, *customers: dict[str, Any], **more: Any) -> IndexedCompany:
    """A company whose index is complete, with these customers in Codat's shape."""
    now = timezone.now()
    defaults = {
        "name": f"Company {company_id}",
        "connection_id": f"{company_id}-connection",
        "state": IndexedCompany.State.COMPLETE,
        "synced_at": now,
        "filled_at": now,
    }
    source, _ = IndexedCompany.objects.update_or_create(
        company_id=company_id, defaults=defaults | more
    )
    store.put(source, [records.row(source, str(each["id"]), each) for each in customers])
    IndexedCompany.objects.filter(pk=source.pk).update(customers=source.rows.count())
    source.refresh_from_db()
    return source
