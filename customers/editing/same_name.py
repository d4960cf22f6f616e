"""Customers that a save may make a second time: of its name, in Codat's copy, pending changes and the index.

The index is asked for the email and the tax number that a person's save sets, too. It may be off, or not have the
company: then the copy and the pending changes remain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from customers.codat.errors import BadRequest, CodatError, InvalidResponse, NotFound, NotSynced
from customers.codat.query import similar_names
from customers.codat.text import folded_name, single_line
from customers.codat.types import ListedCustomer
from customers.editing.edit import Edit
from customers.formatting import status_label
from customers.index.lookalikes import Lookalike, lookalikes
from customers.models import Write
from customers.service import CustomerService
from customers.writes.showing.pending import same_name_writes

# Customers with a similar name that are compared: one page, so one call.
_PAGE_SIZE = 500

# Errors of the search that say nothing about whether Codat would accept the save.
_NOT_SEARCHABLE = (NotSynced, NotFound, BadRequest, InvalidResponse)

# Characters of a value that tells a customer apart.
_MAX_DETAIL = 100

# The key that a person acknowledges where the copy could not be searched.
NOT_SEARCHED = "unsearched"


@dataclass(frozen=True, slots=True)
class SameNameCustomer:
    """A customer of the name: in Codat's copy or the index (`write` is None), or in a pending change.

    `key` identifies it in `Edit.acknowledged`. `reasons` are what it has in common: "name", "email", "tax_number".
    `details` tell it apart in one line.
    """

    key: str
    name: str
    customer_id: str = ""
    write: Write | None = None
    reasons: tuple[str, ...] = ("name",)
    details: str = ""


@dataclass(frozen=True, slots=True)
class CopySearch:
    """The customers that were found; `error` where Codat's copy could not be searched."""

    customers: tuple[SameNameCustomer, ...] = ()
    error: CodatError | None = None


def search(edit: Edit, service: CustomerService, *, by_name_only: bool = False) -> CopySearch:
    """The other customers that have what the save sets: its name, in Codat's copy, and what the index knows.

    The index also knows the email and the tax number, without `by_name_only`. Makes at most one call. Raises CodatError
    where Codat is unavailable or refuses the dashboard, since the save would fail too.
    """
    found, target = _search_copy(edit, service), edit.target
    by_key = {other.key: other for other in found.customers}
    for each in lookalikes(
        target.company_id,
        target.connection_id,
        name=edit.new_name,
        email="" if by_name_only else edit.new_email,
        tax_number="" if by_name_only else edit.new_tax_number,
    ):
        other = _of_index(each)
        if other.customer_id == target.customer_id:
            continue
        known = by_key.get(other.key)
        reasons = tuple(dict.fromkeys((known.reasons if known else ()) + other.reasons))
        by_key[other.key] = replace(known or other, reasons=reasons)
    return CopySearch(tuple(by_key.values()), found.error)


def _search_copy(edit: Edit, service: CustomerService) -> CopySearch:
    """The other customers in Codat's copy that have the new name of an edit."""
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
            same.append(
                SameNameCustomer(
                    _key(customer_id), name, customer_id, details=_details_of_record(customer)
                )
            )
    return CopySearch(tuple(same))


def _key(customer_id: str) -> str:
    return f"customer:{quote(customer_id, safe='')}"


def _of_index(found: Lookalike) -> SameNameCustomer:
    row = found.customer
    details = (row.city, row.emails.split("\n")[0], _status(row.status))
    return SameNameCustomer(
        _key(row.customer_id),
        row.name,
        row.customer_id,
        reasons=found.reasons,
        details=" · ".join(filter(None, details)),
    )


def _details_of_record(customer: ListedCustomer) -> str:
    """City, email and status of a customer, as far as they are there."""
    addresses = customer.get("addresses") or []
    cities = (str(each.get("city") or "") for each in addresses if isinstance(each, dict))
    city = next(filter(None, cities), "")
    details = (city, str(customer.get("emailAddress") or ""), _status(customer.get("status")))
    return " · ".join(single_line(part[:_MAX_DETAIL]) for part in details if part)


def _status(status: object) -> str:
    """A status that is worth telling."""
    return "" if status in (None, "", "Active", "Unknown") else str(status_label(status))


def may_merge(edit: Edit) -> bool:
    """Whether the accounting software may merge a customer with another one when it gets the other one's name."""
    platform = str(edit.target.connection.get("platformName") or "")
    return not edit.target.creating and "quickbooks" in platform.casefold()


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
