"""The addresses of the forms of customers."""

import uuid
from urllib.parse import urlencode

from customers.web.links.browsing_pages import customer, customers


def new(company_id: str) -> str:
    """The form for a new customer."""
    return f"{customers(company_id)}new/"


def edit(company_id: str, customer_id: str) -> str:
    """The form of one customer."""
    return f"{customer(company_id, customer_id)}edit/"


def field(company_id: str, customer_id: str) -> str:
    """One field of a customer, `?path=`, to be edited in its place on the page."""
    return f"{customer(company_id, customer_id)}field/"


def form(company_id: str, customer_id: str) -> str:
    """The form of a customer; `customer_id` "" for a new one."""
    return edit(company_id, customer_id) if customer_id else new(company_id)


def draft(company_id: str, customer_id: str) -> str:
    """Saves a form's draft (POST); `customer_id` "" for a new customer."""
    return f"{form(company_id, customer_id)}draft/"


def continued_draft(
    company_id: str, customer_id: str, connection_id: str, submission: uuid.UUID
) -> str:
    """The form that continues a draft."""
    query = {"connection": connection_id, "draft": str(submission)}
    return f"{form(company_id, customer_id)}?{urlencode(query)}"


def fix(company_id: str, customer_id: str, write_id: uuid.UUID | str) -> str:
    """The form with the values of a write that was refused."""
    return f"{form(company_id, customer_id)}?{urlencode({'write': write_id})}"


def revert(company_id: str, customer_id: str, connection_id: str, write_id: uuid.UUID | str) -> str:
    """The form with the values from before a write."""
    query = {"connection": connection_id, "revert": write_id}
    return f"{form(company_id, customer_id)}?{urlencode(query)}"
