"""Keeps the companies of the index in step with those of the Codat account."""

from collections.abc import Callable

from django.conf import settings

from customers.codat.pages import position
from customers.codat.text import db_safe
from customers.codat.types import Company
from customers.codat.values import canonical_company_id
from customers.index import store
from customers.index.filling import Facts, facts_of
from customers.models import IndexedCompany
from customers.service import CustomerService

# Companies of one page, which is one call.
PAGE_SIZE = 500
# Pages: more than any account has.
MAX_PAGES = 200


def is_wanted() -> bool:
    """Whether there is an index, or one to drop."""
    return settings.INDEX_CUSTOMERS or IndexedCompany.objects.exists()


def look(service: CustomerService, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Read all companies. New ones come into the index, and those that differ from it are due; how many.

    That is what finds a change whose event was lost: another connection, a newer copy, a company that is gone. Where
    the setting says that there is no index, it is dropped. Raises CodatError.
    """
    if not settings.INDEX_CUSTOMERS:
        store.drop()
        return 0
    found = _read(service, should_stop)
    if found is None:
        return 0
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


def _read(service: CustomerService, should_stop: Callable[[], bool]) -> dict[str, Facts] | None:
    """All companies by ID; None where they could not all be read before the worker ends."""
    found: dict[str, Facts] = {}
    for page in range(1, MAX_PAGES + 1):
        if should_stop():
            return None
        results = service.list_companies(page=page, page_size=PAGE_SIZE, order_by="created")
        for company in results["results"]:
            company_id = _id_of(company)
            if company_id:
                found[company_id] = facts_of(company)
        if not position(results, page, PAGE_SIZE).has_next:
            break
    return found


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
