"""Pairs of customers that look alike, as pages show them. Everything is of the index; Codat is not asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from customers.index.rules.table import ARCHIVED
from customers.models import DuplicatePair, IndexedCompany, IndexedCustomer
from customers.quality.likeness import REASONS
from customers.web import links

Decision = DuplicatePair.Decision

# What is compared on the page of a pair: the label and the column.
_FIELDS = (
    ("Name", "name"),
    ("Contacts", "contact_names"),
    ("Email", "emails"),
    ("Phone", "written_phones"),
    ("Tax number", "tax_number"),
    ("Registration number", "registration_number"),
    ("City", "city"),
    ("Postal code", "postal_code"),
    ("Country", "country"),
    ("Currency", "currency"),
    ("Status", "status"),
)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. `row` is None where the index does not have it; `is_read`: the index has the whole company."""

    customer_id: str
    url: str
    row: IndexedCustomer | None
    is_read: bool = True

    @property
    def name(self) -> str:
        """Its name, its ID where it has none."""
        return (self.row.name if self.row else "") or f"Customer {self.customer_id}"

    @property
    def state(self) -> str:
        """Gone, archived or not read yet; "" where it is active."""
        if self.row is None and not self.is_read:
            return "Not read yet"
        if self.row is None or self.row.is_deleted:
            return "Gone"
        return "Archived" if self.row.status in ARCHIVED else ""

    @property
    def is_over(self) -> bool:
        """Whether it is gone or archived, so that nothing is left to do about it."""
        return bool(self.state) and (self.row is not None or self.is_read)

    @property
    def facts(self) -> str:
        """What tells it apart, in one line."""
        if self.row is None:
            return ""
        lines = (self.row.emails, self.row.written_phones)
        found = [*(text.split("\n")[0] for text in lines), self.row.tax_number, self.row.city]
        return " · ".join(filter(None, found))

    @property
    def filled(self) -> int:
        """How many of the compared fields it has."""
        return sum(bool(getattr(self.row, column)) for _, column in _FIELDS) if self.row else 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair with its customers. `url` is its page, and where a decision is posted; it leads back to its list."""

    pair: DuplicatePair
    first: Side
    second: Side
    url: str
    compare_url: str

    @property
    def reasons(self) -> str:
        """Why the two look alike: `Similar name, same email`."""
        labels = [REASONS[reason] for reason in self.pair.reasons if reason in REASONS]
        return ", ".join([*labels[:1], *(label.lower() for label in labels[1:])])

    @property
    def kept(self) -> Side | None:
        """The one to keep: that with more values; None where both have as many."""
        if self.first.filled == self.second.filled:
            return None
        return self.first if self.first.filled > self.second.filled else self.second

    @property
    def is_over(self) -> bool:
        """Whether one of the two is gone or archived."""
        return self.first.is_over or self.second.is_over


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the two differ."""

    label: str
    first: str
    second: str


def shown(
    company: IndexedCompany, pairs: Iterable[DuplicatePair], show: str = "open", page: int = 1
) -> list[Pair]:
    """Pairs of a company with their customers, on a page of one of the lists. One query."""
    pairs = list(pairs)
    ids = {each for pair in pairs for each in (pair.first_id, pair.second_id)}
    rows = {row.customer_id: row for row in company.rows.filter(customer_id__in=ids)}
    return [
        _pair(company, pair, rows, links.duplicate(company.company_id, pair.pk, show, page))
        for pair in pairs
    ]


def _pair(
    company: IndexedCompany,
    pair: DuplicatePair,
    rows: Mapping[str, IndexedCustomer],
    url: str,
) -> Pair:
    ids = [("id", pair.first_id), ("id", pair.second_id), ("first", "differences")]
    return Pair(
        pair=pair,
        first=_side(company, pair.first_id, rows.get(pair.first_id)),
        second=_side(company, pair.second_id, rows.get(pair.second_id)),
        url=url,
        compare_url=f"{links.compare(company.company_id)}?{urlencode(ids, errors='replace')}",
    )


def _side(company: IndexedCompany, customer_id: str, row: IndexedCustomer | None) -> Side:
    is_addressable = row is not None and links.is_addressable(customer_id)
    url = links.customer(company.company_id, customer_id) if is_addressable else ""
    return Side(customer_id, url, row, company.state == IndexedCompany.State.COMPLETE)


def differences(pair: Pair) -> list[Difference]:
    """The fields of the index in which the two differ; none where it does not have both."""
    first, second = pair.first.row, pair.second.row
    if first is None or second is None:
        return []
    values = ((label, getattr(first, column), getattr(second, column)) for label, column in _FIELDS)
    return [
        Difference(label, one.replace("\n", ", "), other.replace("\n", ", "))
        for label, one, other in values
        if one != other
    ]
