"""Mending rows: other texts for their cells, decisions about them, leaving them out. Only while an import is checked.

One corrected row is checked at once, where nothing but its own customer decides about it. Else the rows wait, and the
worker checks them: another key may mean another customer, and what one row gives up may be another's.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice

from django.contrib.auth.models import User
from django.db.models import QuerySet

from customers.codat.errors import CodatError
from customers.codat.text import db_safe
from customers.editing.edit import read_customer
from customers.formatting import counted
from customers.models import Import, ImportRow, ImportStep
from customers.service import CustomerService
from customers.spreadsheets.files.limits import MAX_CELL
from customers.spreadsheets.importing import row_store, states
from customers.spreadsheets.importing.customers import is_deleted
from customers.spreadsheets.importing.elsewhere import changed_elsewhere
from customers.spreadsheets.importing.index import CHANGE, CREATE, LEAVE_OUT
from customers.spreadsheets.importing.judging import Verdict, judge
from customers.spreadsheets.importing.sheets.cells import cells_of
from customers.spreadsheets.importing.sheets.sheet import Sheet
from customers.spreadsheets.importing.sheets.values import ACCEPTED
from customers.spreadsheets.importing.states import Superseded
from customers.spreadsheets.importing.targets import NotPossible, sheet_of

State, RowState, Action = Import.State, ImportRow.State, ImportStep.Action
Rows = QuerySet[ImportRow]

# A decision about rows of which each has suggestions: its own first one.
SUGGESTED = "change"
# Rows of one statement.
_PIECE = 500
# What says which customer a row means, or makes it look like another one, beside the key.
_IDENTIFYING = ("customerName", "emailAddress")


def correct(
    row: ImportRow, column: int, text: str, *, user: User, service: CustomerService
) -> bool:
    """Give a cell another text; the text that it has already says that it is right as it is.

    Whether the import was still checked. The row is checked again: at once where it can be, else by the worker, and
    then the import is checking.
    """
    source = row.source
    _type(row, column, text)
    verdict = _check_now(source, row, column, service)
    try:
        with states.hold(source, State.CHECKED):
            row.save(update_fields=["corrections", "remarks", "state"])
            states.add_step(source, Action.CORRECT, user, _about(source, 1, column))
            if verdict is not None:
                row_store.store(source, [(row.position, verdict)])
                states.renew(source)
            else:
                states.check_some(source)
    except Superseded:
        return False
    row.refresh_from_db()
    return True


def correct_some(
    source: Import,
    texts: Mapping[int, Mapping[int, str]],
    decisions: Mapping[int, str],
    *,
    user: User,
) -> int:
    """Give cells other texts, and decide about rows, each its own; how many rows. The worker checks them again.

    `texts` are by position and column, `decisions` by position: CREATE, LEAVE_OUT, or CHANGE with a customer's ID.
    """

    def change(row: ImportRow) -> bool:
        for column, text in texts.get(row.position, {}).items():
            _type(row, column, text)
        if row.position in decisions:
            row.decision = db_safe(decisions[row.position])
            row.state = RowState.LEFT_OUT if row.decision == LEAVE_OUT else RowState.WAITING
        return True

    rows = select(source, positions={*texts, *decisions})
    action = Action.CORRECT if texts else Action.DECIDE
    return _mend(source, rows, change, action, user)


def correct_all(
    source: Import, kind: str, text: str, *, user: User, old_text: str | None = None
) -> int:
    """Give the cells of all rows with a kind of problem one text, or those that have `old_text`; how many there were.

    The worker checks them again.
    """

    def type_text(row: ImportRow) -> bool:
        column = _column(row, kind)
        if column is None or (old_text is not None and _text(row, column) != old_text):
            return False
        _type(row, column, text)
        return True

    return _mend(source, select(source, kind), type_text, Action.CORRECT, user)


def accept_all(source: Import, kind: str, *, user: User) -> int:
    """Say of all rows with a kind of problem that their cells are right as they are; how many there were."""

    def accept(row: ImportRow) -> bool:
        column = _column(row, kind)
        if column is not None:
            _type(row, column, _text(row, column))
        return column is not None

    return _mend(source, select(source, kind), accept, Action.CORRECT, user)


def decide(
    source: Import,
    decision: str,
    *,
    user: User,
    kind: str = "",
    positions: Collection[int] = (),
) -> int:
    """Decide about the rows with a kind of problem, or at some positions; how many there were.

    A decision is CREATE, LEAVE_OUT, CHANGE with a customer's ID, SUGGESTED, or "" to take one back.
    """

    def take(row: ImportRow) -> bool:
        chosen = _suggestion(row) if decision == SUGGESTED else decision
        is_known = chosen in ("", CREATE) or (chosen.startswith(CHANGE) and chosen != CHANGE)
        if not is_known or (chosen == row.decision and row.state != RowState.LEFT_OUT):
            return False
        row.decision, row.state = db_safe(chosen), RowState.WAITING
        return True

    if decision == LEAVE_OUT:
        return leave_out(source, user=user, kind=kind, positions=positions)
    return _mend(source, select(source, kind, positions), take, Action.DECIDE, user)


def leave_out(
    source: Import, *, user: User, kind: str = "", positions: Collection[int] = ()
) -> int:
    """Leave out the rows with a kind of problem, or at some positions; how many there were. Nothing of them is sent."""
    rows = select(source, kind, positions).exclude(state=RowState.LEFT_OUT)
    try:
        with states.hold(source, State.CHECKED):
            number = rows.update(
                decision=LEAVE_OUT,
                state=RowState.LEFT_OUT,
                problems=[],
                problem_kind="",
                changes=[],
                instructions=[],
            )
            if number:
                states.add_step(source, Action.LEAVE_OUT, user, counted(number, "row"))
                # The customer of a row that is left out may now be that of another one.
                if ImportRow.objects.filter(source=source, state=RowState.TWICE).exists():
                    states.check_some(source)
                else:
                    states.renew(source)
    except Superseded:
        return 0
    return number


def select(source: Import, kind: str = "", positions: Collection[int] = ()) -> Rows:
    """The rows with a kind of problem, or at some positions; none where neither is given."""
    rows = ImportRow.objects.filter(source=source)
    if kind:
        rows = rows.filter(problem_kind=kind, state__in=ImportRow.PROBLEMS)
    if positions:
        rows = rows.filter(position__in=list(positions)[:_PIECE])
    return rows if kind or positions else rows.none()


def _mend(
    source: Import, rows: Rows, change: Callable[[ImportRow], bool], action: str, user: User
) -> int:
    """Change rows, in one transaction, and have the worker check them; how many `change` has changed."""
    number = 0
    try:
        with states.hold(source, State.CHECKED):
            for piece in _pieces(rows):
                changed = [row for row in piece if change(row)]
                ImportRow.objects.bulk_update(
                    changed, ["corrections", "remarks", "decision", "state"], batch_size=_PIECE
                )
                number += len(changed)
            if number:
                states.add_step(source, action, user, counted(number, "row"))
                states.check_some(source)
    except Superseded:
        return 0
    return number


def _pieces(rows: Rows) -> Iterator[list[ImportRow]]:
    """Rows in pieces. Their keys are read first, because what is done to a row may take it out of the selection."""
    keys = iter(list(rows.order_by("position").values_list("pk", flat=True)))
    while piece := list(islice(keys, _PIECE)):
        yield list(ImportRow.objects.filter(pk__in=piece).order_by("position"))


# -- one row ----------------------------------------------------------------------------------------


def _type(row: ImportRow, column: int, text: str) -> None:
    """Give a cell a text, and let the row wait for its check."""
    key, typed = str(column), db_safe(text, MAX_CELL)
    if typed == _text(row, column):
        row.remarks = {**row.remarks, key: ACCEPTED}
    else:
        row.corrections = {**row.corrections, key: typed}
        if row.remarks.get(key) == ACCEPTED:
            row.remarks = {name: each for name, each in row.remarks.items() if name != key}
    row.state = RowState.WAITING


def _text(row: ImportRow, column: int) -> str:
    return cells_of(row.cells, row.remarks, row.corrections).text(column)


def _column(row: ImportRow, kind: str) -> int | None:
    """The column of a row's problem of a kind."""
    found = (each.get("column") for each in row.problems if each.get("kind") == kind)
    return next(found, None)


def _suggestion(row: ImportRow) -> str:
    """The first customer that a problem of a row names as a choice, "" for none."""
    choices = (str(value) for each in row.problems for value, _ in each.get("choices", ()))
    return next((value for value in choices if value.startswith(CHANGE)), "none")


def _check_now(
    source: Import, row: ImportRow, column: int, service: CustomerService
) -> Verdict | None:
    """The verdict about one row, where its own customer alone decides about it; else None."""
    is_new = not row.customer_id
    try:
        sheet = sheet_of(source, service)
        if not _is_settled(sheet, source, row, column):
            return None
        record = None if is_new else read_customer(service, source.company_id, row.customer_id)
    except (CodatError, NotPossible):
        return None
    if record is not None and is_deleted(record):
        return None
    verdict = judge(sheet, cells_of(row.cells, row.remarks, row.corrections), record)
    if verdict.state == RowState.CHANGED and row.customer_id in changed_elsewhere(source):
        return None
    verdict.acknowledged = row.acknowledged
    return verdict


def _is_settled(sheet: Sheet, source: Import, row: ImportRow, column: int) -> bool:
    """Whether a row means the same customer with another text in this column."""
    if row.problem_kind.split(":")[0] in ImportRow.PROBLEMS:
        return False
    identifying = (source.match_by, *_IDENTIFYING)
    columns = (sheet.column(key) for key in identifying)
    return all(each is None or each.index != column for each in columns)


def _about(source: Import, rows: int, column: int) -> str:
    """What a step says: how many rows, and which column by its heading."""
    headings = source.headings
    name = headings[column] if column < len(headings) else ""
    return f"{counted(rows, 'row')}: {name}" if name else counted(rows, "row")
