"""What a row would do to its customer, decided by the engine of the form: state, problems, old and new values.

A row whose cells are the record's own texts is unchanged. Any other one is typed into the form of its customer, as the
batch will do it: what the form finds is what the row says. The form has only the fields that differ, because the others
have no part in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from customers.batches.applying import Obstacle, apply_own
from customers.batches.instructions import Instruction
from customers.codat.text import db_safe
from customers.forms import Form
from customers.forms.bound import Field, Leaf, walk
from customers.forms.paths import encode_name
from customers.models import ImportRow
from customers.spreadsheets.importing.problems import MAX_TEXT, Problem, kind_of_cell
from customers.spreadsheets.importing.sheets.cells import Cells
from customers.spreadsheets.importing.sheets.sheet import Sheet

RowState = ImportRow.State

# Changes of one row that are kept for its page.
MAX_CHANGES = 50


@dataclass(slots=True)
class Verdict:
    """What a check found about a row. `instructions` are for the row of its batch, where it can be sent."""

    state: str
    customer_id: str = ""
    customer_name: str = ""
    problems: Sequence[Problem] = ()
    changes: Sequence[Mapping[str, str]] = ()
    instructions: Sequence[Instruction] = ()
    acknowledged: Sequence[str] = ()


def judge(sheet: Sheet, cells: Cells, record: Mapping[str, Any] | None) -> Verdict:
    """The verdict about a row: for the customer that the record is, for a new one where it is None."""
    creating = record is None
    names = frozenset[str]() if record is None else sheet.different(cells, record)
    if record is not None and not names:
        return Verdict(RowState.UNCHANGED, *_named(record))
    form = sheet.form(record, names)
    draft = sheet.draft(cells, form)
    obstacles = apply_own(form, draft.instructions)
    problems = [*draft.problems, *(_of_obstacle(each) for each in obstacles)]
    if not form.is_valid():
        problems += _of_form(sheet, form, problems)
    changes = _changes(form)
    if problems:
        state = RowState.INVALID
    elif creating:
        state = RowState.NEW
    else:
        state = RowState.CHANGED if changes else RowState.UNCHANGED
    customer = _named(record) if record is not None else ("", new_name(sheet, cells))
    is_sent = state in ImportRow.SENDABLE
    return Verdict(
        state, *customer, problems, changes, instructions=draft.instructions if is_sent else ()
    )


def new_name(sheet: Sheet, cells: Cells) -> str:
    """The name of the customer in a row of the sheet; "" where it has none."""
    column = sheet.column("customerName")
    return cells.text(column.index).strip() if column else ""


def same_name_key(customer_id: str) -> str:
    """What a batch's row acknowledges where it takes the name of a customer (`editing/same_name.py`)."""
    return f"customer:{quote(customer_id, safe='')}"


def _named(record: Mapping[str, Any]) -> tuple[str, str]:
    customer_id, name = record.get("id"), record.get("customerName")
    return str(customer_id or ""), name if isinstance(name, str) else ""


def _changes(form: Form) -> list[dict[str, str]]:
    return [
        {
            "label": db_safe(change.label)[:MAX_TEXT],
            "old": db_safe(change.old_text)[:MAX_TEXT],
            "new": db_safe(change.new_text)[:MAX_TEXT],
        }
        for change in form.changes()[:MAX_CHANGES]
    ]


def _of_obstacle(obstacle: Obstacle) -> Problem:
    return Problem("row", obstacle.text)


def _of_form(sheet: Sheet, form: Form, known: Sequence[Problem]) -> Iterator[Problem]:
    """The errors of a form as problems, without those of cells that have one already."""
    taken = {problem.kind.partition(":")[2] for problem in known}
    for bound, _ in walk(form.root):
        key = _bulk_key(bound)
        if bound.error and key not in taken:
            is_value = isinstance(bound, Leaf) and not bound.is_blank
            kind = kind_of_cell("other" if is_value else "required", key)
            yield Problem(kind, bound.error, sheet.index_of(key))
    for text in form.problems:
        yield Problem("row", text)


def _bulk_key(bound: Field) -> str:
    """The key of a field without positions."""
    return ".".join(encode_name(name) for name in bound.node.path if name)
