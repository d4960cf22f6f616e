"""Customers that were found, as the search shows them: why each one was found, and how old its company's copy is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from customers.formatting import distance, status_label
from customers.index.matching import Kind, Match
from customers.index.search import Hit
from customers.models import IndexedCompany, IndexedCustomer
from customers.searching.entries import Entry, Part, Parts, Reason, parts
from customers.web import links

# A copy is old after this time, as in the list of companies.
OLD = timedelta(days=30)
# Values of one customer that are shown because something was found in them.
MAX_REASONS = 3
# Where the value does not say what it is.
_LABELS = {
    "contact_names": "Contact",
    "registration_number": "Registration number",
    "tax_number": "Tax number",
    "customer_id": "ID",
    "postal_code": "Postal code",
}
# Shown of a customer where nothing but its name was found: the first one that it has.
_FIRST = ("emails", "phones", "contact_names")


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer of a result. `reasons` say where it was found, or how to reach it; `place` is its city and country.

    `url` is "" for an ID that no address can hold. `old` says when the company's copy was synced, where that is long
    ago or not known. `is_similar`: found with typing errors.
    """

    customer: IndexedCustomer
    name: Parts
    reasons: tuple[Reason, ...]
    place: str
    url: str
    edit_url: str
    old: str
    tags: tuple[str, ...] = ()
    is_similar: bool = False

    @property
    def company(self) -> IndexedCompany:
        """The customer's company."""
        return self.customer.source

    def entry(self) -> Entry:
        """The same as one line."""
        place = (Reason("", (Part(self.place),)),) if self.place else ()
        return Entry(
            url=self.url,
            title=self.name,
            details=self.reasons + place,
            mark=(self.company.company_id, company_name(self.company)),
            aside=company_name(self.company),
            old=self.old,
            tags=self.tags,
            edit_url=self.edit_url,
        )


@dataclass(frozen=True, slots=True)
class FoundIn:
    """Where customers are opened: `query` is the search's query string, the way back to it."""

    query: str
    may_write: bool
    now: datetime = field(default_factory=timezone.now)


def company_name(company: IndexedCompany) -> str:
    """The name of a company, its ID where it has none."""
    return company.name or f"Company {company.company_id}"


def found_customers(hits: Iterable[Hit], found_in: FoundIn) -> Sequence[FoundCustomer]:
    """Hits of the index for a page. No query."""
    return [_found(hit, found_in) for hit in hits]


def _found(hit: Hit, found_in: FoundIn) -> FoundCustomer:
    customer = hit.customer
    url = edit_url = ""
    if links.is_addressable(customer.customer_id):
        back, company_id = links.from_search(found_in.query), customer.source.company_id
        url = links.customer(company_id, customer.customer_id) + back
        if found_in.may_write and not customer.is_deleted:
            edit_url = links.edit(company_id, customer.customer_id) + back
    return FoundCustomer(
        customer=customer,
        name=_name(hit),
        reasons=_reasons(hit),
        place=", ".join(filter(None, (customer.city, customer.country))),
        url=url,
        edit_url=edit_url,
        old=old_copy(customer.source, found_in.now),
        tags=_tags(customer),
        is_similar=hit.kind is Kind.SIMILAR,
    )


def _name(hit: Hit) -> Parts:
    customer = hit.customer
    if not customer.name:
        return (Part(f"Customer {customer.customer_id}"),)
    spans = next((match.spans for match in hit.matches if match.field == "name"), ())
    return parts(customer.name, spans)


def _reasons(hit: Hit) -> tuple[Reason, ...]:
    others = [match for match in hit.matches if match.field not in ("name", "city")]
    city = [match for match in hit.matches if match.field == "city"]
    if others or city:
        return tuple(map(_reason, (others + city)[:MAX_REASONS]))
    for name in _FIRST:
        line = getattr(hit.customer, name).split("\n")[0]
        if line:
            return (Reason(_LABELS.get(name, ""), (Part(line),)),)
    return ()


def _reason(match: Match) -> Reason:
    return Reason(_LABELS.get(match.field, ""), parts(match.text, match.spans))


def _tags(customer: IndexedCustomer) -> tuple[str, ...]:
    if customer.is_deleted:
        return ("Deleted",)
    return () if customer.status in ("", "Active", "Unknown") else (status_label(customer.status),)


def old_copy(company: IndexedCompany, now: datetime) -> str:
    """When a company's copy was synced, in some words, where that matters: it is old, or not known; else ""."""
    if company.synced_at is None:
        return "age unknown"
    if now - company.synced_at <= OLD:
        return ""
    return f"synced {distance(company.synced_at, now)}"
