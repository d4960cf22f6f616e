"""What stands above the rows of a list of customers: chips, the filter menu, the order, the columns.

Whatever depends on few values is rendered once for each of them: these menus have most of the page's elements.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import parse_qsl

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from customers.browsing.customer_list.columns import (
    BY_NAME,
    COLUMNS,
    DEFAULT_NAMES,
    Choice,
    Column,
    word_for,
)
from customers.codat.text import visible_text
from customers.web import links
from customers.web.lists.list_state import ListState
from customers.web.lists.list_states import CUSTOMER_STATUSES, PAGE_SIZES
from customers.web.lists.paging import joined

_DELETED_CHOICES = (("", "Hide"), ("show", "Show"), ("only", "Only"))
_DELETED_CHIPS = {"show": "Deleted: shown", "only": "Deleted: only these"}
# The words for an ascending and a descending order.
_TEXT_ORDER, _DATE_ORDER = ("A to Z", "Z to A"), ("oldest first", "newest first")


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is on: what it says, and the query string of the list without it."""

    label: str
    address: str


def chips(state: ListState, shown: tuple[Column, ...], suffix: str) -> list[Chip]:
    """The filters that are on, and the order where no heading shows it."""
    found = []

    def add(label: str, **changes: str) -> None:
        found.append(Chip(label, joined(state.address(page=1, **changes), suffix) or "?"))

    if status := state.filters["status"]:
        add(f"Status: {status}", status="")
    if currency := state.filters["currency"]:
        add(f"Currency: {currency}", currency="")
    if state.filters["deleted"] in _DELETED_CHIPS:
        add(_DELETED_CHIPS[state.filters["deleted"]], deleted="hide")
    if state.order_field not in {column.order for column in shown}:
        add(f"Sorted by: {_order_label(state.order_by)}", order_by=state.default_order)
    return found


def conditions(state: ListState) -> str:
    """What the customers of a list have in common: "search “x”, Status: Active"; "" where it shows everything."""
    words = [f"search “{visible_text(state.search.text)}”"] if state.search.words else []
    return ", ".join([*words, *(chip.label for chip in chips(state, COLUMNS, ""))])


def filter_fields(state: ListState) -> SafeString:
    """The fields of the filter menu as HTML. Their form is the search form."""
    filters = state.filters
    return _filter_fields(
        filters["status"], filters["currency"], filters["deleted"], state.page_size
    )


@lru_cache(maxsize=256)
def _filter_fields(status: str, currency: str, deleted: str, page_size: int) -> SafeString:
    context = {
        "status": status,
        "currency": currency,
        "deleted": deleted,
        "page_size": page_size,
        "statuses": [("", "Any"), *((value, value) for value in CUSTOMER_STATUSES)],
        "deleted_choices": _DELETED_CHOICES,
        "page_sizes": sorted({*PAGE_SIZES, page_size}),
        "currencies_url": links.currencies(),
    }
    return SafeString(render_to_string("browsing/_filter_fields.html", context).strip())


@cache
def orders() -> tuple[tuple[str, str], ...]:
    """Every order: (value of order_by, "Name, A to Z")."""
    pairs = []
    for column in COLUMNS:
        if column.order:
            up, down = _DATE_ORDER if column.is_date else _TEXT_ORDER
            pairs.append((column.order, f"{column.label}, {up}"))
            pairs.append((f"-{column.order}", f"{column.label}, {down}"))
    return tuple(pairs)


def _order_label(order_by: str) -> str:
    return dict(orders()).get(order_by, order_by)


@lru_cache(maxsize=256)
def order_options(order_by: str, names: tuple[str, ...]) -> SafeString:
    """The <option>s of the choice of an order as HTML: those of the columns, and the one in use."""
    fields = {BY_NAME[name].order for name in names} | {order_by.removeprefix("-")}
    pairs = [(value, label) for value, label in orders() if value.removeprefix("-") in fields]
    context = {"pairs": pairs, "selected": order_by}
    return SafeString(render_to_string("browsing/_order_options.html", context).strip())


@lru_cache(maxsize=256)
def column_boxes(names: tuple[str, ...]) -> SafeString:
    """The checkboxes of the columns menu as HTML."""
    context = {"columns": COLUMNS, "chosen": names}
    return SafeString(render_to_string("browsing/_column_boxes.html", context).strip())


@dataclass(frozen=True, slots=True)
class ColumnMenu:
    """The menu of the columns.

    `fields` are the hidden fields of its form. `default` and `all` are the query strings of the two other choices.
    `kept` is what is stored where the reader keeps these columns, "" where they are kept already.
    """

    label: str
    boxes: SafeString
    fields: tuple[tuple[str, str], ...]
    default: str
    all: str
    kept: str


def column_menu(state: ListState, choice: Choice, own: tuple[str, ...], suffix: str) -> ColumnMenu:
    """The menu for the columns of a list; `own` are those that the reader keeps."""

    def address(names: tuple[str, ...]) -> str:
        return joined(state.address(columns=word_for(names, own)), suffix) or "?"

    query = joined(state.address(columns="", page=1), suffix).removeprefix("?")
    return ColumnMenu(
        label=choice.label,
        boxes=column_boxes(choice.names),
        fields=tuple(parse_qsl(query)),
        default=address(DEFAULT_NAMES),
        all=address(tuple(BY_NAME)),
        kept=",".join(choice.names) if choice.word else "",
    )
