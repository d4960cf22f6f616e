"""Pages of the audit that read few rows whatever its length: each names the entry that it follows or precedes."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from customers.auditing import filters
from customers.models import AuditEntry

PAGE_SIZE = 50
# Entries are counted up to here.
MAX_COUNTED = 5000
# The parameters of an address that state the position in the list.
PLACE = ("before", "after")
_MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Up to `PAGE_SIZE` entries, the newest first, and the parameters of the pages beside it, {} for none.

    `total` is at most `MAX_COUNTED`; `is_total_known` is False where there are more.
    """

    entries: list[AuditEntry]
    total: int
    is_total_known: bool
    newer: dict[str, str]
    older: dict[str, str]


def entry_page(rows: "QuerySet[AuditEntry]", query: Mapping[str, str]) -> EntryPage:
    """The page that a query string names; the first one where it names none, or nothing is left there.

    `before` is the ID of the entry that the page follows, `after` of the one that it precedes.
    """
    counted = rows[: MAX_COUNTED + 1].count()
    entries, has_newer, has_older = _shown(rows, query)
    return EntryPage(
        entries=entries,
        total=min(counted, MAX_COUNTED),
        is_total_known=counted <= MAX_COUNTED,
        newer={"after": str(entries[0].pk)} if has_newer else {},
        older={"before": str(entries[-1].pk)} if has_older else {},
    )


def _shown(
    rows: "QuerySet[AuditEntry]", query: Mapping[str, str]
) -> tuple[list[AuditEntry], bool, bool]:
    """The entries of a page, and whether there are newer and older ones."""
    if entry := _entry(query.get("before", "")):
        entries = list(filters.after(rows, entry)[: PAGE_SIZE + 1])
        if entries:
            return entries[:PAGE_SIZE], True, len(entries) > PAGE_SIZE
    elif entry := _entry(query.get("after", "")):
        entries = list(filters.before(rows, entry)[: PAGE_SIZE + 1])
        if entries:
            return entries[:PAGE_SIZE][::-1], len(entries) > PAGE_SIZE, True
    entries = list(rows[: PAGE_SIZE + 1])
    return entries[:PAGE_SIZE], False, len(entries) > PAGE_SIZE


def _entry(text: str) -> AuditEntry | None:
    """The entry with this ID, whose position is used. It need not match the filters."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS):
        return None
    return AuditEntry.objects.filter(pk=int(text)).first()
