"""The search box, filters and sorting of a list <-> Codat's query language.

Pure: no request, no HTTP. `read_customers` and `read_companies` turn an address (its query string) into a `ListState`;
`ListState.query` is what goes to Codat, `ListState.address` writes the state back into an address.

Codat documents no way to quote or escape a value, so typed text is split at every character that may be syntax, and
at spaces; each piece must be found in one of the fields. That finds everything that contains the text as typed, and
sometimes more. A notice names what was ignored.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

from customers.codat.query import QUERY_LIMIT, Search, search
from customers.codat.text import visible_text

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

CUSTOMER_SEARCH = (
    "customerName",
    "contactName",
    "emailAddress",
    "id",
    "phone",
    "registrationNumber",
    "taxNumber",
)
# Assumed: Codat can order customers by every plain property. Its documents exclude none.
CUSTOMER_ORDER = (
    "customerName",
    "id",
    "contactName",
    "emailAddress",
    "phone",
    "defaultCurrency",
    "status",
    "sourceModifiedDate",
)
CUSTOMER_STATUSES = ("Active", "Archived", "Unknown")
# Assumed: companies can be ordered by these; the documents show `name` and the dates.
COMPANY_ORDER = ("name", "lastSync", "created")
# Codat returns all attachments in one response; they are sorted and filtered here.
ATTACHMENT_ORDER = ("name", "type", "fileSize", "dateCreated", "modifiedDate")
CONNECTION_STATES = ("Linked", "PendingAuth", "Deauthorized", "Unlinked")
DELETED = {"hide": "metadata.isDeleted!=true", "show": "", "only": "metadata.isDeleted=true"}
PAGE_SIZES = (25, 50, 100, 250, 500, 1000, 2500, 5000)
COMPANY_PAGE_SIZES = (25, 50, 100, 250, 500, 1000, 2000)
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

    @property
    def descending(self) -> bool:
        """Whether the list runs from the largest to the smallest."""
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
        """Sentences for the page: what was corrected in the address, and what could not be searched for."""
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


class _Reader:
    """Reads values from an address, and collects a sentence for each that is invalid."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self.corrections: list[str] = []

    def text(self, name: str) -> str:
        return self._params.get(name, "")

    def _correct(self, value: str, expected: str, consequence: str) -> None:
        shown = visible_text(value[:40])
        more = "…" if len(value) > 40 else ""
        self.corrections.append(f"“{shown}{more}” is not {expected}. {consequence}")

    def choice(
        self, name: str, allowed: tuple[str, ...], default: str, expected: str, consequence: str
    ) -> str:
        value = self.text(name).strip()
        if not value or value in allowed:
            return value or default
        for candidate in allowed:
            if candidate.lower() == value.lower():
                return candidate
        self._correct(value, expected, consequence)
        return default

    def currency(self) -> str:
        value = self.text("currency").strip()
        if not value:
            return ""
        if re.fullmatch(r"[A-Za-z]{3}", value):
            return value.upper()
        self._correct(value, "a currency code, such as EUR", "Showing all currencies.")
        return ""

    def order(self, allowed: tuple[str, ...], default: str) -> str:
        value = self.text("order_by").strip()
        if not value:
            return default
        if value.removeprefix("-") in allowed:
            return value
        self._correct(value, "a column to sort by", "Showing the default order.")
        return default

    def number(self, name: str, default: int, largest: int, expected: str, unit: str) -> int:
        value = self.text(name).strip()
        if not value:
            return default
        if re.fullmatch(r"[+-]?[0-9]{1,12}", value):
            number = min(max(int(value), 1), largest)
            if number == int(value):
                return number
        else:
            number = default
        self._correct(value, expected, "Showing " + unit.format(f"{number:,}") + ".")
        return number

    def page(self) -> int:
        return self.number("page", 1, LAST_PAGE, "a valid page number", "page {}")

    def page_size(self, largest: int) -> int:
        expected = f"a number of rows from 1 to {largest:,}"
        return self.number("page_size", DEFAULT_PAGE_SIZE, largest, expected, "{} rows")


def read_customers(params: Params) -> ListState:
    """The state of a company's list of customers, from the query string of its address."""
    reader = _Reader(params)
    filters = {
        "status": reader.choice(
            "status", CUSTOMER_STATUSES, "", "a valid status", "Showing every status."
        ),
        "currency": reader.currency(),
        "deleted": reader.choice(
            "deleted",
            tuple(DELETED),
            "hide",
            "hide, show or only",
            "Deleted customers are hidden.",
        ),
    }
    conditions = []
    if filters["status"]:
        conditions.append(f"status={filters['status']}")
    if filters["currency"]:
        conditions.append(f"defaultCurrency={filters['currency']}")
    if DELETED[filters["deleted"]]:
        conditions.append(DELETED[filters["deleted"]])
    room = QUERY_LIMIT - sum(len(condition) + 2 for condition in conditions)
    searched, words = search(reader.text("q"), CUSTOMER_SEARCH, room)
    return ListState(
        search=searched,
        query="&&".join(([words] if words else []) + conditions),
        order_by=reader.order(CUSTOMER_ORDER, "customerName"),
        default_order="customerName",
        page=reader.page(),
        page_size=reader.page_size(PAGE_SIZES[-1]),
        filters=filters,
        defaults={"status": "", "currency": "", "deleted": "hide"},
        corrections=tuple(reader.corrections),
    )


def read_companies(params: Params) -> ListState:
    """The state of the list of companies, from the query string of its address."""
    reader = _Reader(params)
    state = reader.choice(
        "state", CONNECTION_STATES, "", "a valid connection state", "Showing every state."
    )
    conditions = [f"dataConnections.status={state}"] if state else []
    typed = reader.text("q").strip()
    if _UUID.fullmatch(typed):
        # Assumed: an id is no string at Codat, and `~` works on strings only, so only a full id can be searched for.
        searched, words = Search(typed, (typed,)), f"id={typed.lower()}"
    else:
        room = QUERY_LIMIT - sum(len(condition) + 2 for condition in conditions)
        searched, words = search(typed, ("name",), room)
    return ListState(
        search=searched,
        query="&&".join(([words] if words else []) + conditions),
        order_by=reader.order(COMPANY_ORDER, "name"),
        default_order="name",
        page=reader.page(),
        page_size=reader.page_size(COMPANY_PAGE_SIZES[-1]),
        filters={"state": state},
        defaults={"state": ""},
        corrections=tuple(reader.corrections),
    )


def read_attachments(params: Params, kinds: tuple[str, ...]) -> ListState:
    """The state of a customer's list of attachments, from the query string of its address. Nothing goes to Codat."""
    reader = _Reader(params)
    typed = unicodedata.normalize("NFC", reader.text("q").strip())
    return ListState(
        search=Search(typed, tuple(typed.split())),
        query="",
        order_by=reader.order(ATTACHMENT_ORDER, "name"),
        default_order="name",
        page=1,
        page_size=DEFAULT_PAGE_SIZE,
        filters={
            "kind": reader.choice("kind", kinds, "", "a valid kind of file", "Showing every kind."),
            "thumbnails": reader.choice(
                "thumbnails", ("show",), "", "a valid choice", "Thumbnails are hidden."
            ),
        },
        defaults={"kind": "", "thumbnails": ""},
        corrections=tuple(reader.corrections),
    )
