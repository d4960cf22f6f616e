"""What a browser posted, read into a form's state.

The state is walked and each input asked for by its own name, so no posted name can reach further
than the model. An input that was not posted stays as it was in the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from customers.codat.text import page_text
from customers.forms.bound import MAX_ROWS, Group, Leaf, Row, Rows, State
from customers.forms.paths import FIELD, REMOVED, ROWS

# New rows in one post, over all arrays; a person adds a handful.
MAX_NEW_ROWS = 2_000
# Inputs in them: a post has room for no more fields, while a row of a wide model has a thousand.
MAX_NEW_INPUTS = 20_000
_UNKNOWN_ROW = "The form named a row that is not there. The row was left out; nothing else changed."
_TOO_MANY_ROWS = f"A list takes at most {MAX_ROWS} rows here. The rows beyond were left out."


class Data(Protocol):
    """What is needed of a QueryDict."""

    def getlist(self, key: str, /) -> list[str]:
        """Every value posted under the name."""

    def __iter__(self) -> Iterator[str]: ...


class Reader:
    """Reads one post. `problems` are sentences that no field can carry; `unplaced` are inputs of
    the form that the model does not know, with what they held."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.seen: set[str] = set()
        self.problems: list[str] = []
        self.unplaced: dict[str, str] = {}
        self.new_rows = self.new_inputs = 0

    def read(self, root: Group) -> None:
        """Read everything into the state."""
        self._read(root)
        for name in self.data:
            if name[:2] not in (FIELD, ROWS, REMOVED) or name in self.seen:
                continue
            values = [value for value in self.data.getlist(name) if value.strip()]
            if values and name.startswith(FIELD):
                self.unplaced[name] = values[-1]
        if self.unplaced:
            names = ", ".join(page_text(name[2:])[:80] for name in list(self.unplaced)[:3])
            more = "" if len(self.unplaced) <= 3 else f" and {len(self.unplaced) - 3} more"
            self.problems.append(
                "The form held fields that the integration does not have (any more), which will "
                f"not be sent: {names}{more}."
            )

    def _read(self, state: State) -> None:
        if isinstance(state, Leaf):
            self._leaf(state)
        elif isinstance(state, Group):
            for child in state.children:
                self._read(child)
        elif isinstance(state, Rows):
            self._rows(state)

    def _leaf(self, leaf: Leaf) -> None:
        name = FIELD + leaf.path
        values = self.data.getlist(name)
        if not values:
            return
        self.seen.add(name)
        leaf.text = page_text(values[-1])
        if len(values) > 1 and len(set(values)) > 1:
            leaf.error = "The form held this field twice, with different values. Check it."

    def _rows(self, rows: Rows) -> None:
        name, removed_name = ROWS + rows.path, REMOVED + rows.path
        keys = self._keys(name)
        if keys is not None:
            removed = set(self._keys(removed_name) or ())
            self._order(rows, keys, removed)
        for row in rows.rows:
            if not row.hidden:
                self._read(row.state)

    def _keys(self, name: str) -> list[str] | None:
        values = self.data.getlist(name)
        self.seen.add(name)
        if not values:
            return None
        return [key for key in values[-1][:20_000].split(",") if key]

    def _order(self, rows: Rows, keys: list[str], removed: set[str]) -> None:
        """Put the rows in the posted order. What was not posted is not lost: it follows."""
        left = {row.key: row for row in rows.rows if not row.new}
        ordered: list[Row] = []
        known: set[str] = set()
        for key in keys:
            row = left.pop(key, None)
            if row is None and key not in known:
                row = self._new(rows, key, len(ordered))
            if row is None:
                self._problem(_UNKNOWN_ROW)
                continue
            known.add(key)
            row.removed = key in removed
            row.hidden = False
            ordered.append(row)
        rows.rows = ordered + list(left.values())

    def _new(self, rows: Rows, key: str, count: int) -> Row | None:
        if (
            count >= 2 * MAX_ROWS
            or self.new_rows >= MAX_NEW_ROWS
            or self.new_inputs >= MAX_NEW_INPUTS
        ):
            self._problem(_TOO_MANY_ROWS)
            return None
        before = rows.binding.inputs
        row = rows.new_row(key)
        self.new_rows += 1
        self.new_inputs += rows.binding.inputs - before
        return row

    def _problem(self, sentence: str) -> None:
        if sentence not in self.problems:
            self.problems.append(sentence)
