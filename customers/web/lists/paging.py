"""The position of a page in a list, the addresses of its neighbours, and the headings of its table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from customers.codat.pages import position
from customers.formatting import thousands
from customers.web.lists.list_state import ListState

# Digits of the number of a page.
_MAX_DIGITS = 9


def page_number(text: str, *, digits: int = _MAX_DIGITS) -> int:
    """The number of a page in an address, 1 for anything else. `digits` bounds it."""
    return max(1, int(text)) if text.isdecimal() and len(text) <= digits else 1


@dataclass(frozen=True, slots=True)
class Paging:
    """`101–200 of 5,000` and its neighbours' query strings ("" where there is none).

    `is_past_end` is True where the address names a page after the last one. `is_missing` where Codat counts records
    on this page and sent none. `is_total_known` is False where Codat sends more records than it counts.
    """

    first: int
    last: int
    total: int
    page: int
    pages: int
    first_page: str
    previous_page: str
    next_page: str
    last_page: str
    is_past_end: bool
    is_missing: bool
    is_total_known: bool

    @property
    def count(self) -> str:
        """How many records there are, and which of them are shown."""
        if not self.total:
            return "No results"
        if not self.is_total_known:
            return f"{thousands(self.first)}–{thousands(self.last)} of more than {thousands(self.total)}"
        if self.is_past_end or (self.first == 1 and self.last == self.total):
            return f"{thousands(self.total)} in total"
        return f"{thousands(self.first)}–{thousands(self.last)} of {thousands(self.total)}"


def paging(state: ListState, results: Mapping[str, Any], suffix: str = "") -> Paging:
    """The position and the neighbours of a page of Codat's results; see `customers.codat.pages`.

    `suffix` ("?connection=...") is part of every address.
    """
    place = position(results, state.page, state.page_size)
    page, pages = place.page, place.pages

    def address(number: int) -> str:
        return joined(state.address(page=number), suffix) or "?"

    return Paging(
        first=place.offset + 1,
        last=place.offset + place.shown,
        total=place.total,
        page=page,
        pages=pages,
        first_page=address(1) if page > 1 else "",
        previous_page=address(min(page - 1, pages)) if page > 1 else "",
        next_page=address(page + 1) if page < pages else "",
        last_page=address(pages) if page != pages and place.is_total_known else "",
        is_past_end=page > pages,
        is_missing=not place.shown and place.offset < place.total,
        is_total_known=place.is_total_known,
    )


def joined(address: str, suffix: str) -> str:
    """Two query strings ("" or "?...") as one."""
    return f"{address}&{suffix[1:]}" if address and suffix else address or suffix


def with_query(url: str, query: str) -> str:
    """An address with a query string ("" or "?...") after the one that it has, if any, and before its fragment."""
    path, mark, fragment = url.partition("#")
    return (joined(path, query) if "?" in path else path + query) + mark + fragment


@dataclass(frozen=True, slots=True)
class Head:
    """A column's heading, for the macro `sort_heads`.

    `sort` is its aria-sort, or "". `address` orders by it, "" where it cannot be sorted. `align` is "right" or "".
    """

    label: str
    field: str
    sort: str
    address: str
    align: str


def headings(
    columns: tuple[tuple[str, str], ...],
    sortable: Collection[str],
    state: ListState,
    suffix: str = "",
    path: str = "",
    right: Collection[str] = (),
) -> list[Head]:
    """The headings of a table of `columns` (field, label).

    Addresses begin with `path`; "" where the list is the page itself. `right` names the fields that are aligned to
    the right.
    """
    direction = "descending" if state.descending else "ascending"
    return [
        Head(
            label=label,
            field=field,
            sort=direction if field == state.order_field else "",
            address=(path + joined(state.order_address(field), suffix) or "?")
            if field in sortable
            else "",
            align="right" if field in right else "",
        )
        for field, label in columns
    ]


def canonical_url(path: str, state: ListState, suffix: str = "") -> str:
    """The shortest address of this state, for the address bar."""
    return path + joined(state.address(), suffix)
