"""The team's activity as a CSV file, for a spreadsheet. Knows no HTTP."""

from collections.abc import Callable, Iterator, Sequence

from django.db.models import Q

from customers.batches.reasons import write_reason
from customers.codat.cell_text import BOM, protected_line
from customers.models import Write, WriteQuerySet
from customers.writes import sentences
from customers.writes.diff import FieldChange
from customers.writes.showing.effects import changes_of_rows

HEADINGS = (
    "Saved (UTC)", "Person", "Company", "Company ID", "Customer", "Customer ID", "Type",
    "Field", "Old", "New", "Outcome", "Reason", "Change",
)  # fmt: skip
# Rows of one query.
PIECE = 500


class ActivityFile:
    """The lines of a file, read as they are sent, the newest change first: one for each field, or for a change without.

    `url_of` makes the address of a change. Changes that are saved while it is written are left out.
    """

    def __init__(self, rows: WriteQuerySet, url_of: Callable[[Write], str]) -> None:
        self._rows = rows.order_by("-created_at", "-id").defer("merged", "warnings")
        self._url_of = url_of
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        """The file in pieces."""
        yield (BOM + protected_line(HEADINGS)).encode()
        last: Write | None = None
        while self._is_open:
            piece = list(_after(self._rows, last)[:PIECE])
            if not piece:
                return
            lines = map(self._lines, piece, changes_of_rows(piece))
            yield "".join(lines).encode(errors="replace")
            last = piece[-1]

    def close(self) -> None:
        """No further row is read."""
        self._is_open = False

    def _lines(self, write: Write, changes: Sequence[FieldChange]) -> str:
        start = [
            f"{write.created_at:%Y-%m-%d %H:%M:%S}",
            write.username,
            write.company_name,
            write.company_id,
            write.customer_name,
            write.customer_id,
            write.get_kind_display(),
        ]
        end = [sentences.summary(write).label, write_reason(write), self._url_of(write)]
        fields = [[change.label, change.old, change.new] for change in changes] or [["", "", ""]]
        return "".join(protected_line([*start, *values, *end]) for values in fields)


def _after(rows: WriteQuerySet, last: Write | None) -> WriteQuerySet:
    """The rows that follow one in the list. The first condition is the one that an index answers."""
    if last is None:
        return rows
    at = last.created_at
    return rows.filter(Q(created_at__lt=at) | Q(id__lt=last.pk), created_at__lte=at)
