"""The rows of a batch as its page shows them: filtered, searched, paged, each with what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

from customers.batches.following_up import CORRECTABLE
from customers.batches.progress import BY_KEY, Progress, group_of
from customers.batches.reasons import reason
from customers.batches.states import LEAVABLE
from customers.codat.text import db_safe
from customers.models import Batch, BatchRow, Write
from customers.web import links
from customers.web.lists.paging import page_number
from customers.writes import sentences
from customers.writes.sentences import Mark

PAGE_SIZE = 50
_MAX_QUERY, _MAX_DIGITS = 200, 6

_NOT_SENT = Mark("Not sent", "dash", "")
_LEFT_OUT = Mark("Left out", "dash", "")
_READY = Mark("Ready", "ring", "")


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Which rows of a batch are shown: a group ("" for all), a search, a page from 1."""

    state: str = ""
    q: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "RowPlace":
        """From an address; what it does not understand is left out."""
        number = page_number(query.get("page", ""), digits=_MAX_DIGITS)
        state = query.get("state", "")
        text = db_safe(query.get("q", "").strip(), _MAX_QUERY)
        return cls(state if state in BY_KEY else "", text, number)

    def address(self, **changes: Any) -> str:
        """The query string of this place with changes: "?..." or ""."""
        place = replace(self, **changes)
        page = place.page if place.page > 1 else ""
        pairs = {"state": place.state, "q": place.q, "page": page}
        query = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{query}" if query else ""


@dataclass(frozen=True, slots=True)
class RowPage:
    """One page of rows. `rows` are contexts for the template; `groups` begin with the row of that index."""

    rows: list[dict[str, Any]]
    total: int
    page: int
    pages: int
    previous_url: str
    next_url: str

    @property
    def position(self) -> str:
        """`Page 2 of 9`."""
        return f"Page {self.page} of {self.pages}"


def matching(batch: Batch, place: RowPlace, progress: Progress) -> list[int]:
    """The positions of a place's rows on all its pages, those that need a person first."""
    positions = progress.positions(place.state)
    if not place.q:
        return positions
    named = Q(customer_name__icontains=place.q) | Q(customer_id__icontains=place.q)
    rows = BatchRow.objects.filter(named, batch=batch).order_by()
    found = set(rows.values_list("position", flat=True))
    return [position for position in positions if position in found]


def row_page(batch: Batch, place: RowPlace, progress: Progress, *, may_write: bool) -> RowPage:
    """The page of a place."""
    positions = matching(batch, place, progress)
    pages = max(-(-len(positions) // PAGE_SIZE), 1)
    page = min(place.page, pages)
    shown = positions[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    rows = BatchRow.objects.filter(batch=batch, position__in=shown).select_related("write")
    rows = rows.defer("before", "merged", "write__before", "write__merged", "write__warnings")
    by_position = {row.position: row for row in rows}
    return RowPage(
        rows=[
            row_context(by_position[position], batch, place, may_write=may_write)
            for position in shown
            if position in by_position
        ],
        total=len(positions),
        page=page,
        pages=pages,
        previous_url=(place.address(page=page - 1) or "?") if page > 1 else "",
        next_url=place.address(page=page + 1) if page < pages else "",
    )


def row_context(row: BatchRow, batch: Batch, place: RowPlace, *, may_write: bool) -> dict[str, Any]:
    """One row of the table."""
    write, group = row.write, group_of(row, batch)
    customer_id = row.known_customer_id
    has_page = links.is_addressable(customer_id)
    url = links.batch_row(batch.company_id, batch.pk, row.position) + place.address()
    may_leave = may_write and may_leave_out(row, batch)
    return {
        "position": row.position,
        "group": group,
        "name": row.label,
        "is_new": not row.customer_id,
        "customer_url": links.customer(batch.company_id, customer_id) if has_page else "",
        "mark": row_mark(row, batch),
        "changes": row.changes,
        "reason": reason(row),
        "event": _event(write),
        "url": url,
        "edit_label": _edit_label(row, batch) if may_write else "",
        "fix_url": _fix_url(write) if may_write else "",
        "write_url": links.write(batch.company_id, write.pk) if write else "",
        "may_leave_out": may_leave,
        "may_take_in": may_write and may_take_in(row, batch),
    }


def row_mark(row: BatchRow, batch: Batch) -> Mark:
    """The state of a row as an icon and a word."""
    if row.write is not None and row.state != BatchRow.State.LEFT_OUT:
        return sentences.mark(row.write)
    if row.state == BatchRow.State.LEFT_OUT:
        return _LEFT_OUT
    if row.state == BatchRow.State.CHECKED:
        if batch.state in (Batch.State.PREPARING, Batch.State.READY):
            return _READY
        return _NOT_SENT if batch.state == Batch.State.CANCELLED else BY_KEY["queued"].mark
    if row.state == BatchRow.State.WAITING and batch.state == Batch.State.CANCELLED:
        return _NOT_SENT
    return BY_KEY[str(row.state)].mark


def may_correct(row: BatchRow, batch: Batch) -> bool:
    """Whether a person can change what will be sent for a row."""
    return batch.state in Batch.OPEN and row.write_id is None and row.state in CORRECTABLE


def may_leave_out(row: BatchRow, batch: Batch) -> bool:
    """Whether a row can be left out: nothing of it was sent."""
    if batch.state not in Batch.OPEN:
        return False
    if row.write is not None:
        return row.write.state == Write.State.QUEUED
    return row.state in LEAVABLE


def may_take_in(row: BatchRow, batch: Batch) -> bool:
    """Whether a row that was left out can be taken in again."""
    is_out = row.state == BatchRow.State.LEFT_OUT and row.write_id is None
    return is_out and batch.state in Batch.OPEN


def _edit_label(row: BatchRow, batch: Batch) -> str:
    """What the link to the form of a row says, "" for none."""
    if not may_correct(row, batch) or row.state == BatchRow.State.LEFT_OUT:
        return ""
    return "Edit" if row.state == BatchRow.State.CHECKED else "Fix"


def _fix_url(write: Write | None) -> str:
    """The form with the values of a change that was refused; "" for none."""
    if write is None or write.state != Write.State.FAILED or not write.payload:
        return ""
    customer_id = write.customer_id if write.kind == Write.Kind.UPDATE else ""
    return links.fix(write.company_id, customer_id, write.pk)


def _event(write: Write | None) -> tuple[str, datetime] | None:
    """The last thing that happened to a row, and when; None where nothing was sent."""
    if write is None:
        return None
    match write.state:
        case Write.State.SENDING | Write.State.PENDING | Write.State.UNKNOWN:
            return ("Sent", write.sent_at) if write.sent_at else None
        case Write.State.SUCCESS if write.confirmed_at:
            return "Read back", write.confirmed_at
        case Write.State.SUCCESS if write.completed_at:
            return "Accepted", write.completed_at
        case Write.State.QUEUED:
            return None
    return ("Ended", write.completed_at) if write.completed_at else None
