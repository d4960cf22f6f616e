"""The rows of an import by what they mean, read once at the beginning of a check."""

from __future__ import annotations

from customers.models import Import, ImportRow
from customers.spreadsheets.importing.customers import Key, loose_name
from customers.spreadsheets.importing.row_store import StoredRow, stored_rows
from customers.spreadsheets.importing.sheets.sheet import Sheet

RowState = ImportRow.State

# Decisions about a row.
CREATE, LEAVE_OUT, CHANGE = "create", "leave_out", "change:"


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
        self._wanted: dict[int, StoredRow] = {}
        self._taken: set[int] = set()
        for row in stored_rows(source):
            self._add(row)
        if self._is_partial:
            new = ImportRow.objects.filter(source=source, state=RowState.NEW)
            for name, position in new.values_list("customer_name", "position"):
                self.new_names.setdefault(loose_name(name), position)

    @property
    def wanted(self) -> int:
        """How many rows this check has not decided about yet."""
        return len(self._wanted)

    def is_wanted(self, position: int) -> bool:
        """Whether this check decides about a row, and has not done so yet."""
        return position in self._wanted

    def take(self, position: int) -> StoredRow:
        """A row that is decided about now."""
        self._taken.add(position)
        return self._wanted.pop(position)

    def is_taken(self, position: int) -> bool:
        """Whether this check has decided about a row."""
        return position in self._taken

    def remaining(self) -> list[int]:
        """The rows that nothing was decided about yet, in the order of the sheet."""
        return sorted(self._wanted)

    def _add(self, row: StoredRow) -> None:
        if not self._is_partial or row.state in (RowState.WAITING, RowState.TWICE):
            self._wanted[row.position] = row
        if row.decision.startswith(CHANGE):
            self.chosen.setdefault(row.decision.removeprefix(CHANGE), []).append(row.position)
        elif row.decision != CREATE:
            key = self.key.of_row(row.cells)
            if key and self.first.setdefault(key, row.position) != row.position:
                self.twins[row.position] = self.first[key]
