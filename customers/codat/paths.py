"""Paths of Codat's API. Each id is one percent-encoded segment and may hold anything."""

from __future__ import annotations

from customers.codat.request import segment


def company(company_id: str) -> str:
    """One company."""
    return f"/companies/{segment(company_id)}"


def connection(company_id: str, connection_id: str) -> str:
    """One connection of a company."""
    return f"{company(company_id)}/connections/{segment(connection_id)}"


def customers(company_id: str) -> str:
    """Codat's copy of a company's customers."""
    return f"{company(company_id)}/data/customers"


def attachments(company_id: str, connection_id: str, customer_id: str) -> str:
    """A customer's attachments."""
    customer = f"{connection(company_id, connection_id)}/data/customers/{segment(customer_id)}"
    return f"{customer}/attachments"


def page_params(page: int, page_size: int, query: str, order_by: str) -> dict[str, object]:
    """The parameters of a paged list. ``query`` and ``order_by`` are in Codat's language."""
    return {"page": page, "pageSize": page_size, "query": query, "orderBy": order_by}
