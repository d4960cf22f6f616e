"""Groups of cells that stand for the rows of a list: which row of the record each one means, and what it changes there.

A group is matched by the type of its row or by its content, each row once, the best pair first; the position decides
between equals. A group that fits no row adds one. Other rows stay, unless the import replaces them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from customers.batches.applying import ORDINAL, matching
from customers.batches.instructions import Action, Instruction
from customers.codat.text import is_blank
from customers.forms.bound import Field, Group, Leaf, ListField, ListItem
from customers.forms.paths import encode_name
from customers.spreadsheets.importing.sheets.cells import (
    Cells,
    Draft,
    folded,
    is_clear,
    is_same,
    read_cell,
    would_change,
)
from customers.spreadsheets.importing.sheets.values import ACCEPTED, Column

Names = tuple[str, ...]

# The field that says which of its kind a row is: a record has mostly one row of each.
_TYPE: Names = ("type",)
# Fields that name a row: where one of them is the same, the row is.
_NAMES = frozenset({"name", "number", "email", "line1", "code"})


@dataclass(slots=True)
class GroupColumns:
    """The columns of one row of a list: of its own fields, with their names from the row on, and of lists in it."""

    columns: list[tuple[Names, Column]] = field(default_factory=list)
    lists: dict[Names, ListColumns] = field(default_factory=dict)

    def all_columns(self) -> Iterator[Column]:
        """Its columns and those of the lists in it."""
        yield from (column for _, column in self.columns)
        for rows in self.lists.values():
            for group in rows.groups.values():
                yield from group.all_columns()


@dataclass(slots=True)
class ListColumns:
    """The columns of a list: its names from the record or the outer row on, its key for instructions, its groups."""

    names: Names
    key: str
    groups: dict[int, GroupColumns] = field(default_factory=dict)


def list_columns(columns: Iterable[Column]) -> list[ListColumns]:
    """The columns of lists as a tree: lists, their rows by position, lists in rows."""
    tree: dict[Names, ListColumns] = {}
    for column in columns:
        lists, group = tree, GroupColumns()
        names: Names = ()
        keys: Names = ()
        for part in column.field.path:
            if isinstance(part, str):
                names, keys = (*names, part), (*keys, encode_name(part))
                continue
            rows = lists.setdefault(names, ListColumns(names, ".".join(keys)))
            group = rows.groups.setdefault(part, GroupColumns())
            lists, names = group.lists, ()
        group.columns.append((names, column))
    return list(tree.values())


def field_at(bound: Field | None, names: Iterable[str]) -> Field | None:
    """The field below a group with these names, None where the form has none."""
    for name in names:
        bound = bound.child(name) if isinstance(bound, Group) else None
    return bound


def leaf_at(bound: Field | None, names: Iterable[str]) -> Leaf | None:
    """The input below a group with these names, None where the form has none."""
    found = field_at(bound, names)
    return found if isinstance(found, Leaf) else None


@dataclass(frozen=True, slots=True)
class _Filled:
    """A group of cells that has a text. `position` counts from 0, `cells` are the filled ones of its own row."""

    position: int
    group: GroupColumns
    cells: Sequence[tuple[Names, Column, str]]


@dataclass(frozen=True, slots=True)
class _Compared:
    """A cell beside the input of a row; `names` lead from the row to it."""

    names: Names
    column: Column
    text: str
    leaf: Leaf | None

    @property
    def is_blank(self) -> bool:
        """Whether the row has no value there."""
        return self.leaf is None or self.leaf.is_blank


# A list of the form, and one of its rows: together they lead to a row of a list in a list.
_Chain = tuple[tuple[ListField, str, ListItem], ...]


class ListMerge:
    """Adds what the cells of one row of the sheet say about lists to its draft."""

    def __init__(self, draft: Draft, cells: Cells, *, clear_word: str, replaces_rows: bool) -> None:
        self._draft = draft
        self._cells = cells
        self._clear_word = clear_word
        self._replaces_rows = replaces_rows

    def merge(self, rows: ListColumns, bound: Field | None, chain: _Chain = ()) -> None:
        """Compare a list with its groups of cells. `chain` leads to the row that the list is in."""
        groups = self._filled(rows)
        if not isinstance(bound, ListField):
            for _, column, _ in (cell for group in groups for cell in group.cells):
                read_cell(self._draft, column, self._cells, None, clear_word=self._clear_word)
            return
        items = [item for item in bound.items if not (item.is_new or item.is_hidden)]
        pairs = self._pairs(groups, items)
        for number, group in enumerate(groups):
            if number in pairs:
                self._change(group, (*chain, (bound, rows.key, items[pairs[number]])))
            else:
                self._add(rows, group, where_of(chain))
        if self._replaces_rows:
            self._remove(rows, items, set(pairs.values()), (bound, chain))

    def _filled(self, rows: ListColumns) -> list[_Filled]:
        """The groups that have a text, in the order of their positions."""
        found = []
        for position, group in sorted(rows.groups.items()):
            texts = [(names, each, self._cells.text(each.index)) for names, each in group.columns]
            filled = [cell for cell in texts if not is_blank(cell[2])]
            if filled or any(map(self._filled, group.lists.values())):
                found.append(_Filled(position, group, filled))
        return found

    # -- rows that the record has -----------------------------------------------------------------------

    def _change(self, filled: _Filled, chain: _Chain) -> None:
        """What a group of cells changes in the row that it means."""
        row = chain[-1][2].field
        is_different = any(
            (leaf := leaf_at(row, names)) is None or not is_same(leaf, text)
            for names, _, text in filled.cells
        )
        where = where_of(chain) if is_different else {}
        for names, column, _ in filled.cells if is_different else ():
            leaf = leaf_at(row, names)
            read_cell(
                self._draft, column, self._cells, leaf, clear_word=self._clear_word, where=where
            )
        for inner in filled.group.lists.values():
            self.merge(inner, field_at(row, inner.names), chain)

    def _remove(
        self,
        rows: ListColumns,
        items: Sequence[ListItem],
        kept: set[int],
        place: tuple[ListField, _Chain],
    ) -> None:
        """Remove the rows that no group means, but for those of which the sheet could not show anything."""
        bound, chain = place
        names = {each for group in rows.groups.values() for each, _ in group.columns}
        for index, item in enumerate(items):
            shown = (leaf_at(item.field, each) for each in names)
            if index not in kept and any(leaf and not leaf.is_blank for leaf in shown):
                where = where_of((*chain, (bound, rows.key, item)))
                self._draft.instructions.append(Instruction(Action.REMOVE, rows.key, where=where))

    # -- rows that it does not have ---------------------------------------------------------------------

    def _add(self, rows: ListColumns, filled: _Filled, where: Mapping[str, str]) -> None:
        """Add a row with the values of a group; of a list in it, the first row comes with it."""
        rest: list[tuple[ListColumns, _Filled]] = []
        values, own = self._values(filled, rest)
        if not values:
            return
        add = Instruction(Action.ADD, rows.key, where=dict(where), values=values)
        self._draft.instructions.append(add)
        for inner, group in rest:
            self._add(inner, group, {**where, **(own or values)})

    def _values(
        self, filled: _Filled, rest: list[tuple[ListColumns, _Filled]]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """The values of a new row by key, with those of the first row of each list in it; and its own alone.

        The further rows of these lists are added to `rest`.
        """
        own: dict[str, str] = {}
        for _, column, text in filled.cells:
            if is_clear(text, self._clear_word):
                continue
            value = column.value(text, self._cells.remarks.get(column.index, ""))
            if value.problem is not None:
                self._draft.problems.append(value.problem)
            else:
                own[column.field.bulk_key] = value.text
        values = dict(own)
        for inner in filled.group.lists.values():
            groups = self._filled(inner)
            if groups:
                values |= self._values(groups[0], rest)[0]
                rest += [(inner, group) for group in groups[1:]]
        return values, own

    # -- which row a group means ------------------------------------------------------------------------

    def _pairs(self, groups: Sequence[_Filled], items: Sequence[ListItem]) -> dict[int, int]:
        """For the numbers of groups the numbers of the rows that they mean; the best pairs first, each once."""
        is_only_one = len(groups) == 1 == len(items)
        scores = [
            (score, number, index)
            for number, group in enumerate(groups)
            for index, item in enumerate(items)
            if (score := self._score(group, items, index, is_only_one=is_only_one))
        ]
        pairs: dict[int, int] = {}
        for _, number, index in sorted(scores, key=lambda each: (each[0], -each[1]), reverse=True):
            if number not in pairs and index not in pairs.values():
                pairs[number] = index
        return pairs

    def _score(
        self, filled: _Filled, items: Sequence[ListItem], index: int, *, is_only_one: bool
    ) -> tuple[float, bool, bool] | None:
        """How well a group fits a row: the share of equal cells, the type, the position; None where it does not."""
        compared = [*self._compared(filled, items[index])]
        is_there = filled.position == index
        if not compared:
            return (0.0, False, True) if is_there else None
        equal = [cell for cell in compared if self._is_equal(cell)]
        types = [cell for cell in compared if cell.names == _TYPE]
        has_type = any(cell in equal for cell in types)
        content = len(equal) - has_type
        if any(not cell.is_blank for cell in types) and not has_type:
            fits = content * 2 > len(compared) - 1
        elif has_type:
            fits = bool(content) or is_there or self._is_only_one_of(types[0], items)
        else:
            is_named = any(cell.names[-1:] and cell.names[-1] in _NAMES for cell in equal)
            fits = is_named or content * 2 >= len(compared) or is_only_one
        return (len(equal) / len(compared), has_type, is_there) if fits else None

    def _compared(self, filled: _Filled, item: ListItem) -> Iterator[_Compared]:
        """The cells of a group, each beside the input of a row; of a list in it, the input that has its text."""
        for names, column, text in filled.cells:
            if not is_clear(text, self._clear_word):
                yield _Compared(names, column, text, leaf_at(item.field, names))
        for rows in filled.group.lists.values():
            bound = field_at(item.field, rows.names)
            items = bound.items if isinstance(bound, ListField) else []
            for group in self._filled(rows):
                pairs = ([*self._compared(group, inner)] for inner in items)
                alike = next((cells for cells in pairs if any(map(self._is_equal, cells))), None)
                if alike is None:
                    alike = [_Compared(*cell, leaf=None) for cell in group.cells]
                yield from (replace(cell, names=(*rows.names, *cell.names)) for cell in alike)

    def _is_equal(self, cell: _Compared) -> bool:
        """Whether a cell means the value that the row has."""
        leaf = cell.leaf
        if leaf is None:
            return False
        if is_same(leaf, cell.text) or folded(leaf.text) == folded(cell.text):
            return True
        value = cell.column.value(cell.text, ACCEPTED)
        return value.problem is None and not would_change(leaf, value.text)

    def _is_only_one_of(self, cell: _Compared, items: Sequence[ListItem]) -> bool:
        """Whether one row alone has this type."""
        leaves = (leaf_at(item.field, cell.names) for item in items)
        return sum(self._is_equal(replace(cell, leaf=leaf)) for leaf in leaves) == 1


def where_of(chain: _Chain) -> dict[str, str]:
    """The conditions that are met by one row alone, and by each row that it is in."""
    where: dict[str, str] = {}
    for bound, key, item in chain:
        where |= _conditions(bound, key, item)
    if chain and not any(key.startswith(f"{chain[-1][1]}.") for key in where):
        where |= dict(_inner_texts(chain[-1][2].field, chain[-1][1]))
    for bound, key, item in chain:
        rows = matching(bound, where)
        if len(rows) > 1:
            where[f"{key}.{ORDINAL}"] = str(rows.index(item) + 1)
    return where


def _conditions(bound: ListField, key: str, item: ListItem) -> dict[str, str]:
    """The fewest values of a row by which the others are told apart from it: those that are filled in first."""
    found: dict[str, str] = {}
    remaining = len(matching(bound, {}))
    texts = sorted(_own_texts(item.field, key), key=lambda each: is_blank(each[1]))
    for name, text in texts:
        if remaining == 1 and found:
            break
        left = len(matching(bound, {**found, name: text}))
        if left < remaining or (not found and not is_blank(text)):
            found[name], remaining = text, left
    return found


def _own_texts(bound: Field, key: str) -> Iterator[tuple[str, str]]:
    """The texts of a row's own inputs, with their keys."""
    if isinstance(bound, Leaf):
        yield key, bound.text
    elif isinstance(bound, Group):
        for child in bound.children:
            yield from _own_texts(child, f"{key}.{encode_name(child.node.name)}")


def _inner_texts(bound: Field, key: str) -> Iterator[tuple[str, str]]:
    """The texts of the first row of a list in a row that has no texts of its own."""
    if isinstance(bound, ListField):
        for item in bound.items:
            texts = [each for each in _own_texts(item.field, key) if not is_blank(each[1])]
            if texts:
                yield from texts
                return
    elif isinstance(bound, Group):
        for child in bound.children:
            yield from _inner_texts(child, f"{key}.{encode_name(child.node.name)}")
