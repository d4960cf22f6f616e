"""Customers of several companies in the index, for tests of the search."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from customers.models import IndexedCompany
from sandbox import Sandbox
from tests.support.index import indexed

BEACON = {
    "id": "39",
    "customerName": "Beacon Printers",
    "emailAddress": "orders@beacon.example",
    "phone": "+44 1632 960318",
    "status": "Active",
    "addresses": [{"type": "Billing", "city": "Hull", "country": "GB"}],
}


def searched_companies(sandbox: Sandbox) -> dict[str, IndexedCompany]:
    """Two companies of the sandbox with customers, one that was never synced, and one whose copy is old."""
    harbour = indexed(
        sandbox.company("qbo"),
        BEACON,
        {"id": "40", "customerName": "Beacon Marine", "status": "Archived"},
        {"id": "41", "customerName": "Cedar Labs", "contactName": "Ada Beacon", "phone": "123456"},
        {"id": "a/b?c", "customerName": "Zürich <b>Bold</b> & Söhne"},
        name="Harbour Lights Ltd",
    )
    old = indexed(
        sandbox.company("sage"),
        {"id": "C00001", "customerName": "Beacon Street Café", "taxNumber": "GB123456789"},
        name="Northgate Dental",
        synced_at=timezone.now() - timedelta(days=600),
    )
    never = IndexedCompany.objects.create(
        company_id=sandbox.company("never_synced"),
        name="Quiet Company",
        state=IndexedCompany.State.NEVER_SYNCED,
    )
    return {"harbour": harbour, "old": old, "never": never}
