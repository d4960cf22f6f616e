"""The rows of the list of customers."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from customers.formatting import day, text_or_dash
from customers.web import links

# field, heading; in the order of the cells.
COLUMNS = (
    ("customerName", "Name"),
    ("id", "ID"),
    ("contactName", "Contact"),
    ("emailAddress", "Email"),
    ("phone", "Phone"),
    ("defaultCurrency", "Currency"),
    ("status", "Status"),
    ("sourceModifiedDate", "Changed"),
)


class CustomerRow(NamedTuple):
    """The texts of a row; a dash for what the record does not have.

    A tuple, because the template unpacks it: that takes half the time of an attribute for each cell, and a page has
    up to 5,000 rows. `url` is "" where the id cannot be a segment of an address.
    """

    url: str
    name: str
    id: str
    contact: str
    email: str
    phone: str
    currency: str
    status: str
    is_deleted: bool
    changed: str


def is_deleted(customer: Mapping[str, Any]) -> bool:
    """Whether the record was deleted in the accounting software; the flag is often missing."""
    metadata = customer.get("metadata")
    return isinstance(metadata, dict) and metadata.get("isDeleted") is True


def customer_rows(
    customers: Sequence[Mapping[str, Any]], company_id: str, suffix: str = ""
) -> list[CustomerRow]:
    """Rows for customers, each with the address of its page.

    `suffix` is the query string of these addresses, or "".
    """
    base = links.customers(company_id)
    return [_row(customer, base, suffix) for customer in customers]


def _row(customer: Mapping[str, Any], base: str, suffix: str) -> CustomerRow:
    record_id = customer.get("id")
    return CustomerRow(
        url=f"{base}{links.url_segment(record_id)}/{suffix}"
        if links.is_addressable(record_id)
        else "",
        name=text_or_dash(customer.get("customerName")),
        id=text_or_dash(record_id),
        contact=text_or_dash(customer.get("contactName")),
        email=text_or_dash(customer.get("emailAddress")),
        phone=text_or_dash(customer.get("phone")),
        currency=text_or_dash(customer.get("defaultCurrency")),
        status=text_or_dash(customer.get("status")),
        is_deleted=is_deleted(customer),
        changed=day(customer.get("sourceModifiedDate")),
    )
