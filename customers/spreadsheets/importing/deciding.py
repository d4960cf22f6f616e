"""Deciding about rows while a company's customers pass by: which customer each row means, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from customers.batches.instructions import Instruction
from customers.models import Import, ImportRow
from customers.spreadsheets.importing.customers import (
    Directory,
    Found,
    found_in,
    is_deleted,
    loose_name,
)
from customers.spreadsheets.importing.elsewhere import changed_elsewhere
from customers.spreadsheets.importing.index import CHANGE, CREATE, LEAVE_OUT, RowIndex
from customers.spreadsheets.importing.judging import Verdict, judge, new_name, same_name_key
from customers.spreadsheets.importing.problems import Problem
from customers.spreadsheets.importing.row_store import StoredRow
from customers.spreadsheets.importing.sheets.cells import Cells
from customers.spreadsheets.importing.sheets.sheet import Sheet

RowState = ImportRow.State
Record = Mapping[str, Any]

_LEAVE = ((LEAVE_OUT, "Leave it out"),)
_NEW = (CREATE, "Create a new customer")
# Customers that a sentence or a choice names.
_MAX_NAMED = 5


class Decider:
    """Sees each page of customers once, and then decides about the rows that fit none."""

    def __init__(self, source: Import, sheet: Sheet, index: RowIndex) -> None:
        self._sheet = sheet
        self._index = index
        self._directory = Directory()
        self._elsewhere = changed_elsewhere(source)
        self._new_names = dict(index.new_names)
        # Of rows by position: the first customer that fits, all of them where there are several, a deleted one.
        self._fitting: dict[int, Found] = {}
        self._several: dict[int, list[Found]] = {}
        self._deleted: dict[int, Found] = {}
        # Of rows by position: the row that means the same customer, and the new name of a customer.
        self._twins = dict(index.twins)
        self._renamed: dict[int, tuple[str, str]] = {}

    def meet(self, page: Iterable[Record]) -> Iterator[tuple[StoredRow, Record]]:
        """See a page of customers; the rows that mean some of them, each with its record."""
        for record in page:
            found = found_in(record)
            if found is None:
                continue
            is_gone = is_deleted(record)
            if not is_gone:
                self._directory.add(record, found)
            for position in self._rows_of(record, found, is_gone=is_gone):
                if self._index.is_wanted(position):
                    yield self._index.take(position), record

    def _rows_of(self, record: Record, found: Found, *, is_gone: bool) -> list[int]:
        """The rows that mean a customer: at most one is checked, the others are twice in the file."""
        key = self._index.key.of_record(record)
        position = self._index.first.get(key) if key else None
        if position is not None and not self._index.key.is_id:
            if is_gone:
                self._deleted[position] = found
                position = None
            elif self._fitting.setdefault(position, found) != found:
                first = self._fitting[position]
                self._several.setdefault(position, [first]).append(found)
                position = None
        positions = [*self._index.chosen.get(found.customer_id, ())]
        positions += [position] if position is not None else []
        positions.sort()
        self._twins |= dict.fromkeys(positions[1:], positions[0] if positions else 0)
        return positions[:1]

    # -- rows that mean a customer ----------------------------------------------------------------------

    def beside(self, row: StoredRow, record: Record) -> Verdict:
        """The verdict about a row that means this customer."""
        found = found_in(record) or Found("", "")
        names = (found.customer_id, found.name)
        if is_deleted(record):
            return Verdict(RowState.DELETED, *names, [_deleted(found)])
        cells = row.cells
        verdict = judge(self._sheet, cells, record)
        if verdict.state == RowState.CHANGED:
            sentence = self._elsewhere.get(found.customer_id)
            if sentence:
                problem = Problem(RowState.CONFLICT, sentence, choices=_LEAVE)
                return Verdict(RowState.CONFLICT, *names, [problem], verdict.changes)
            name = new_name(self._sheet, cells)
            if name and loose_name(name) != loose_name(found.name):
                self._renamed[row.position] = (found.customer_id, name)
        return verdict

    def late(self) -> list[int]:
        """The rows whose verdict is not right any more, after all customers were seen.

        Several customers fit them, another one has their new name, or a row before them means their customer, which an
        earlier check did not know.
        """
        several = (each for each in self._several if self._index.is_taken(each))
        renamed = (each for each in self._renamed if self._others(each))
        twins = (each for each in self._twins if not self._index.is_taken(each))
        return sorted({*several, *renamed, *twins})

    def again(self, row: ImportRow) -> Verdict:
        """The right verdict about such a row."""
        if not self._index.is_taken(row.position):
            return _twice(self._twins[row.position])
        if row.position in self._several:
            return self._ambiguous(row.position)
        others = self._others(row.position)
        keys = [same_name_key(each.customer_id) for each in others]
        verdict = Verdict(row.state, row.customer_id, row.customer_name, (), row.changes)
        verdict.instructions = [Instruction.from_json(each) for each in row.instructions]
        verdict.acknowledged = keys
        if row.decision != CREATE:
            choices = ((CREATE, "Use this name all the same"), *_LEAVE)
            verdict.state = RowState.QUESTION
            verdict.problems = [
                Problem("same_name", f"{_named(others)} has this name too.", choices=choices)
            ]
        return verdict

    def _others(self, position: int) -> list[Found]:
        """The other customers that have the new name of a row."""
        customer_id, name = self._renamed[position]
        same = self._directory.same_name(name)
        return [one for one in same if one.customer_id != customer_id]

    # -- rows that mean none, or several ----------------------------------------------------------------

    def alone(self, row: StoredRow) -> Verdict:
        """The verdict about a row that means no customer, after all of them were seen."""
        cells, position = row.cells, row.position
        if self._sheet.is_blank(cells):
            return Verdict(RowState.BLANK)
        if position in self._twins:
            return _twice(self._twins[position])
        if position in self._several:
            return self._ambiguous(position)
        if row.decision.startswith(CHANGE):
            text = "The chosen customer is not there any more."
            return Verdict(RowState.UNKNOWN_ID, problems=[self._unknown(text, [])])
        if row.decision != CREATE:
            asked = self._question(cells, position)
            if asked is not None:
                return asked
        verdict = judge(self._sheet, cells, None)
        name = new_name(self._sheet, cells)
        twin = (
            self._new_names.setdefault(loose_name(name), position) if loose_name(name) else position
        )
        if twin != position and row.decision != CREATE:
            return _twice(twin, (_NEW,), name)
        same = self._directory.same_name(name)
        twins = [f"row:{twin}"] if twin != position else []
        verdict.acknowledged = [*(same_name_key(each.customer_id) for each in same), *twins]
        return verdict

    def _question(self, cells: Cells, position: int) -> Verdict | None:
        """What a person is asked before a row makes a new customer; None for nothing."""
        name = new_name(self._sheet, cells)
        deleted = self._deleted.get(position)
        if deleted is not None:
            return Verdict(RowState.DELETED, problems=[_deleted(deleted)], customer_name=name)
        email = self._sheet.column("emailAddress")
        alike = self._directory.alike(name, cells.text(email.index) if email else "")
        if self._index.key.is_id and self._index.key.of_row(cells):
            text = "No customer of this company has this ID."
            problem = self._unknown(text, alike)
            return Verdict(RowState.UNKNOWN_ID, problems=[problem], customer_name=name)
        if not alike:
            return None
        text = f"This may be {_named(alike)}."
        problem = Problem(RowState.QUESTION, text, choices=(*_changes(alike), _NEW, *_LEAVE))
        return Verdict(RowState.QUESTION, problems=[problem], customer_name=name)

    def _unknown(self, text: str, alike: Sequence[Found]) -> Problem:
        return Problem(RowState.UNKNOWN_ID, text, choices=(*_changes(alike), _NEW, *_LEAVE))

    def _ambiguous(self, position: int) -> Verdict:
        fitting = self._several[position]
        text = f"{len(fitting)} customers fit: {_named(fitting)}."
        problem = Problem(RowState.AMBIGUOUS, text, choices=(*_changes(fitting), _NEW, *_LEAVE))
        return Verdict(RowState.AMBIGUOUS, problems=[problem])


def _changes(customers: Iterable[Found]) -> tuple[tuple[str, str], ...]:
    named = list(customers)[:_MAX_NAMED]
    return tuple(
        (f"{CHANGE}{one.customer_id}", f"Change {one.name or 'customer'} ({one.customer_id})")
        for one in named
    )


def _named(customers: Sequence[Found]) -> str:
    names = [f"{one.name or 'a customer'} ({one.customer_id})" for one in customers[:_MAX_NAMED]]
    return " or ".join(names)


def _twice(first: int, choices: tuple[tuple[str, str], ...] = (), name: str = "") -> Verdict:
    text = (
        f"Row {first} means the same customer."
        if not choices
        else f"Row {first} has this name too."
    )
    problem = Problem(RowState.TWICE, text, choices=(*choices, *_LEAVE))
    return Verdict(RowState.TWICE, problems=[problem], customer_name=name)


def _deleted(found: Found) -> Problem:
    text = f"{found.name or 'The customer'} was deleted in the accounting software."
    return Problem(RowState.DELETED, text, choices=(_NEW, *_LEAVE))
