"""A row of a sheet as instructions for one customer: what differs from its record, and nothing else.

An empty cell leaves, the clear word clears, a column that the sheet does not have leaves. Columns of a list stand for
its rows by their numbers; each group of cells is matched with the row of the record that it means (`list_rows.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from customers.codat.text import is_blank
from customers.forms import Form
from customers.forms.presentation.display import CompiledModel
from customers.spreadsheets.columns import Path, cell_text
from customers.spreadsheets.importing.fields import field_of
from customers.spreadsheets.importing.sheets.cells import Cells, Draft, read_cell
from customers.spreadsheets.importing.sheets.list_rows import (
    ListMerge,
    field_at,
    leaf_at,
    list_columns,
)
from customers.spreadsheets.importing.sheets.values import Column


class Sheet:
    """What the columns of an import mean. One is made for a whole check; it knows no row and no database."""

    def __init__(
        self,
        compiled: CompiledModel,
        mapping: Sequence[str],
        *,
        clear_word: str = "(clear)",
        replaces_rows: bool = False,
    ) -> None:
        self.compiled = compiled
        self._clear_word = clear_word
        self._replaces_rows = replaces_rows
        fields = [(index, field_of(compiled, key)) for index, key in enumerate(mapping) if key]
        columns = [Column(index, one, compiled) for index, one in fields if one]
        self._by_key = {each.field.key: each for each in columns}
        self._id = next((each for each in columns if each.field.is_id), None)
        values = [each for each in columns if not each.field.is_id]
        self._singles = [each for each in values if not each.field.row]
        self._lists = list_columns(each for each in values if each.field.row)
        self._replaced = [rows.names[0] for rows in self._lists] if replaces_rows else []
        self._paths = [
            (each.index, str(each.field.path[0]), each.field.path[1:]) for each in values
        ]
        self._parts: dict[frozenset[str], CompiledModel] = {}

    def column(self, key: str) -> Column | None:
        """The column of a field; None where the sheet has none."""
        return self._by_key.get(key)

    def index_of(self, bulk_key: str) -> int | None:
        """The index of the first column of a field, whatever its position in a list; None where there is none."""
        columns = (one for one in self._by_key.values() if one.field.bulk_key == bulk_key)
        return min((one.index for one in columns), default=None)

    def is_blank(self, cells: Cells) -> bool:
        """Whether no column that means a field has a text."""
        return all(is_blank(cells.text(each.index)) for each in self._by_key.values())

    def different(self, cells: Cells, record: Mapping[str, Any]) -> frozenset[str]:
        """The fields of a record whose cells do not have exactly the texts that our own export gives it.

        Most rows of a file have none, and need no form. Where rows of lists are replaced, each list is different,
        because the record may have rows that the file does not have.
        """
        names = set(self._replaced)
        texts = cells.texts
        length = len(texts)
        for index, name, rest in self._paths:
            if index < length and (text := texts[index]):
                value = record.get(name)
                if rest:
                    value = _below(value, rest)
                if text != (value if isinstance(value, str) else cell_text(value)):
                    names.add(name)
        return frozenset(names)

    def form(self, record: Mapping[str, Any] | None, names: frozenset[str]) -> Form:
        """The form of a customer with some fields of the record; of a new one, None, with all of them."""
        if record is None:
            return Form(self.compiled, creating=True)
        part = self._parts.get(names)
        if part is None:
            part = self._parts[names] = self.compiled.part(names)
        return Form(part, record)

    def draft(self, cells: Cells, form: Form) -> Draft:
        """What a row asks for, beside a form of its customer or of a new one, which has all fields that differ."""
        draft, root = Draft(), form.root
        bound = {child.node.name for child in root.children}
        columns = self._singles
        if form.creating and self._id and self._id.field.node:
            columns = [self._id, *columns]
        for column in columns:
            if column.field.path[0] in bound:
                leaf = leaf_at(root, (str(name) for name in column.field.path))
                read_cell(draft, column, cells, leaf, clear_word=self._clear_word)
        merge = ListMerge(
            draft, cells, clear_word=self._clear_word, replaces_rows=self._replaces_rows
        )
        for rows in self._lists:
            if rows.names[0] in bound:
                merge.merge(rows, field_at(root, rows.names))
        return draft


def _below(value: Any, path: Path) -> Any:
    """The value at a path in a value, None where there is none."""
    for part in path:
        if isinstance(part, int):
            if not isinstance(value, list) or part >= len(value):
                return None
            value = value[part]
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value
