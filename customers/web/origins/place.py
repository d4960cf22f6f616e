"""Where a customer stands in the list that its page was opened from: the way back, and to the ones before and after."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from customers.codat.errors import CodatError
from customers.codat.http.call_context import deadline
from customers.codat.pages import Position, position
from customers.codat.parallel import in_parallel
from customers.codat.text import visible_text
from customers.codat.types import CustomersPage
from customers.formatting import thousands
from customers.service import default_service
from customers.web import links
from customers.web.origins.list_origin import Origin, kept

T = TypeVar("T")

# Seconds that a page waits for its place in a list that is not cached; then it shows the way back alone.
PLACE_TIMEOUT = 2
# Characters of a search that the way back repeats.
MAX_SHOWN = 40

Direction = Literal[-1, 1]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A customer of a list, and the list's state with the page and the position of it."""

    customer_id: str
    origin: Origin

    @property
    def url(self) -> str:
        """The customer's page."""
        origin = self.origin
        return kept(links.customer(origin.company_id, self.customer_id) + origin.suffix, origin)

    @property
    def edit_url(self) -> str:
        """The customer's form."""
        origin = self.origin
        return kept(links.edit(origin.company_id, self.customer_id) + origin.suffix, origin)

    def url_of(self, *, form: bool) -> str:
        """The customer's form or page."""
        return self.edit_url if form else self.url


@dataclass(frozen=True, slots=True)
class Place:
    """The way back and the place in the list, for templates/components/place.html.

    `position` is "7 of 412", what is known of a customer that is no longer there, or "". The addresses are "" where
    there is no such customer.
    """

    back_label: str
    back_url: str
    position: str
    previous_url: str
    next_url: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A customer on a page of a list. `index` is None where it is on this page no more.

    `before` and `after` are the indices at which its neighbours are looked for.
    """

    index: int | None
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class _ResultPage:
    """A page of a list, as `origin` names it."""

    origin: Origin
    results: CustomersPage

    @property
    def spot(self) -> Position:
        """Where in the list the page is."""
        return position(self.results, self.origin.state.page, self.origin.state.page_size)

    def find(self, customer_id: str) -> _Found | None:
        """Where a customer stands: by its ID, else by its position; None where neither is known."""
        rows, expected = self.results["results"], self.origin.at - 1 - self.spot.offset
        if not customer_id:
            return None
        if 0 <= expected < len(rows) and rows[expected].get("id") == customer_id:
            return _Found(expected, expected - 1, expected + 1)
        for index, row in enumerate(rows):
            if row.get("id") == customer_id:
                return _Found(index, index - 1, index + 1)
        if 0 <= expected <= len(rows):
            # The ones after it have moved up.
            return _Found(None, expected - 1, expected)
        return None

    def neighbour(self, customer_id: str, direction: Direction) -> Neighbour | None:
        """The customer before or after one on this page, None where there is none."""
        found = self.find(customer_id)
        if found is None:
            return None
        return self.first(direction, found.before if direction < 0 else found.after)

    def first(self, direction: Direction, start: int | None = None) -> Neighbour | None:
        """The first customer that has a page: from an index on, or from where one enters this page."""
        rows, offset = self.results["results"], self.spot.offset
        if start is None:
            start = 0 if direction > 0 else len(rows) - 1
        for index in range(start, len(rows) if direction > 0 else -1, direction):
            customer_id = rows[index].get("id")
            if links.is_addressable(customer_id):
                return Neighbour(customer_id, replace(self.origin, at=offset + index + 1))
        return None

    def is_followed(self, direction: Direction) -> bool:
        """Whether the list has a page before or after this one."""
        return self.origin.state.page > 1 if direction < 0 else self.spot.has_next

    def url(self, customer_id: str, direction: Direction, *, form: bool) -> str:
        """The address of the customer before or after one; on another page the address that looks for it."""
        neighbour = self.neighbour(customer_id, direction)
        if neighbour is not None:
            return neighbour.url_of(form=form)
        if self.find(customer_id) is None or not self.is_followed(direction):
            return ""
        return _step_url(self.origin, customer_id, direction, form=form)


def with_results(
    origin: Origin | None, call: Callable[[], T], *, may_ask: bool = True
) -> tuple[T, CustomersPage | None]:
    """The result of a call, and the page of the list: the cached one, else read in parallel; None if unreadable.

    Without ``may_ask`` Codat is not asked for the list.
    """
    cached = cached_results(origin)
    if origin is None or cached is not None or not may_ask:
        return call(), cached
    return in_parallel(call, lambda: _results_or_none(origin))


def cached_results(origin: Origin | None) -> CustomersPage | None:
    """The page of the list where it is cached, else None. Makes no call."""
    if origin is None:
        return None
    state = origin.state
    snapshot = default_service().snapshots.cached_list(
        company_id=origin.company_id,
        page=state.page,
        page_size=state.page_size,
        query=state.query,
        order_by=state.order_by,
    )
    return None if snapshot is None else snapshot.data


def _results(origin: Origin) -> CustomersPage:
    """The page of the list: the cached one, else with one call. Raises CodatError."""
    cached = cached_results(origin)
    if cached is not None:
        return cached
    state = origin.state
    snapshots = default_service().snapshots
    return snapshots.list(
        company_id=origin.company_id,
        page=state.page,
        page_size=state.page_size,
        query=state.query,
        order_by=state.order_by,
    ).data


def _results_or_none(origin: Origin) -> CustomersPage | None:
    try:
        with deadline(PLACE_TIMEOUT):
            return _results(origin)
    except CodatError:
        return None


def place(
    origin: Origin,
    customer_id: str,
    company_name: str,
    results: CustomersPage | None,
    *,
    form: bool = False,
) -> Place:
    """The place of a customer in a list, of which `results` is the page; None where that is not known.

    With `form` the customers before and after it are opened in their forms.
    """
    if results is None:
        return Place(
            back_label=_back_label(origin, company_name, ""),
            back_url=origin.address(),
            position="",
            previous_url=_step_url(origin, customer_id, -1, form=form),
            next_url=_step_url(origin, customer_id, 1, form=form),
        )
    page = _ResultPage(origin, results)
    spot, found = page.spot, page.find(customer_id)
    total = thousands(spot.total)
    total = total if spot.is_total_known else f"more than {total}"
    shown, at = "", origin.at
    if found is not None and found.index is not None:
        at = spot.offset + found.index + 1
        shown = f"{thousands(at)} of {total}"
    elif found is not None:
        shown = _missing(spot.pages)
    return Place(
        back_label=_back_label(origin, company_name, total),
        back_url=origin.address(at),
        position=shown,
        previous_url=page.url(customer_id, -1, form=form),
        next_url=page.url(customer_id, 1, form=form),
    )


def step(origin: Origin, customer_id: str, direction: Direction) -> Neighbour | None:
    """The customer before or after one in a list, None where there is none. Raises CodatError.

    At the end of a page it is on the next one, which is read with one call where it is not cached.
    """
    page = _ResultPage(origin, _results(origin))
    neighbour = page.neighbour(customer_id, direction)
    if neighbour is not None or not page.is_followed(direction):
        return neighbour
    following = replace(origin, state=replace(origin.state, page=origin.state.page + direction))
    return _ResultPage(following, _results(following)).first(direction)


def _step_url(origin: Origin, customer_id: str, direction: Direction, *, form: bool) -> str:
    """The address that looks for the customer before or after one, "" where there is nothing to start from."""
    if not customer_id or not origin.at or (direction < 0 and origin.at == 1):
        return ""
    return kept(links.step(origin.company_id, customer_id, direction, form=form), origin)


def _missing(pages: int) -> str:
    return "No longer in this result" if pages == 1 else "No longer on this page of the result"


def _back_label(origin: Origin, company_name: str, total: str) -> str:
    """What the list holds: "Back to 3 results for “quarry”", "Back to 412 active customers of Harbour Lights Ltd"."""
    state = origin.state
    count = f"{total} " if total else ""
    one = total == "1"
    if state.search.words:
        text = visible_text(state.search.text[:MAX_SHOWN])
        more = "…" if len(state.search.text) > MAX_SHOWN else ""
        return f"Back to {count}{'result' if one else 'results'} for “{text}{more}”"
    filters = state.filters
    deleted = "deleted" if filters["deleted"] == "only" else ""
    kinds = " ".join(filter(None, (deleted, filters["status"].lower(), filters["currency"])))
    noun = "customer" if one else "customers"
    of = f" of {company_name}" if company_name else ""
    return f"Back to {count}{kinds}{' ' if kinds else ''}{noun}{of}"
