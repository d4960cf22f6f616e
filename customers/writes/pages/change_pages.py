"""Pages of a list of changes, the newest first, that read few rows whatever the length of the list."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from customers.models import Write, WriteQuerySet
from customers.web.lists.paging import page_number

PAGE_SIZE = 50
# Pages that can be opened by number: the database reads and skips all rows before them.
MAX_NUMBERED = 100
MAX_COUNTED = PAGE_SIZE * MAX_NUMBERED
# The parameters of an address that state the position in a list.
PLACE = ("page", "before", "after")


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Up to `PAGE_SIZE` changes, the newest first.

    `total` is at most `MAX_COUNTED`; `is_total_known` is False where there are more. `number` is exact for a page that
    was opened by its number, and otherwise counted by the links.
    """

    writes: list[Write]
    number: int
    total: int
    is_total_known: bool
    has_previous: bool
    has_next: bool

    @property
    def position(self) -> str:
        """Which page this is, "Page 2 of 7"."""
        pages = max(self.number, -(-self.total // PAGE_SIZE))
        return f"Page {self.number} of {pages}" if self.is_total_known else f"Page {self.number}"

    @property
    def previous_place(self) -> dict[str, str]:
        """The parameters of the page with newer changes, {} where there is none."""
        if not self.has_previous:
            return {}
        return {"page": str(max(1, self.number - 1)), "after": str(self.writes[0].pk)}

    @property
    def next_place(self) -> dict[str, str]:
        """The parameters of the page with older changes, {} where there is none."""
        if not self.has_next:
            return {}
        return {"page": str(self.number + 1), "before": str(self.writes[-1].pk)}


def change_page(rows: WriteQuerySet, query: Mapping[str, str]) -> ChangePage:
    """The page of a list that a query string names.

    `before` and `after` are the ID of the change that the page follows or precedes, so that no change is repeated or
    left out while new ones arrive. Without them, and where no change is left there, `page` counts.
    """
    counted = rows[: MAX_COUNTED + 1].count()
    total, is_known = min(counted, MAX_COUNTED), counted <= MAX_COUNTED
    last = max(1, -(-total // PAGE_SIZE))
    number = page_number(query.get("page", ""))
    if is_known:
        number = min(number, last)
    if write := _write(query.get("before", "")):
        writes = list(_older(rows, write)[: PAGE_SIZE + 1])
        if writes:
            more = len(writes) > PAGE_SIZE
            return ChangePage(
                writes[:PAGE_SIZE],
                max(2, number),
                total,
                is_known,
                has_previous=True,
                has_next=more,
            )
    elif write := _write(query.get("after", "")):
        writes = list(_newer(rows, write)[: PAGE_SIZE + 1])
        more = len(writes) > PAGE_SIZE
        number = max(2, number) if more else 1
        if writes:
            writes = writes[:PAGE_SIZE][::-1]
            return ChangePage(writes, number, total, is_known, has_previous=more, has_next=True)
    number = min(number, last)
    start = (number - 1) * PAGE_SIZE
    writes = list(_newest_first(rows)[start : start + PAGE_SIZE + 1])
    more = len(writes) > PAGE_SIZE
    return ChangePage(
        writes[:PAGE_SIZE], number, total, is_known, number > 1 and bool(writes), more
    )


def _newest_first(rows: WriteQuerySet) -> WriteQuerySet:
    return rows.order_by("-created_at", "-id")


def _older(rows: WriteQuerySet, write: Write) -> WriteQuerySet:
    """The rows after a write in the list. The first condition is the one that an index answers."""
    at = write.created_at
    rows = rows.filter(Q(created_at__lt=at) | Q(id__lt=write.pk), created_at__lte=at)
    return _newest_first(rows)


def _newer(rows: WriteQuerySet, write: Write) -> WriteQuerySet:
    """The rows before a write in the list, the nearest first."""
    at = write.created_at
    rows = rows.filter(Q(created_at__gt=at) | Q(id__gt=write.pk), created_at__gte=at)
    return rows.order_by("created_at", "id")


def _write(text: str) -> Write | None:
    """The change with this ID, whose position is used; None where there is none. It need not match the filters."""
    try:
        pk = UUID(text)
    except ValueError:
        return None
    return Write.objects.filter(pk=pk).only("created_at").first()
