"""What happened to one customer, the newest first: changes, the reader's drafts, syncs. Makes no call to Codat."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Q
from django.utils import timezone

from customers.codat.values import parse_date
from customers.models import Draft, Write
from customers.web import links
from customers.writes import sentences
from customers.writes.diff import FieldChange
from customers.writes.drafts import MAX_DRAFTS, FormKey
from customers.writes.showing.effects import (
    MAX_EARLIER,
    can_be_undone,
    is_too_long,
    is_undo,
    own_changes,
    undo_submission,
)

PAGE_SIZE = 15
# Rows that are read beyond a page: what was pending when the last change of the page was saved.
_CONTEXT = 5
# A change in the accounting software so close to one of ours is ours.
_SAME_CHANGE = timedelta(minutes=15)

Kind = Literal["changes", "drafts", "syncs"]
KINDS: tuple[tuple[str, str], ...] = (
    ("", "Everything"),
    ("changes", "Changes"),
    ("drafts", "Drafts"),
    ("syncs", "Syncs"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the timeline begins: below the write of this time and ID."""

    at: datetime
    write_id: uuid.UUID

    @classmethod
    def of(cls, text: str) -> Place | None:
        """The place that an address names; None where it names none."""
        moment, _, write_id = text.partition("_")
        at = parse_date(moment)
        try:
            return cls(at, uuid.UUID(write_id)) if at else None
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.write_id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; what a kind does not need has its default.

    `is_too_long`: its values are too many to be compared here. `is_undone`: a later change put them back. `batch` is
    the title and the address of the batch that the change is part of.
    """

    kind: Literal["change", "create", "undo", "draft", "sync", "source"]
    at: datetime
    by: str = ""
    is_own: bool = False
    write: Write | None = None
    mark: sentences.Mark | None = None
    changes: list[FieldChange] = field(default_factory=list)
    is_too_long: bool = False
    is_undone: bool = False
    url: str = ""
    undo_url: str = ""
    fix_url: str = ""
    batch: tuple[str, str] | None = None

    @property
    def verb(self) -> str:
        """What was done, that it failed where it did, and that it is still to come where it waits."""
        state = self.write.state if self.write else ""
        plain, tried, coming = {
            "undo": ("undid", "tried to undo", "will undo"),
            "create": (
                "added this customer",
                "tried to add this customer",
                "will add this customer",
            ),
        }.get(self.kind, ("changed", "tried to change", "will change"))
        if state in (Write.State.WAITING, Write.State.QUEUED):
            return coming
        return tried if state in (Write.State.FAILED, Write.State.NOT_SENT) else plain


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page. `groups` are (heading, entries); `earlier` is the place of the next page, None for none."""

    groups: list[tuple[str, list[Entry]]]
    kind: str
    place: Place | None
    earlier: Place | None
    # What was read, the newest first: the page's fields show their states from it.
    writes: list[Write]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the customer without a call: when Codat last synced, when the record was changed there."""

    last_sync: str = ""
    source_modified: object = None


def timeline(key: FormKey, known: Known, *, kind: str = "", place: Place | None = None) -> Timeline:
    """One page of a customer's timeline. Two queries at most.

    `key` names the reader and the customer. `kind` is one of `KINDS`.
    """
    kind = kind if kind in dict(KINDS) else ""
    writes = _writes(key, place) if kind in ("", "changes") else []
    page, has_more = writes[:PAGE_SIZE], len(writes) > PAGE_SIZE
    upper, lower = place.at if place else None, page[-1].created_at if has_more else None
    entries = _change_entries(page, writes, key)
    others: list[Entry] = []
    if kind in ("", "drafts"):
        # Without the longest columns: what was typed, and the model.
        drafts = key.drafts().defer("body", "model")[:MAX_DRAFTS]
        others += [_draft_entry(draft) for draft in drafts]
    if kind in ("", "syncs"):
        others += _sync_entries(known, writes)
    entries += [
        entry
        for entry in others
        if (upper is None or entry.at < upper) and (lower is None or entry.at >= lower)
    ]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    earlier = Place(page[-1].created_at, page[-1].pk) if has_more else None
    return Timeline(_groups(entries, timezone.now()), kind, place, earlier, writes)


def _writes(key: FormKey, place: Place | None) -> list[Write]:
    rows = Write.objects.filter(company_id=key.company_id, customer_id=key.customer_id)
    rows = rows.select_related("batch").defer("batch__instructions", "batch__question")
    if place:
        older = Q(created_at__lt=place.at) | Q(created_at=place.at, id__lt=place.write_id)
        rows = rows.filter(older, created_at__lte=place.at)
    return list(rows.order_by("-created_at", "-id")[: PAGE_SIZE + 1 + _CONTEXT])


def _change_entries(page: Sequence[Write], writes: Sequence[Write], key: FormKey) -> list[Entry]:
    without_effect = (Write.State.FAILED, Write.State.NOT_SENT)
    submissions = {write.submission for write in writes if write.state not in without_effect}
    return [
        _change_entry(write, writes[index + 1 : index + 1 + MAX_EARLIER], submissions, key)
        for index, write in enumerate(page)
    ]


def _change_entry(
    write: Write, earlier: Sequence[Write], submissions: set[uuid.UUID], key: FormKey
) -> Entry:
    too_long = is_too_long(write)
    is_undone = undo_submission(write.pk) in submissions
    is_create = write.kind == Write.Kind.CREATE
    may_write = key.user.has_perm("customers.write_customers")
    may_undo = may_write and can_be_undone(write) and not is_undone
    may_fix = may_write and write.payload and write.state in Write.FAILED_STATES and not is_create
    return Entry(
        kind="create" if is_create else "undo" if is_undo(write) else "change",
        at=write.created_at,
        by=write.username,
        is_own=write.user_id == key.user.pk,
        write=write,
        mark=sentences.mark(write),
        changes=[] if too_long or is_create else own_changes(write, earlier),
        is_too_long=too_long,
        is_undone=is_undone,
        url=links.write(write.company_id, write.pk),
        undo_url=links.undo(write.company_id, write.pk) if may_undo else "",
        fix_url=links.fix(write.company_id, write.customer_id, write.pk) if may_fix else "",
        batch=(write.batch.title, links.batch(write.company_id, write.batch.pk))
        if write.batch
        else None,
    )


def _draft_entry(draft: Draft) -> Entry:
    url = links.continued_draft(
        draft.company_id, draft.customer_id, draft.connection_id, draft.submission
    )
    return Entry(kind="draft", at=draft.updated_at, is_own=True, url=url)


def _sync_entries(known: Known, writes: Iterable[Write]) -> list[Entry]:
    entries = []
    synced_at, changed_at = parse_date(known.last_sync), parse_date(known.source_modified)
    if synced_at:
        entries.append(Entry(kind="sync", at=synced_at))
    if changed_at and not any(_is_own_change(write, changed_at) for write in writes):
        entries.append(Entry(kind="source", at=changed_at))
    return entries


def _is_own_change(write: Write, changed_at: datetime) -> bool:
    """Whether the record's last change in the accounting software may be this write."""
    if write.sent_at is None or write.state == Write.State.FAILED:
        return False
    ended_at = write.completed_at or write.sent_at
    return write.sent_at - _SAME_CHANGE <= changed_at <= ended_at + _SAME_CHANGE


def _groups(entries: Iterable[Entry], now: datetime) -> list[tuple[str, list[Entry]]]:
    """The entries under the headings of their time; only headings with entries."""
    today = timezone.localdate(now)
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        day = timezone.localdate(entry.at)
        is_this_month = (day.year, day.month) == (today.year, today.month)
        heading = "Today" if day >= today else "This month" if is_this_month else "Earlier"
        groups.setdefault(heading, []).append(entry)
    return list(groups.items())
