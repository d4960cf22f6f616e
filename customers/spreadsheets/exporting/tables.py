"""The tables of an export and their rows. The columns are fixed by the first records; no value is lost after that.

A value that has no column, because a later record has a field or a list item that the first ones had not, becomes a
row of the table *More values*: customer ID, key of the column, value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customers.formatting import label
from customers.spreadsheets.columns import Path, cells_of, headings, key_of, names_of
from customers.spreadsheets.exporting.fields import MAX_POSITIONS, Field, Shape
from customers.spreadsheets.files import limits
from customers.spreadsheets.files.writing import fits

# Columns of one table: far below the 16,384 of XLSX. Lists have as many numbered columns as leave the whole table below
# what the import reads.
MAX_COLUMNS, _WANTED_COLUMNS = 1_000, limits.MAX_COLUMNS
CUSTOMERS, MORE = "Customers", "More values"
MORE_HEADINGS = ("Customer ID", "Column", "Value")
# The columns before those of a list item: whose it is, and its position from 1.
_ITEM_HEADINGS = ("Customer ID", "Number")
MAX_ITEM_COLUMNS = MAX_COLUMNS - len(_ITEM_HEADINGS)
# Names of tables that are in use, besides those of lists.
_RESERVED = {CUSTOMERS.casefold(), MORE.casefold(), "about"}


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name and the headings of its columns, each different."""

    name: str
    headings: tuple[str, ...]


Row = tuple[int, list[Any]]


@dataclass(frozen=True, slots=True)
class _ItemTable:
    """Where the items of a list go: a table, and the column of each path within an item."""

    number: int
    columns: Mapping[Path, int]


class Tables:
    """The tables: the customers, then each list that has a table of its own, then *More values*.

    `has` says which fields are exported. With `own_tables` the lists of a customer have tables of their own.
    `longest` is how many UTF-16 units a text in a cell may have; longer ones go in parts into *More values*.
    """

    def __init__(
        self, shape: Shape, has: Callable[[Field], bool], *, own_tables: bool, longest: int
    ) -> None:
        self._has = has
        self._longest = longest
        self._is_exported: dict[Field, bool] = {}
        paths = _columns(shape, has, own_tables=own_tables)
        lists = _lists(paths) if own_tables else {}
        main = [path for path in paths if not (_is_item(path) and path[0] in lists)][:MAX_COLUMNS]
        self.keys = tuple(map(key_of, main))
        self._main = {path: index for index, path in enumerate(main)}
        self._lists: dict[object, _ItemTable] = {}
        tables = [Table(CUSTOMERS, tuple(headings(main)))]
        for name, columns in lists.items():
            self._lists[name] = _ItemTable(
                len(tables), {path: index for index, path in enumerate(columns)}
            )
            tables.append(Table(_table_name(name, tables), _item_headings(columns)))
        self.tables = (*tables, Table(MORE, MORE_HEADINGS))
        self.more = len(tables)

    def rows(self, record: Mapping[str, Any]) -> Iterator[Row]:
        """The rows of a record, each with the number of its table; that of the customer comes first.

        Cells are Codat's values: None for a cell without one.
        """
        main: list[Any] = [None] * len(self._main)
        items: dict[tuple[int, int], list[Any]] = {}
        more: list[list[Any]] = []
        customer_id, columns = record.get("id"), self._main
        for path, value in cells_of(record):
            if value is None or value == "":
                continue
            if isinstance(value, str) and not fits(value, self._longest):
                more += self._parts(customer_id, path, value)
            elif (column := columns.get(path)) is not None:
                main[column] = value
            elif not self._set_item(items, customer_id, path, value) and self._exports(path):
                more.append([customer_id, key_of(path), value])
        yield 0, main
        for (number, _), row in items.items():
            yield number, row
        for row in more:
            yield self.more, row

    def _set_item(
        self, items: dict[tuple[int, int], list[Any]], customer_id: Any, path: Path, value: Any
    ) -> bool:
        """Set the value of a list item in its row; False where it has no column."""
        table = self._lists.get(path[0]) if _is_item(path) else None
        column = table.columns.get(path[2:]) if table is not None else None
        if table is None or column is None:
            return False
        position = int(path[1])
        row = items.setdefault((table.number, position), [])
        if not row:
            row += [customer_id, position + 1, *[None] * len(table.columns)]
        row[len(_ITEM_HEADINGS) + column] = value
        return True

    def _parts(self, customer_id: Any, path: Path, text: str) -> list[list[Any]]:
        """The rows of a text that is too long for a cell."""
        if not self._exports(path):
            return []
        size = self._longest // 2
        parts = [text[start : start + size] for start in range(0, len(text), size)]
        return [
            [customer_id, f"{key_of(path)} (part {number} of {len(parts)})", part]
            for number, part in enumerate(parts, 1)
        ]

    def _exports(self, path: Path) -> bool:
        """Whether a value is exported. Remembered by its field, because records have the same ones."""
        field = names_of(path)
        known = self._is_exported.get(field)
        if known is None:
            known = self._is_exported[field] = self._has(field)
        return known


def pruned(value: Any, has: Callable[[Field], bool], names: Field = ()) -> Any:
    """A record with the fields alone that are exported, for JSON. Lists keep their length, so that positions stay."""
    if isinstance(value, Mapping):
        return {
            name: pruned(inner, has, (*names, name))
            for name, inner in value.items()
            if _reaches(inner, has, (*names, name))
        }
    if isinstance(value, list):
        return [pruned(inner, has, names) for inner in value]
    return value


def _reaches(value: Any, has: Callable[[Field], bool], names: Field) -> bool:
    """Whether a value is exported, or one within it."""
    if isinstance(value, Mapping) and value:
        return any(_reaches(inner, has, (*names, name)) for name, inner in value.items())
    if isinstance(value, list) and value:
        return any(_reaches(inner, has, names) for inner in value)
    return has(names)


def _columns(shape: Shape, has: Callable[[Field], bool], *, own_tables: bool) -> list[Path]:
    """The columns of what is exported, with as many positions of lists as leave the table of a usable width."""
    positions = MAX_POSITIONS
    while True:
        paths = [path for path in shape.paths(positions) if has(names_of(path))]
        if own_tables or positions == 1 or len(paths) <= _WANTED_COLUMNS:
            return paths
        positions -= 1


def _is_item(path: Path) -> bool:
    """Whether a path is in an item of a list of the customer."""
    return len(path) > 1 and isinstance(path[1], int)


def _lists(paths: Sequence[Path]) -> dict[str, list[Path]]:
    """The columns within an item of each list of the customer."""
    found: dict[str, dict[Path, None]] = {}
    for path in paths:
        if _is_item(path):
            found.setdefault(str(path[0]), {})[path[2:]] = None
    return {name: list(columns)[:MAX_ITEM_COLUMNS] for name, columns in found.items()}


def _item_headings(columns: list[Path]) -> tuple[str, ...]:
    """The headings of the table of a list; an item that is a plain value has the heading `Value`."""
    taken = {heading.casefold() for heading in _ITEM_HEADINGS}
    texts = headings(columns)
    return (
        *_ITEM_HEADINGS,
        *(
            f"{text} ({key_of(path)})" if text.casefold() in taken else text or "Value"
            for text, path in zip(texts, columns, strict=True)
        ),
    )


def _table_name(name: str, tables: list[Table]) -> str:
    """The name of a list's table, different from the others."""
    taken = _RESERVED | {table.name.casefold() for table in tables}
    text, number = label(name), 1
    unique = text
    while unique.casefold() in taken:
        number += 1
        unique = f"{text} {number}"
    return unique
