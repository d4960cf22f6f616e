"""Paths of Codat's API. An ID may hold anything: it becomes one percent-encoded segment."""

from __future__ import annotations

from urllib.parse import quote

from customers import scope
from customers.codat.errors import NotFound, UnaddressableId
from customers.codat.not_found import NO_COMPANY

# Characters of one encoded ID. Servers commonly limit a URL to 8 KiB; those of this API have at most two
# UUIDs and the IDs of a customer and an attachment.
MAX_SEGMENT = 2048


def api_segment(value: str) -> str:
    """An ID as exactly one segment of a path. `UnaddressableId` where that is impossible.

    "." and ".." have no safe encoding: every server reads "%2E%2E" as "..".
    """
    try:
        encoded = quote(value, safe="")
    except (UnicodeEncodeError, TypeError):
        raise UnaddressableId("an ID that is not text") from None
    if encoded in ("", ".", "..") or len(encoded) > MAX_SEGMENT:
        raise UnaddressableId(f"an ID of {len(encoded)} characters that cannot be a path segment")
    return encoded


def company(company_id: str) -> str:
    """One company. `NotFound` where it is outside the current scope, whether it exists or not: Codat is not asked."""
    if not scope.may_see(company_id):
        raise NotFound("a company outside the scope", sentence=NO_COMPANY, status=404)
    return f"/companies/{api_segment(company_id)}"


def connection(company_id: str, connection_id: str) -> str:
    """One connection of a company."""
    return f"{company(company_id)}/connections/{api_segment(connection_id)}"


def integration(integration_key: str) -> str:
    """One integration and what it supports."""
    return f"/integrations/{api_segment(integration_key)}"


def customers(company_id: str) -> str:
    """Codat's copy of a company's customers."""
    return f"{company(company_id)}/data/customers"


def customer(company_id: str, customer_id: str) -> str:
    """One customer in Codat's copy."""
    return f"{customers(company_id)}/{api_segment(customer_id)}"


def attachments(company_id: str, connection_id: str, customer_id: str) -> str:
    """A customer's attachments."""
    return f"{connection(company_id, connection_id)}/data/customers/{api_segment(customer_id)}/attachments"


def attachment(company_id: str, connection_id: str, customer_id: str, attachment_id: str) -> str:
    """One attachment."""
    return f"{attachments(company_id, connection_id, customer_id)}/{api_segment(attachment_id)}"


def push(company_id: str, connection_id: str) -> str:
    """Where new customers are sent."""
    return f"{connection(company_id, connection_id)}/push/customers"


def push_operation(company_id: str, push_operation_key: str) -> str:
    """One push operation."""
    return f"{company(company_id)}/push/{api_segment(push_operation_key)}"


def pull_operation(company_id: str, dataset_id: str) -> str:
    """One pull operation."""
    return f"{company(company_id)}/data/history/{api_segment(dataset_id)}"


def page_params(page: int, page_size: int, query: str, order_by: str) -> dict[str, object]:
    """The parameters of a paged list. ``query`` and ``order_by`` are in Codat's language."""
    return {"page": page, "pageSize": page_size, "query": query, "orderBy": order_by}
