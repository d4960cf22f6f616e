"""Keeps the companies of the index in step with those of the Codat account."""

from collections.abc import Iterable

from django.conf import settings

from customers.codat.text import db_safe
from customers.codat.types import Company
from customers.codat.values import canonical_company_id
from customers.index import store
from customers.index.filling import Facts, facts_of
from customers.models import IndexedCompany


def compare(companies: Iterable[Company]) -> int:
    """Compare the index with all companies as Codat has them now; how many are new or differ, and so are due.

    That is what finds a change whose event was lost: another connection, a newer copy, a company that is gone.
    """
    if not settings.INDEX_CUSTOMERS:
        return 0
    found = {company_id: facts_of(each) for each in companies if (company_id := _id_of(each))}
    stored = {row.company_id: row for row in IndexedCompany.objects.all()}
    new = [
        IndexedCompany(company_id=company_id, name=facts.name)
        for company_id, facts in found.items()
        if company_id not in stored
    ]
    IndexedCompany.objects.bulk_create(new, ignore_conflicts=True)
    differing = [
        company_id
        for company_id, row in stored.items()
        # A company that is gone is due, too: its turn asks Codat for it before it leaves.
        if company_id not in found or _differs(row, found[company_id])
    ]
    IndexedCompany.objects.make_due(*differing)
    return len(new) + len(differing)


def drop_where_off() -> bool:
    """Empty the index where the setting says that there is none; whether it had something."""
    if settings.INDEX_CUSTOMERS or not IndexedCompany.objects.exists():
        return False
    store.drop()
    return True


def _id_of(company: Company) -> str:
    value = company.get("id")
    company_id = canonical_company_id(db_safe(value, 65)) if isinstance(value, str) else ""
    return company_id if len(company_id) <= 64 else ""


def _differs(row: IndexedCompany, facts: Facts) -> bool:
    if (facts.connection_id, facts.name) != (row.connection_id, row.name):
        return True
    if facts.synced_at is None or not row.connection_id:
        return False
    return row.last_sync is None or facts.synced_at > row.last_sync
