"""Puts the changes of the journal into the rows of a list of customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.browsing.customer_list.columns import Column
from customers.browsing.customer_list.customer_rows import NewRow, RowChange
from customers.models import Write
from customers.web import links
from customers.web.difference import difference
from customers.web.lists.list_state import ListState
from customers.web.lists.list_states import CUSTOMER_SEARCH
from customers.web.origins.list_origin import Origin, kept
from customers.writes.showing.listed import row_key, state_context
from customers.writes.showing.pending import apply_pending


@dataclass(frozen=True, slots=True)
class ListChanges:
    """The changes by the index of their row, the rows of new customers, and how many pending changes have no row.

    `shown` are the changes whose state stands in a row, as `listed.row_key`, each with the row's position in the list;
    0 for a new customer.
    """

    rows: Mapping[int, RowChange]
    new: tuple[NewRow, ...]
    elsewhere: int
    shown: Mapping[str, int]


def place(
    writes: Sequence[Write],
    customers: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    origin: Origin,
    *,
    may_write: bool,
) -> ListChanges:
    """The changes in the rows of one page. `writes` are oldest first; `origin` is the list at the page's first row."""
    if not writes:
        return ListChanges({}, (), 0, {})
    state = origin.state
    index_of = {customer.get("id"): index for index, customer in enumerate(customers)}
    of_row: dict[int, list[Write]] = {}
    new, elsewhere = list[Write](), 0
    for write in writes:
        index = index_of.get(write.customer_id) if write.customer_id else None
        if index is not None:
            of_row.setdefault(index, []).append(write)
        elif write.kind == Write.Kind.CREATE and state.page == 1 and _matches(state, write):
            new.append(write)
        elif write.is_pending:
            elsewhere += 1
    rows = {
        index: RowChange(
            _state(changes[-1], replace(origin, at=origin.at + index), may_write=may_write),
            _changed_cells(customers[index], changes, columns),
        )
        for index, changes in of_row.items()
    }
    unplaced = replace(origin, at=0)
    new_rows = tuple(_new_row(write, unplaced, may_write=may_write) for write in reversed(new))
    shown = {row_key(write): 0 for write in new} | {
        row_key(changes[-1]): origin.at + index for index, changes in of_row.items()
    }
    return ListChanges(rows, new_rows, elsewhere, shown)


def _changed_cells(
    customer: Mapping[str, Any], writes: list[Write], columns: Sequence[Column]
) -> dict[str, SafeString]:
    """The cells of one row in which the changes of its customer show."""
    newest = writes[-1]
    updates = [write for write in writes if write.kind == Write.Kind.UPDATE]
    pending = [write for write in updates if write.is_pending]
    record = dict(customer)
    if not pending and newest in updates and newest.state in Write.FAILED_STATES:
        pending = [newest]
    if pending:
        after, _ = apply_pending(record, pending)
        return {
            column.name: _old_and_new(column.text(record), column.text(after), newest)
            for column in columns
            if not column.is_date and column.text(record) != column.text(after)
        }
    return _new_values(record, updates[-1:], columns)


def _new_values(
    record: Mapping[str, Any], writes: list[Write], columns: Sequence[Column]
) -> dict[str, SafeString]:
    """The values of a change that Codat's copy shows by now, marked as new."""
    cells = {}
    for write in writes:
        before, sent = write.values_before, write.sent_values
        for column in columns:
            if column.field in sent and column.text(before) != column.text(sent):
                text = column.text(record)
                if text and not column.is_date:
                    cells[column.name] = format_html("<ins>{}</ins>", text)
    return cells


def _old_and_new(old: str, new: str, write: Write) -> SafeString:
    """A cell with the value before and the value after; the characters that differ are marked."""
    sides = difference(old, new)
    kind = "refused" if write.state in Write.FAILED_STATES else "coming"
    if not old:
        return format_html('<span class="{}">{}</span>', kind, sides.new)
    return format_html(
        '<span class="from">{}</span> <span aria-hidden="true">→</span><span class="vh">, new value: </span>'
        ' <span class="{}">{}</span>',
        sides.old,
        kind,
        sides.new or SafeString('<ins class="none">none</ins>'),
    )


def _new_row(write: Write, origin: Origin, *, may_write: bool) -> NewRow:
    has_page = not write.is_pending and links.is_addressable(write.customer_id)
    url = (
        links.customer(write.company_id, write.customer_id)
        if has_page
        else links.write(write.company_id, write.pk)
    )
    record = write.sent_values or {"customerName": write.customer_name}
    return NewRow(kept(url, origin), record, _state(write, origin, may_write=may_write))


def _state(write: Write, origin: Origin, *, may_write: bool) -> SafeString:
    context = state_context(write, may_write=may_write, origin=origin)
    return SafeString(render_to_string("writes/_row_state.html", context).strip())


def _matches(state: ListState, write: Write) -> bool:
    """Whether a new customer belongs to a list that is searched or filtered. Compared as Codat would, without case."""
    record = write.sent_values
    filters = state.filters
    if filters["deleted"] == "only":
        return False
    if filters["status"] and record.get("status") != filters["status"]:
        return False
    if filters["currency"] and record.get("defaultCurrency") != filters["currency"]:
        return False
    texts = [str(record.get(name) or "").casefold() for name in CUSTOMER_SEARCH]
    return all(any(word.casefold() in text for text in texts) for word in state.search.words)
