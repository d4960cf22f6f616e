"""Customers that already have the name that a save sets: in Codat's copy, and in pending changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from customers.codat.errors import BadRequest, CodatError, InvalidResponse, NotFound, NotSynced
from customers.codat.query import similar_names
from customers.codat.text import folded_name
from customers.editing.edit import Edit
from customers.models import Write
from customers.service import CustomerService
from customers.writes.pending import same_name_writes

# Customers with a similar name that are compared: one page, so one call.
_PAGE_SIZE = 500

# Errors of the search that say nothing about whether Codat would accept the save.
_NOT_SEARCHABLE = (NotSynced, NotFound, BadRequest, InvalidResponse)

# The key that a person acknowledges where the copy could not be searched.
NOT_SEARCHED = "unsearched"


@dataclass(frozen=True, slots=True)
class SameNameCustomer:
    """A customer of the name: in Codat's copy (`write` is None), or in a pending change.

    `key` identifies it in `Edit.acknowledged`.
    """

    key: str
    name: str
    customer_id: str = ""
    write: Write | None = None


@dataclass(frozen=True, slots=True)
class CopySearch:
    """The customers of the name in Codat's copy; `error` where it could not be searched."""

    customers: tuple[SameNameCustomer, ...] = ()
    error: CodatError | None = None


def search_copy(edit: Edit, service: CustomerService) -> CopySearch:
    """The other customers in Codat's copy that have the new name of an edit. Makes at most one call.

    Raises CodatError where Codat is unavailable or refuses the dashboard, since the save would fail too.
    """
    folded, query = folded_name(edit.new_name), similar_names(edit.new_name)
    if not query:
        return CopySearch()
    try:
        page = service.list(
            company_id=edit.target.company_id,
            page_size=_PAGE_SIZE,
            query=f"{query}&&metadata.isDeleted!=true",
            order_by="customerName",
        )
    except _NOT_SEARCHABLE as error:
        return CopySearch(error=error)
    same = []
    for customer in page["results"]:
        customer_id, name = str(customer.get("id") or ""), str(customer.get("customerName") or "")
        if customer_id != edit.target.customer_id and folded_name(name) == folded:
            key = f"customer:{quote(customer_id, safe='')}"
            same.append(SameNameCustomer(key, name, customer_id))
    return CopySearch(tuple(same))


def pending_customers(edit: Edit, read_at: datetime) -> list[SameNameCustomer]:
    """The pending changes that give the new name of an edit to another customer, newest first."""
    writes = same_name_writes(
        edit.target.company_id,
        edit.new_name,
        customer_id=edit.target.customer_id,
        exclude_submission=edit.submission,
        retry_of=edit.retry_of,
        read_at=read_at,
    )
    return [
        SameNameCustomer(str(write.pk), write.customer_name, write.customer_id, write)
        for write in writes
    ]
