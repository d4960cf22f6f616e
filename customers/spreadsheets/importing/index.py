"""The rows of an import by what they mean: read once at the beginning of a check, without their cells kept."""

from __future__ import annotations

from collections.abc import Iterator

from customers.models import Import, ImportRow
from customers.spreadsheets.importing.customers import Key, loose_name
from customers.spreadsheets.importing.sheets.cells import cells_of
from customers.spreadsheets.importing.sheets.sheet import Sheet

RowState = ImportRow.State

# Decisions about a row.
CREATE, LEAVE_OUT, CHANGE = "create", "leave_out", "change:"
# Rows that are read from the database together.
_PIECE = 2_000


class RowIndex:
    """Positions of rows by key and by decision.

    `first` has for each key the first row with it, `twins` for each further row the first one. `chosen` are the rows
    that a person gave to a customer, by its ID. `new_names` are the names of new customers, with their rows, that this
    check does not look at.
    """

    def __init__(self, source: Import, sheet: Sheet) -> None:
        self.key = Key(sheet.column(source.match_by))
        self.first: dict[str, int] = {}
        self.twins: dict[int, int] = {}
        self.chosen: dict[str, list[int]] = {}
        self.new_names: dict[str, int] = {}
        # A second check looks only at rows that are waiting, and at those that others may have released.
        self._is_partial = source.checked_at is not None
        self._wanted: set[int] = set()
        for row in _rows(source):
            self._add(row)

    def is_wanted(self, position: int) -> bool:
        """Whether this check decides about a row, and has not done so yet."""
        return position in self._wanted

    def take(self, position: int) -> None:
        """A row is decided about."""
        self._wanted.discard(position)

    def unmatched(self) -> list[int]:
        """The rows that nothing was decided about yet, in the order of the sheet."""
        return sorted(self._wanted)

    def _add(self, row: ImportRow) -> None:
        again = (RowState.WAITING, RowState.TWICE)
        if not self._is_partial or row.state in again:
            self._wanted.add(row.position)
        elif row.state == RowState.NEW:
            self.new_names.setdefault(loose_name(row.customer_name), row.position)
        if row.decision.startswith(CHANGE):
            self.chosen.setdefault(row.decision.removeprefix(CHANGE), []).append(row.position)
        elif row.decision != CREATE:
            key = self.key.of_row(cells_of(row.cells, {}, row.corrections))
            if key and self.first.setdefault(key, row.position) != row.position:
                self.twins[row.position] = self.first[key]


def _rows(source: Import) -> Iterator[ImportRow]:
    rows = ImportRow.objects.filter(source=source).exclude(state=RowState.LEFT_OUT)
    columns = ("position", "cells", "corrections", "decision", "state", "customer_name")
    return rows.only(*columns).order_by("position").iterator(chunk_size=_PIECE)
