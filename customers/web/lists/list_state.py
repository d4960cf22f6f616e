"""The state of a list (search, filters, order, page), read from an address and written to one.

Pure: no request, no HTTP. A feature builds its `ListState` with an `AddressReader`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

from customers.codat.query import Search
from customers.codat.text import visible_text
from customers.formatting import thousands

DEFAULT_PAGE_SIZE = 100
# The upper limit of a page number: `page * page_size` then fits into 64 bits at Codat.
LAST_PAGE = 1_000_000


class Params(Protocol):
    """The part of a `QueryDict` that is read here."""

    def get(self, key: str, default: str) -> str: ...


@dataclass(frozen=True, slots=True)
class ListState:
    """The state of a list, from its address; invalid values are replaced by defaults.

    `query` and `order_by` go to Codat as they are. `corrections` are sentences about the values that were invalid.
    `kept` is how the list is shown (its view, its columns): part of the address, and of no query.
    """

    search: Search
    query: str
    order_by: str
    default_order: str
    page: int
    page_size: int
    filters: Mapping[str, str]
    defaults: Mapping[str, str]
    corrections: tuple[str, ...] = field(default=())
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def descending(self) -> bool:
        """Whether the order is descending."""
        return self.order_by.startswith("-")

    @property
    def order_field(self) -> str:
        """The field that the list is ordered by, without its direction."""
        return self.order_by.removeprefix("-")

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or a filter hides records."""
        return bool(self.search.words) or dict(self.filters) != dict(self.defaults)

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the page: corrections of the address, and what the search ignored."""
        sentence = self.search.sentence
        return self.corrections + ((sentence,) if sentence else ())

    def address(self, **changes: str | int) -> str:
        """The query string of this state with `changes`; defaults are left out. "" or "?..."."""
        state: dict[str, str | int] = {
            "q": self.search.text,
            **self.filters,
            "order_by": self.order_by,
            "page": self.page,
            "page_size": self.page_size,
            **self.kept,
        }
        state.update(changes)
        defaults: dict[str, str | int] = {
            "q": "",
            **self.defaults,
            "order_by": self.default_order,
            "page": 1,
            "page_size": DEFAULT_PAGE_SIZE,
        }
        pairs = {name: value for name, value in state.items() if value != defaults.get(name, "")}
        return "?" + urlencode(pairs, errors="replace") if pairs else ""

    def order_address(self, name: str) -> str:
        """The query string that orders by `name`, descending if that is the ascending order now; page 1."""
        descending = name == self.order_field and not self.descending
        return self.address(order_by=f"-{name}" if descending else name, page=1)


class AddressReader:
    """Reads values from an address. An invalid value is replaced, and a sentence in `corrections` says by what.

    In these sentences `expected` completes "... is not" and `consequence` follows.
    """

    def __init__(self, params: Params) -> None:
        self._params = params
        self.corrections: list[str] = []

    def text(self, name: str) -> str:
        """The value as it is, "" where there is none."""
        return self._params.get(name, "")

    def _correct(self, value: str, expected: str, consequence: str) -> None:
        shown = visible_text(value[:40])
        more = "…" if len(value) > 40 else ""
        self.corrections.append(f"“{shown}{more}” is not {expected}. {consequence}")

    def choice(
        self, name: str, allowed: tuple[str, ...], default: str, expected: str, consequence: str
    ) -> str:
        """One of the `allowed` values, case-insensitively."""
        value = self.text(name).strip()
        if not value or value in allowed:
            return value or default
        for candidate in allowed:
            if candidate.lower() == value.lower():
                return candidate
        self._correct(value, expected, consequence)
        return default

    def pattern(self, name: str, pattern: str, expected: str, consequence: str) -> str:
        """Text that matches a pattern, or ""."""
        value = self.text(name).strip()
        if not value or re.fullmatch(pattern, value):
            return value
        self._correct(value, expected, consequence)
        return ""

    def order(self, allowed: tuple[str, ...], default: str) -> str:
        """The field to order by; a leading minus means descending."""
        value = self.text("order_by").strip()
        if not value:
            return default
        if value.removeprefix("-") in allowed:
            return value
        self._correct(value, "a column to sort by", "Showing the default order.")
        return default

    def _number(self, name: str, default: int, largest: int, expected: str, unit: str) -> int:
        value = self.text(name).strip()
        if not value:
            return default
        if re.fullmatch(r"[+-]?[0-9]{1,12}", value):
            number = min(max(int(value), 1), largest)
            if number == int(value):
                return number
        else:
            number = default
        self._correct(value, expected, "Showing " + unit.format(thousands(number)) + ".")
        return number

    def page(self) -> int:
        """The number of the page, from 1."""
        return self._number("page", 1, LAST_PAGE, "a valid page number", "page {}")

    def page_size(self, largest: int) -> int:
        """The number of rows on a page."""
        expected = f"a number of rows from 1 to {thousands(largest)}"
        return self._number("page_size", DEFAULT_PAGE_SIZE, largest, expected, "{} rows")
