"""The rows of the list of customers, as HTML.

Made here and not in a template for a row of the bench, "The same page, to the one over Codat's SDK": 100 rows take
0.5 ms, and 1.1 ms in a template's loop, of a page of 5 ms. The cells of a column are escaped together.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils.safestring import SafeString

from customers.browsing.customer_list.columns import (
    DEFAULT_COLUMNS,
    NAME,
    Column,
    main_address,
    shown_text,
)
from customers.formatting import STATUS_LABELS, when_day
from customers.web import links

# Between texts that are escaped together.
_SEPARATOR = "\x1f"
# Rows of one <tbody>: a browser lays out only those that are near the window, and a phone adds one in a short task.
GROUP = 20
# Groups that a page has as elements from the start; static/more_rows.js adds the others.
FIRST_GROUPS = 3
# The cells before a name that cannot be chosen.
_NO_TICK = '<td class="c-tick"></td><td class="c-name">'
# IDs that need no escaping.
_PLAIN = re.compile(r"[\w-]+", re.ASCII).fullmatch
_DELETED = '<span class="tag bad">Deleted</span>'


@dataclass(frozen=True, slots=True)
class RowChange:
    """What the journal knows of a customer that Codat's copy does not show, or shows since a moment, as HTML.

    `state` stands in place of the date. `cells` are the cells that change, by the column's name.
    """

    state: SafeString
    cells: Mapping[str, SafeString]


@dataclass(frozen=True, slots=True)
class NewRow:
    """A new customer that Codat's copy does not show yet: where its name links to, and what was sent."""

    url: str
    record: Mapping[str, Any]
    state: SafeString


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows as HTML in groups, their columns, and those that are left out because they are empty in each row.

    `number` of rows.
    """

    groups: Sequence[str]
    columns: tuple[Column, ...]
    empty: tuple[Column, ...]
    number: int

    @property
    def html(self) -> SafeString:
        """All rows."""
        return SafeString("".join(self.groups))

    @property
    def first(self) -> SafeString:
        """The rows that a page begins with."""
        return SafeString("".join(self.groups[:FIRST_GROUPS]))

    @property
    def first_number(self) -> int:
        """How many these are."""
        return min(self.number, FIRST_GROUPS * GROUP)

    @property
    def more(self) -> SafeString:
        """The rows after those; "" where there are none."""
        return SafeString("".join(self.groups[FIRST_GROUPS:]))


def is_deleted(customer: Mapping[str, Any]) -> bool:
    """Whether the record was deleted in the accounting software; the flag is often missing."""
    metadata = customer.get("metadata")
    return isinstance(metadata, dict) and metadata.get("isDeleted") is True


def customer_rows(
    customers: Sequence[Mapping[str, Any]],
    company_id: str,
    columns: tuple[Column, ...] = DEFAULT_COLUMNS,
    *,
    suffix: str = "",
    first: int = 1,
    changes: Mapping[int, RowChange] | None = None,
    new: Sequence[NewRow] = (),
    show_empty: bool = False,
    ordered_by: str = "",
) -> Rows:
    """Table rows in groups, each linked to the customer's page; every value is escaped.

    `suffix` is the query string of the links, or ""; where it ends in "at=", each row's position in the whole list
    follows. `first` is that of the first row. `changes` are by the index of the customer. A column that is empty in
    each row is left out, unless the list is ordered by its field. An invalid id has no link and no checkbox, and its
    row says so.
    """
    changes = changes or {}
    every = _all_cells(columns[1:], customers, changes, new)
    empty = tuple(
        column
        for column in columns[1:]
        if not show_empty
        and not (column.order and column.order == ordered_by)
        and not any(map(str.strip, every[column.name]))
    )
    cells = {column.name: every[column.name] for column in columns[1:] if column not in empty}
    if changes and "changed" in cells:
        for index, change in changes.items():
            cells["changed"][index + len(new)] = change.state
    heads = [_new_head(row, has_date="changed" in cells) for row in new]
    heads += _heads(_Links(company_id, suffix, first), customers, changes, cells)
    shown = (NAME, *(column for column in columns[1:] if column.name in cells))
    return Rows(_groups(heads, shown, cells), shown, empty, len(heads))


def _all_cells(
    columns: Sequence[Column],
    customers: Sequence[Mapping[str, Any]],
    changes: Mapping[int, RowChange],
    new: Sequence[NewRow],
) -> dict[str, list[str]]:
    """The cells of each column by its name, those of new customers first."""
    addresses: list[Mapping[str, Any]] = []
    if any(column.part for column in columns):
        addresses = [main_address(customer) for customer in customers]
    cells = {}
    for column in columns:
        texts = _cells(column, customers, addresses)
        for index, change in changes.items():
            texts[index] = change.cells.get(column.name, texts[index])
        cells[column.name] = [_new_cell(column, row) for row in new] + texts if new else texts
    return cells


def _cells(
    column: Column,
    customers: Sequence[Mapping[str, Any]],
    addresses: Sequence[Mapping[str, Any]],
) -> list[str]:
    """The cells of a column as HTML; "" where there is nothing to show."""
    if column.part:
        return escaped_texts([address.get(column.part) for address in addresses])
    values = [customer.get(column.field) for customer in customers]
    if column.is_date:
        return ["" if value is None else _day(value) for value in values]
    texts = escaped_texts(values)
    if column.name == "status":
        return [_status(text) for text in texts]
    return [_id(text) for text in texts] if column.name == "id" else texts


def _groups(
    heads: list[str], columns: tuple[Column, ...], cells: dict[str, list[str]]
) -> list[str]:
    """The groups. `heads` are the beginnings of the rows, up to the end of the name's cell."""
    row = "%s" + "".join(f'<td class="c-{column.name}">%s</td>' for column in columns[1:]) + "</tr>"
    rows = list(map(row.__mod__, zip(heads, *cells.values(), strict=True)))
    groups = ("".join(rows[start : start + GROUP]) for start in range(0, len(rows), GROUP))
    return [f"<tbody>{group}</tbody>" for group in groups]


class _Links:
    """The links of the rows."""

    def __init__(self, company_id: str, suffix: str, first: int) -> None:
        self._base = escape(links.customers(company_id))
        self._query, self._is_placed = escape(suffix), suffix.endswith("at=")
        self._first = first

    def cells(self, record_id: str, index: int, name: str) -> str:
        """The checkbox and the linked name of a row, up to the end of the link, which names both.

        The link's id is where the way back leads.
        """
        at = self._first + index
        segment = links.url_segment(record_id)
        if segment == record_id and _PLAIN(record_id):
            value = segment
        else:
            segment, value = escape(segment), escape(record_id)
        name = name or f'– <span class="vh">no name, ID {value}</span>'
        return (
            f'<td class="c-tick"><input type="checkbox" name="id" value="{value}" aria-labelledby="at-{at}"></td>'
            f'<td class="c-name"><a href="{self._base}{segment}/{self._query}{at if self._is_placed else ""}"'
            f' id="at-{at}">{name}</a>'
        )


def _heads(
    to: _Links,
    customers: Sequence[Mapping[str, Any]],
    changes: Mapping[int, RowChange],
    cells: Mapping[str, object],
) -> list[str]:
    """The beginning of each row: its class, its checkbox, and the cell of the name."""
    names = escaped_texts([customer.get("customerName") for customer in customers])
    has_status = "status" in cells
    heads = []
    for index, (customer, name) in enumerate(zip(customers, names, strict=True)):
        record_id, status = customer.get("id"), customer.get("status")
        opening, mark = "<tr>", ""
        if is_deleted(customer):
            opening, mark = '<tr class="gone">', f" {_DELETED}"
        elif status != "Active" and status and not has_status:
            mark = f" {_status(escape(shown_text(status)))}"
        shown = name
        if index in changes:
            opening = '<tr class="changing">'
            shown = changes[index].cells.get("name", name)
            mark += "" if "changed" in cells else f" {changes[index].state}"
        if links.is_addressable(record_id):
            heads.append(f"{opening}{to.cells(record_id, index, shown.strip())}{mark}</td>")
        else:
            heads.append(
                f'{opening}{_NO_TICK}{name} <small class="tag warn">Invalid ID</small>{mark}</td>'
            )
    return heads


def _new_head(row: NewRow, *, has_date: bool) -> str:
    name = escape(NAME.text(row.record)) or "Unnamed customer"
    after = "" if has_date else f" {row.state}"
    return f'<tr class="changing new">{_NO_TICK}<a href="{escape(row.url)}">{name}</a>{after}</td>'


def _new_cell(column: Column, row: NewRow) -> str:
    if column.name == "changed":
        return row.state
    text = escape(column.text(row.record))
    return f"<ins>{text}</ins>" if text else ""


def escaped_texts(values: Sequence[object]) -> list[str]:
    """Values as escaped texts, "" where nothing can be seen.

    They are escaped together: text for a page has no control characters. Where all of them are printable ASCII, none
    needs to be looked at alone.
    """
    if not values:
        return []
    texts = [value or "" for value in values]
    try:
        joined = _SEPARATOR.join(texts)  # type: ignore[arg-type]  # what is no text is shown one by one
    except TypeError:
        joined = ""
    is_plain = joined.isascii() and joined.count(_SEPARATOR) == len(texts) - 1
    if not is_plain or not joined.replace(_SEPARATOR, "").isprintable():
        joined = _SEPARATOR.join(map(shown_text, values))
    return escape(joined).split(_SEPARATOR)


def _day(value: object) -> str:
    text = when_day(value)
    return "" if text == "–" else text


def _status(status: str) -> str:
    """An escaped status as a tag; nothing for the usual one, and for none."""
    label = STATUS_LABELS.get(status, status)
    return f'<span class="tag">{label}</span>' if status not in ("Active", "") else ""


def _id(text: str) -> str:
    """An escaped ID, and the button that copies it. A long one, such as a UUID, is cut by the style sheet."""
    if not text:
        return ""
    return (
        f'<code title="{text}">{text}</code><button type="button" class="icon-button copy needs-js" '
        f'data-copy-text="{text}" aria-label="Copy ID" title="Copy ID"></button>'
    )
