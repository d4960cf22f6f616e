"""Which customers a batch is for: ticked ones, all that a list shows, or the rows of an earlier batch that failed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import simplejson
from django.http import QueryDict

from customers.batches.creating import MAX_IMPORTED_ROWS, MAX_ROWS, Selected
from customers.batches.following_up import retried
from customers.browsing.customer_list.list_controls import conditions
from customers.codat.pages import position
from customers.codat.text import single_line
from customers.codat.types import ListedCustomer
from customers.formatting import thousands
from customers.index.stored_names import stored_names
from customers.models import Batch
from customers.service import CustomerService
from customers.web import links
from customers.web.lists.list_state import ListState
from customers.web.lists.paging import joined
from customers.web.origins.return_address import list_address

# Customers that the page names.
MAX_NAMED = 200
# Rows of a page that is read for the IDs, and pages: Codat may send smaller ones.
_PAGE_SIZE, _MAX_PAGES = 2_500, 100
# Parameters and characters of a list's query string; a list has fewer.
_MAX_PARAMETERS, _MAX_LISTED = 20, 7_000
# Pages of the list around the one that was ticked, whose names are looked up. Only cached ones are.
_CACHED_PAGES = 20

NOTHING = "No customers are selected."
TOO_MANY = (
    f"A batch has at most {thousands(MAX_ROWS)} customers. Narrow the list, then select again."
)
_UNREADABLE = "The address of the list cannot be read. Go back to the list and select again."


class CannotSelect(Exception):
    """No batch can be made of a selection. str(e) is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was selected. `state` is the list's; of ticked customers where they were ticked.

    `ids` are the ticked ones. `is_all`: all that the list has. `source`: the batch whose rows are tried again.
    """

    company_id: str
    state: ListState
    suffix: str
    ids: tuple[str, ...] = ()
    is_all: bool = False
    source: Batch | None = None

    @property
    def question(self) -> str:
        """The list's query string from its "?" on, where all that it has were selected."""
        if self.source is not None:
            return self.source.question
        return (self.state.address(page=1) or "?") if self.is_all else ""

    @property
    def list_url(self) -> str:
        """The list that the customers were selected in."""
        return links.customers(self.company_id) + joined(self.state.address(), self.suffix)

    @property
    def conditions(self) -> str:
        """What all of them have in common; "" where the list shows everything, and for ticked ones."""
        return conditions(self.state) if self.is_all else ""

    @property
    def notices(self) -> tuple[str, ...]:
        """What of the list's address was not understood, or not searched for."""
        return self.state.notices if self.is_all else ()


def read_selection(
    query: QueryDict, post: QueryDict, company_id: str, source: Batch | None = None
) -> Selection:
    """The selection in an address and a post. Raises CannotSelect for an address that cannot be read.

    `?all=1`: all that the list in `list` has. `id` (several) or `ids` (JSON) are ticked customers.
    """
    listed, is_all = query.get("list", ""), "all" in query
    is_long = len(listed) > _MAX_LISTED or listed.count("&") >= _MAX_PARAMETERS
    if is_long and is_all:
        raise CannotSelect(_UNREADABLE)
    address = links.customers(company_id) + ("" if is_long else f"?{listed}")
    _, state, suffix = list_address(address)
    ids = () if is_all or source else tuple(_posted_ids(query, post))
    return Selection(company_id, state, suffix, ids, is_all, source)


def ids_text(ids: Iterable[str]) -> str:
    """IDs as one hidden input has them."""
    return simplejson.dumps(list(ids), separators=(",", ":"))


def _posted_ids(query: QueryDict, post: QueryDict) -> Iterator[str]:
    ids = dict.fromkeys((*post.getlist("id"), *query.getlist("id")))
    try:
        stored = simplejson.loads(post.get("ids", "[]"))
    except (ValueError, RecursionError):
        stored = []
    if isinstance(stored, list):
        ids |= dict.fromkeys(each for each in stored if isinstance(each, str))
    for record_id in ids:
        if links.is_addressable(record_id) and _is_encodable(record_id):
            yield record_id


def _is_encodable(text: str) -> bool:
    """Whether a text has no lone surrogates, which no address and no database can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# -- what the page says -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A selection as the page says it: how many customers, and the first of them with their addresses.

    `problem`: why no batch can be made of it, "" where it can.
    """

    selection: Selection
    count: int
    named: Sequence[tuple[str, str]]
    problem: str = ""

    @property
    def more(self) -> int:
        """How many customers are not named."""
        return self.count - len(self.named)

    @property
    def first(self) -> str:
        """The names of the first customers, in one line."""
        names = [name for name, _ in self.named[:3]]
        rest = self.count - len(names)
        return " · ".join([*names, f"and {thousands(rest)} more"] if rest else names)


def show(selection: Selection, service: CustomerService) -> Shown:
    """What a page says of a selection; one call where all of a list are selected. Raises CodatError."""
    if selection.is_all:
        results = service.list(
            company_id=selection.company_id,
            page_size=MAX_NAMED,
            query=selection.state.query,
            order_by=selection.state.order_by,
        )
        customers = results["results"]
        count = position(results, 1, MAX_NAMED).total
        ids = [each.get("id") for each in customers]
        named = [
            Selected(one, _name(each)) for one, each in zip(ids, customers, strict=True) if one
        ]
        return _shown(selection, count, named)
    selected = select(selection, service)
    return shown(selection, selected)


def shown(selection: Selection, selected: Collection[Selected]) -> Shown:
    """What a page says of customers that are known one by one. Makes no call."""
    return _shown(selection, len(selected), selected)


def _shown(selection: Selection, count: int, selected: Iterable[Selected]) -> Shown:
    named = [
        (one.name or _unnamed(one), _url(selection, one.customer_id))
        for one in islice(selected, MAX_NAMED)
    ]
    # The rows of a batch before may be those of an import.
    limit = MAX_ROWS if selection.source is None else MAX_IMPORTED_ROWS
    problem = TOO_MANY if count > limit else ("" if count else NOTHING)
    return Shown(selection, count, named, problem)


def _unnamed(one: Selected) -> str:
    return f"Customer {one.customer_id}" if one.customer_id else "New customer"


def _url(selection: Selection, customer_id: str) -> str:
    if not links.is_addressable(customer_id):
        return ""
    return links.customer(selection.company_id, customer_id) + selection.suffix


# -- the customers ----------------------------------------------------------------------------------


def select(selection: Selection, service: CustomerService) -> Collection[Selected]:
    """The customers of a selection. Of a list all are read, by list pages. Raises CannotSelect, CodatError."""
    if selection.source is not None:
        return retried(selection.source)
    if selection.is_all:
        return _read_all(selection, service)
    names = _known_names(selection, service)
    return [Selected(one, names.get(one, "")) for one in selection.ids]


def _read_all(selection: Selection, service: CustomerService) -> list[Selected]:
    """All customers of a list, ordered by ID, so that none is missed where one changes meanwhile."""
    found: dict[str, str] = {}
    for page in range(1, _MAX_PAGES + 1):
        results = service.list(
            company_id=selection.company_id,
            page=page,
            page_size=_PAGE_SIZE,
            query=selection.state.query,
            order_by="id",
        )
        spot = position(results, page, _PAGE_SIZE)
        for customer in results["results"]:
            record_id = customer.get("id")
            if links.is_addressable(record_id) and _is_encodable(record_id):
                found[record_id] = _name(customer)
        if max(spot.total, len(found)) > MAX_ROWS:
            break
        if not spot.has_next:
            return [Selected(record_id, name) for record_id, name in found.items()]
    raise CannotSelect(TOO_MANY)


def _known_names(selection: Selection, service: CustomerService) -> dict[str, str]:
    """The names of ticked customers, as far as they are known without a call: those of a search stand in no list."""
    names = _cached_names(selection, service)
    unknown = [each for each in selection.ids if each not in names]
    return names | stored_names(selection.company_id, unknown)


def _cached_names(selection: Selection, service: CustomerService) -> dict[str, str]:
    """The names of ticked customers, from the pages of their list that were read before. Makes no call."""
    wanted, names, state = set(selection.ids), dict[str, str](), selection.state
    around = range(max(1, state.page - _CACHED_PAGES), state.page + _CACHED_PAGES + 1)
    for page in sorted(around, key=lambda number: abs(number - state.page)):
        cached = service.snapshots.cached_list(
            company_id=selection.company_id,
            page=page,
            page_size=state.page_size,
            query=state.query,
            order_by=state.order_by,
        )
        for customer in cached.data["results"] if cached else ():
            if customer.get("id") in wanted:
                names[str(customer.get("id"))] = _name(customer)
        if len(names) == len(wanted):
            break
    return names


def _name(customer: ListedCustomer) -> str:
    name = customer.get("customerName")
    return single_line(name).strip() if isinstance(name, str) else ""


def address(selection: Selection, connection_id: str) -> str:
    """The address of the page for a selection; ticked IDs are not part of it."""
    if selection.source is not None:
        source = selection.source
        return links.new_batch(selection.company_id, connection=connection_id, source=source.pk)
    return links.new_batch(
        selection.company_id,
        connection=connection_id,
        listed=joined(selection.state.address(), selection.suffix),
        is_all=selection.is_all,
    )
