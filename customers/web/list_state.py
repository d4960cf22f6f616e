"""The search box, filters and sorting of a list <-> Codat's query language.

Pure: no request, no HTTP. `read_customers` and `read_companies` turn an address (its query string) into a `ListState`;
`ListState.query` is what goes to Codat, `ListState.address` writes the state back into an address.

Codat documents no way to quote or escape a value, so typed text is split at every character that the language
could take for its own, and at spaces; each piece must be found in one of the fields. That finds everything that
holds the text as typed (and at times a little more), and the person is told what was left out.
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
# Guess: Codat can order customers by every plain property of the data set. Its documents name none as excluded.
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
# Guess: companies can be ordered by these; the documents show `name` and the dates.
COMPANY_ORDER = ("name", "lastSync", "created")
# Attachments come all at once and are sorted and narrowed here.
ATTACHMENT_ORDER = ("name", "type", "fileSize", "dateCreated", "modifiedDate")
CONNECTION_STATES = ("Linked", "PendingAuth", "Deauthorized", "Unlinked")
DELETED = {"hide": "metadata.isDeleted!=true", "show": "", "only": "metadata.isDeleted=true"}
PAGE_SIZES = (25, 50, 100, 250, 500, 1000, 2500, 5000)
COMPANY_PAGE_SIZES = (25, 50, 100, 250, 500, 1000, 2000)
DEFAULT_PAGE_SIZE = 100
# A page number above this is a slip of the hand; it also keeps `page * page_size` a number that Codat can hold.
LAST_PAGE = 1_000_000


class Params(Protocol):
    """The part of a `QueryDict` that is read here."""

    def get(self, key: str, default: str) -> str: ...


@dataclass(frozen=True, slots=True)
class ListState:
    """Everything that the address of a list says, corrected to what can be.

    `query` and `order_by` go to Codat as they are. `corrections` are sentences about values in the address that
    could not be used.
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
        """Whether anything but the defaults hides records."""
        return bool(self.search.words) or dict(self.filters) != dict(self.defaults)

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the person: what was corrected, and what could not be searched for."""
        said = self.search.sentence
        return self.corrections + ((said,) if said else ())

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
        """The query string that orders by `name`, the other way round if it is the order already; from page 1."""
        turned = name == self.order_field and not self.descending
        return self.address(order_by=f"-{name}" if turned else name, page=1)


class _Reader:
    """Reads values from an address, and remembers what had to be corrected."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self.corrections: list[str] = []

    def text(self, name: str) -> str:
        return self._params.get(name, "")

    def _say(self, name: str, value: str, sentence: str) -> None:
        shown = visible_text(value[:40])
        more = "…" if len(value) > 40 else ""
        self.corrections.append(f"“{shown}{more}” in the address is not {name}. {sentence}")

    def choice(self, name: str, allowed: tuple[str, ...], default: str, called: str) -> str:
        value = self.text(name).strip()
        if not value or value in allowed:
            return value or default
        for candidate in allowed:
            if candidate.lower() == value.lower():
                return candidate
        self._say(called, value, "It was left out.")
        return default

    def currency(self) -> str:
        value = self.text("currency").strip()
        if not value:
            return ""
        if re.fullmatch(r"[A-Za-z]{3}", value):
            return value.upper()
        self._say("a currency code of three letters", value, "It was left out.")
        return ""

    def order(
        self,
        allowed: tuple[str, ...],
        default: str,
        called: str = "a column that Codat can sort by",
    ) -> str:
        value = self.text("order_by").strip()
        if not value:
            return default
        if value.removeprefix("-") in allowed:
            return value
        self._say(called, value, "The usual order is shown.")
        return default

    def number(self, name: str, default: int, most: int, called: str) -> int:
        value = self.text(name).strip()
        if not value:
            return default
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", value):
            self._say(called, value, f"Used {default:,} instead.")
            return default
        number = int(value)
        fitting = min(max(number, 1), most)
        if fitting != number:
            self._say(called, value, f"Used {fitting:,} instead.")
        return fitting


def read_customers(params: Params) -> ListState:
    """The state of a company's list of customers, from the query string of its address."""
    reader = _Reader(params)
    filters = {
        "status": reader.choice("status", CUSTOMER_STATUSES, "", "a status"),
        "currency": reader.currency(),
        "deleted": reader.choice("deleted", tuple(DELETED), "hide", "hide, show or only"),
    }
    conditions = []
    if filters["status"]:
        conditions.append(f"status={filters['status']}")
    if filters["currency"]:
        conditions.append(f"defaultCurrency={filters['currency']}")
    if DELETED[filters["deleted"]]:
        conditions.append(DELETED[filters["deleted"]])
    room = QUERY_LIMIT - sum(len(condition) + 2 for condition in conditions)
    found, words = search(reader.text("q"), CUSTOMER_SEARCH, room)
    return ListState(
        search=found,
        query="&&".join(([words] if words else []) + conditions),
        order_by=reader.order(CUSTOMER_ORDER, "customerName"),
        default_order="customerName",
        page=reader.number("page", 1, LAST_PAGE, "a page number"),
        page_size=reader.number("page_size", DEFAULT_PAGE_SIZE, PAGE_SIZES[-1], "a page size"),
        filters=filters,
        defaults={"status": "", "currency": "", "deleted": "hide"},
        corrections=tuple(reader.corrections),
    )


def read_companies(params: Params) -> ListState:
    """The state of the list of companies, from the query string of its address."""
    reader = _Reader(params)
    state = reader.choice("state", CONNECTION_STATES, "", "a state of a connection")
    conditions = [f"dataConnections.status={state}"] if state else []
    typed = reader.text("q").strip()
    if _UUID.fullmatch(typed):
        # An id is no string at Codat (guess), and `~` works on strings only: it is searched whole or not at all.
        found, words = Search(typed, (typed,)), f"id={typed.lower()}"
    else:
        room = QUERY_LIMIT - sum(len(condition) + 2 for condition in conditions)
        found, words = search(typed, ("name",), room)
    return ListState(
        search=found,
        query="&&".join(([words] if words else []) + conditions),
        order_by=reader.order(COMPANY_ORDER, "name"),
        default_order="name",
        page=reader.number("page", 1, LAST_PAGE, "a page number"),
        page_size=reader.number(
            "page_size", DEFAULT_PAGE_SIZE, COMPANY_PAGE_SIZES[-1], "a page size"
        ),
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
        order_by=reader.order(ATTACHMENT_ORDER, "name", "a column of the table"),
        default_order="name",
        page=1,
        page_size=DEFAULT_PAGE_SIZE,
        filters={
            "kind": reader.choice("kind", kinds, "", "a sort of file"),
            "thumbnails": reader.choice("thumbnails", ("show",), "", "show"),
        },
        defaults={"kind": "", "thumbnails": ""},
        corrections=tuple(reader.corrections),
    )
