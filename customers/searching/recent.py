"""What a person opened last, as far as it still exists: shown while nothing is typed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress

from django.db.models import Q

from customers.formatting import text_or_dash
from customers.models import Batch, IndexedCompany, IndexedCustomer
from customers.searching.entries import Entry, Part, Reason
from customers.searching.found_customers import company_name
from customers.searching.places import Company, company_entry
from customers.service import default_service
from customers.web import links
from customers.web.reader import Reader, RecentRecord


def recent_entries(reader: Reader, *, may_write: bool) -> list[Entry]:
    """The reader's recent records with their names now. What no longer exists is left out. No calls to Codat."""
    records = reader.recent_records
    names = {one.company_id: one.name for one in reader.recent_companies if one.name}
    names |= _company_names(records)
    customers, batches = _customers(records), _batches(records)
    entries = []
    for record in records:
        entry: Entry | None = None
        if record.kind == "customer":
            name = customers.get((record.company_id, record.record_id), "")
            entry = _customer(record, name, names, may_write=may_write) if name else None
        elif record.kind == "batch":
            batch = batches.get(record.record_id)
            entry = _batch(batch) if batch and batch.company_id == record.company_id else None
        elif record.company_id in names:
            entry = company_entry(Company(record.company_id, names[record.company_id]))
        if entry is not None:
            entries.append(entry)
    return entries


def _company_names(records: Iterable[RecentRecord]) -> dict[str, str]:
    ids = {record.company_id for record in records}
    found = IndexedCompany.objects.filter(company_id__in=ids)
    return {company.company_id: company_name(company) for company in found}


def _customers(records: Iterable[RecentRecord]) -> dict[tuple[str, str], str]:
    """The names of customers: from the index, else from what was read of Codat a short time ago."""
    wanted = [
        (record.company_id, record.record_id) for record in records if record.kind == "customer"
    ]
    if not wanted:
        return {}
    condition = Q()
    for company_id, customer_id in wanted:
        condition |= Q(source__company_id=company_id, customer_id=customer_id)
    rows = IndexedCustomer.objects.filter(condition)
    found = {
        (company_id, customer_id): name or f"Customer {customer_id}"
        for company_id, customer_id, name in rows.values_list(
            "source__company_id", "customer_id", "name"
        )
    }
    complete = IndexedCompany.objects.filter(
        state=IndexedCompany.State.COMPLETE, company_id__in={one for one, _ in wanted}
    )
    indexed = set(complete.values_list("company_id", flat=True))
    snapshots = default_service().snapshots
    for company_id, customer_id in wanted:
        # The index has all customers of such a company: this one is gone.
        if (company_id, customer_id) in found or company_id in indexed:
            continue
        cached = snapshots.cached_customer(company_id=company_id, customer_id=customer_id)
        if cached is not None:
            found[company_id, customer_id] = text_or_dash(cached.data.get("customerName"))
    return found


def _batches(records: Iterable[RecentRecord]) -> dict[str, Batch]:
    keys = []
    for record in records:
        if record.kind == "batch":
            with suppress(ValueError):
                keys.append(uuid.UUID(record.record_id))
    return {str(key): batch for key, batch in Batch.objects.in_bulk(keys).items()} if keys else {}


def _customer(
    record: RecentRecord, name: str, names: Mapping[str, str], *, may_write: bool
) -> Entry | None:
    if not links.is_addressable(record.record_id):
        return None
    company = names.get(record.company_id, "")
    return Entry(
        url=links.customer(record.company_id, record.record_id),
        title=(Part(name),),
        mark=(record.company_id, company or record.company_id),
        aside=company,
        edit_url=links.edit(record.company_id, record.record_id) if may_write else "",
    )


def _batch(batch: Batch) -> Entry:
    return Entry(
        url=links.batch(batch.company_id, batch.pk),
        title=(Part(batch.title),),
        details=(Reason("", (Part(f"Batch · {batch.get_state_display()}"),)),),
        icon="square-3-stack-3d",
        aside=batch.company_name,
    )
