"""The dashboard whose list page uses Codat's own SDK instead of the dashboard's client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from codat_accounting import CodatAccounting
from codat_accounting.models import operations, shared
from django.conf import settings

from codatdash.wsgi import application
from customers.codat.http.auth import authorization
from customers.codat.reading.snapshots import Snapshot, SnapshotReader
from customers.codat.types import CustomersPage

__all__ = ["application"]

sdk = CodatAccounting(
    security=shared.Security(auth_header=str(authorization(settings.CODAT_API_KEY))),
    server_url=settings.CODAT_BASE_URL,
)


def record(customer: shared.Customer) -> dict[str, Any]:
    """The fields that the list shows, under Codat's own names."""
    return {
        "id": customer.id,
        "customerName": customer.customer_name,
        "contactName": customer.contact_name,
        "emailAddress": customer.email_address,
        "phone": customer.phone,
        "addresses": [
            {"type": address.type.value, "city": address.city, "country": address.country}
            for address in customer.addresses or []
        ],
        "defaultCurrency": customer.default_currency,
        "status": customer.status.value,
        "sourceModifiedDate": customer.source_modified_date,
        "metadata": {"isDeleted": bool(customer.metadata and customer.metadata.is_deleted)},
    }


def list_with_sdk(
    _: SnapshotReader,
    *,
    company_id: str,
    page: int = 1,
    page_size: int = 100,
    query: str = "",
    order_by: str = "",
    stale_if_error: bool = True,
) -> Snapshot[CustomersPage]:
    """`SnapshotReader.list`, over the SDK."""
    response = sdk.customers.list(
        request=operations.ListCustomersRequest(
            company_id=company_id, page=page, page_size=page_size, query=query, order_by=order_by
        )
    )
    assert response is not None
    results = [record(customer) for customer in response.results or []]
    listed = cast(CustomersPage, {"results": results, "totalResults": response.total_results})
    return Snapshot(listed, datetime.now(UTC))


SnapshotReader.list = list_with_sdk  # type: ignore[assignment, method-assign]  # this is what is measured
