"""The index of customers, filled for tests without a worker."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from customers.codat.text import single_line
from customers.home import reading
from customers.index import filling, records, store
from customers.models import IndexedCompany, IndexedCustomer
from customers.service import CustomerService, default_service
from customers.web import links
from sandbox import Sandbox


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


def fill(service: CustomerService | None = None) -> int:
    """Have the index read all that is due, as the worker does; how many turns that took."""
    service, turns = service or default_service(), 0
    while companies := filling.due_companies():
        for source in companies:
            filling.take_turn(source, service)
            turns += 1
        assert turns < 1000, "the index does not end"
    return turns


def indexed_company(sandbox: Sandbox, key: str) -> IndexedCompany:
    """One company in the index, read."""
    source = IndexedCompany.objects.create(company_id=sandbox.company(key))
    fill()
    source.refresh_from_db()
    sandbox.clear_calls()
    return source


def sweep(service: CustomerService | None = None) -> None:
    """Compare all companies with those of Codat, then read what is due."""
    look(service)
    fill(service)


def look(service: CustomerService | None = None) -> None:
    """Compare all companies with those of Codat, as a chore does."""
    reading.read_all(service or default_service(), lambda: False)


def shown(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    """What the index ought to have: by company, the names of customers by their ID."""
    found = {}
    for company in sandbox.world.companies():
        if company.accounting is not None and company.synced:
            found[company.plan.id] = {
                customer_id: single_line(str(record.get("customerName") or "")[: records.MAX_VALUE])
                for customer_id, record in company.copy.items()
                if links.is_addressable(customer_id)
            }
    return found


def stored() -> dict[str, dict[str, str]]:
    """What the index has."""
    found: dict[str, dict[str, str]] = {
        row.company_id: {}
        for row in IndexedCompany.objects.filter(state=IndexedCompany.State.COMPLETE)
    }
    rows = IndexedCustomer.objects.values_list("source__company_id", "customer_id", "name")
    for company_id, customer_id, name in rows:
        found.setdefault(company_id, {})[customer_id] = name
    return found
