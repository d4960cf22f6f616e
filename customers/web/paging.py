"""Where in a list one is, and the addresses around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from markupsafe import escape

from customers.web.list_state import ListState


@dataclass(frozen=True, slots=True)
class Paging:
    """`101–200 of 5,000` and its neighbours' query strings ("" where there is none).

    `beyond` is True where the address names a page after the last one.
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
    beyond: bool

    @property
    def count(self) -> str:
        """What is shown of what there is."""
        if not self.total:
            return "No results"
        if self.beyond:
            return f"{self.total:,} in all"
        if self.first == 1 and self.last == self.total:
            return f"{self.total:,} in all"
        return f"{self.first:,}–{self.last:,} of {self.total:,}"


def paging(state: ListState, answer: Mapping[str, Any], suffix: str = "") -> Paging:
    """Work out the neighbours from Codat's `totalResults` and what the address asked for.

    `suffix` ("?connection=...") is kept in every address.
    """
    shown = len(answer["results"])
    total = max(
        int(answer["totalResults"]), (state.page - 1) * state.page_size + shown if shown else 0
    )
    pages = max(-(-total // state.page_size), 1)

    def address(page: int) -> str:
        return joined(state.address(page=page), suffix) or "?"

    first = (state.page - 1) * state.page_size + 1
    return Paging(
        first=first,
        last=first + shown - 1,
        total=total,
        page=state.page,
        pages=pages,
        first_page=address(1) if state.page > 1 else "",
        previous_page=address(min(state.page - 1, pages)) if state.page > 1 else "",
        next_page=address(state.page + 1) if state.page < pages else "",
        last_page=address(pages) if state.page != pages else "",
        beyond=state.page > pages,
    )


def joined(address: str, suffix: str) -> str:
    """Two query strings ("" or "?...") as one."""
    return f"{address}&{suffix[1:]}" if address and suffix else address or suffix


def headings(
    columns: tuple[tuple[str, str], ...],
    allowed: tuple[str, ...],
    state: ListState,
    suffix: str = "",
) -> list[dict[str, str]]:
    """The heads of a table: `label`, `field`, `sort` (aria-sort, or ""), `address` ("" where it cannot be sorted)."""
    return [
        {
            "label": label,
            "field": field,
            "sort": ("descending" if state.descending else "ascending")
            if field == state.order_field
            else "",
            "address": (joined(state.order_address(field), suffix) or "?")
            if field in allowed
            else "",
        }
        for field, label in columns
    ]


def heads(
    columns: tuple[tuple[str, str], ...],
    allowed: tuple[str, ...],
    state: ListState,
    suffix: str = "",
) -> SafeString:
    """The heads of a table as HTML, to stand in a row inside a container with hx-target."""
    found = headings(columns, allowed, state, suffix)
    return SafeString("".join(f"\n{_head(**head)}" for head in found))


def _head(label: str, field: str, sort: str, address: str) -> str:
    opening = f'<th scope="col" aria-sort="{sort}">' if sort else '<th scope="col">'
    if not address:
        return f"{opening}{escape(label)}</th>"
    href = escape(address)
    return f'{opening}<a id="sort-{field}" href="{href}" hx-get="{href}">{escape(label)}</a></th>'


def canonical_url(path: str, state: ListState, suffix: str = "") -> str:
    """The whole address that this state is written as, for the address bar."""
    return path + joined(state.address(), suffix)
