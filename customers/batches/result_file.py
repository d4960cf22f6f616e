"""The rows of a batch as a CSV file, for a spreadsheet. Knows no HTTP."""

from collections.abc import Callable, Iterator, Sequence

from customers.batches.progress import group_of
from customers.batches.reasons import reason
from customers.codat.cell_text import BOM, protected_line
from customers.models import Batch, BatchRow

HEADINGS = (
    "Position", "Customer ID", "Name", "State", "Reason", "Field", "Old", "New", "Change",
)  # fmt: skip
# Rows of one query.
_PIECE = 500


class ResultFile:
    """The lines of a file, read from the database as they are sent: one for each changed field, or for a row without.

    `positions` are those of the rows. `url_of` makes the address of a row's change; "" where it has none.
    """

    def __init__(
        self, batch: Batch, positions: Sequence[int], url_of: Callable[[BatchRow], str]
    ) -> None:
        self._batch, self._positions = batch, positions
        self._url_of = url_of
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        """The file in pieces."""
        yield (BOM + protected_line(HEADINGS)).encode()
        rows = (
            BatchRow.objects.filter(batch=self._batch).select_related("write").order_by("position")
        )
        rows = rows.defer("payload", "before", "write__before", "write__payload", "write__merged")
        for start in range(0, len(self._positions), _PIECE):
            if not self._is_open:
                return
            piece = rows.filter(position__in=self._positions[start : start + _PIECE])
            yield "".join(map(self._lines, piece)).encode(errors="replace")

    def close(self) -> None:
        """No further row is read."""
        self._is_open = False

    def _lines(self, row: BatchRow) -> str:
        group = group_of(row, self._batch)
        customer_id, name = row.known_customer_id, row.customer_name
        start = [str(row.position), customer_id, name, group.label, reason(row)]
        changes = [change for change in row.changes if isinstance(change, dict)] or [{}]
        return "".join(
            protected_line(
                [
                    *start,
                    *(str(change.get(key) or "") for key in ("label", "old", "new")),
                    self._url_of(row),
                ]
            )
            for change in changes
        )
