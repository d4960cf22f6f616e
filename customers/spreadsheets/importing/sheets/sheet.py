"""A row of a sheet as instructions for one customer: what differs from its record, and nothing else.

An empty cell leaves, the clear word clears, a column that the sheet does not have leaves. Columns of a list stand for
its rows by their numbers; each group of cells is matched with the row of the record that it means (`list_rows.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from customers.codat.text import is_blank
from customers.forms import Form
from customers.forms.display import CompiledModel
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
        self._paths = [(each.index, each.field.path) for each in values]

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

    def is_unchanged(self, cells: Cells, record: Mapping[str, Any]) -> bool:
        """Whether each cell with a text has exactly the text that our own export gives the record's value.

        Most rows of a file are like that, and need no form. Always False where rows of lists are replaced, because the
        record may have some that the file does not have.
        """
        if self._replaces_rows and self._lists:
            return False
        texts = cells.texts
        length = len(texts)
        for index, path in self._paths:
            if index < length and (text := texts[index]) and text != _text_at(record, path):
                return False
        return True

    def draft(self, cells: Cells, form: Form) -> Draft:
        """What a row asks for, beside a form that was opened with its customer, or one for a new customer."""
        draft, root = Draft(), form.root
        columns = self._singles
        if form.creating and self._id and self._id.field.node:
            columns = [self._id, *columns]
        for column in columns:
            leaf = leaf_at(root, (str(name) for name in column.field.path))
            read_cell(draft, column, cells, leaf, clear_word=self._clear_word)
        merge = ListMerge(
            draft, cells, clear_word=self._clear_word, replaces_rows=self._replaces_rows
        )
        for rows in self._lists:
            merge.merge(rows, field_at(root, rows.names))
        return draft


def _text_at(record: Mapping[str, Any], path: Path) -> str:
    """The text of a value of a record as our own export writes it."""
    value: Any = record
    for part in path:
        is_index = isinstance(part, int)
        if is_index is not isinstance(value, list):
            return ""
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return value if isinstance(value, str) else cell_text(value)
