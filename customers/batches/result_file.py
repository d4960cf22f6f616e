"""The rows of a batch as a CSV file, for a spreadsheet. Knows no HTTP."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from customers.batches.progress import GROUPS
from customers.batches.reasons import reason
from customers.models import BatchRow

HEADINGS = (
    "Position", "Customer ID", "Name", "State", "Reason", "Field", "Old", "New", "Change",
)  # fmt: skip
# Rows of one query.
_PIECE = 500
# A spreadsheet takes a text that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BOM = "\ufeff"


class ResultFile:
    """The lines of a file, read from the database as they are sent: one for each changed field, or for a row without.

    `rows` are those of `grouped_rows`. `url_of` makes the address of a row's change; "" where it has none.
    """

    def __init__(self, rows: "QuerySet[Any]", url_of: Callable[[BatchRow], str]) -> None:
        self._rows = rows.select_related("write").order_by("position")
        self._url_of = url_of
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        """The file in pieces."""
        yield (_BOM + _line(HEADINGS)).encode()
        position = 0
        while self._is_open:
            rows = self._rows.filter(position__gt=position).defer(
                "payload", "before", "merged", "write__before", "write__payload", "write__merged"
            )[:_PIECE]
            lines = [self._lines(row) for row in rows]
            if not lines:
                return
            position = rows[len(rows) - 1].position
            yield "".join(lines).encode(errors="replace")

    def close(self) -> None:
        """No further row is read."""
        self._is_open = False

    def _lines(self, row: Any) -> str:
        group = GROUPS[row.group]
        start = [str(row.position), row.customer_id, row.customer_name, group.label, reason(row)]
        changes = [change for change in row.changes if isinstance(change, dict)] or [{}]
        return "".join(
            _line(
                [
                    *start,
                    *(str(change.get(key) or "") for key in ("label", "old", "new")),
                    self._url_of(row),
                ]
            )
            for change in changes
        )


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula: one that looks like it begins with an apostrophe."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _line(cells: tuple[str, ...] | list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([harmless(cell) for cell in cells])
    return line.getvalue()
