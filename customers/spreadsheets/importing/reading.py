"""The worker's first step: the file of an import becomes rows of the database.

Reading can be repeated at any time: rows are written by their positions, in transactions that hold the import in its
version. A process that dies leaves rows that the next one writes again; of two, both write the same.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from django.db.models import F

from customers.codat.text import db_safe
from customers.models import Import, ImportRow
from customers.spreadsheets.files import reading as files
from customers.spreadsheets.files.reading import Reading, SheetRow, Unreadable
from customers.spreadsheets.importing import row_store, states, uploading
from customers.spreadsheets.importing.index import LEAVE_OUT
from customers.spreadsheets.importing.remembered import is_same_sheet
from customers.spreadsheets.importing.row_store import ReadRow
from customers.spreadsheets.importing.sheets.cells import filled
from customers.spreadsheets.importing.sheets.values import ACCEPTED
from customers.spreadsheets.importing.states import Superseded

State, RowState = Import.State, ImportRow.State

# Rows of one transaction: others who write on SQLite wait for as long as it takes.
PIECE = 500


def reading_of(source: Import) -> Reading | None:
    """How the file of an import is read; None where that is not guessed yet."""
    try:
        return Reading.from_json(source.reading)
    except ValueError:
        return None


def read(source: Import, *, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Read the file of an import, and have its columns matched; how many rows were read.

    A file that cannot be read makes the import unreadable, with the reason. Ends early where the import was changed
    meanwhile, or where `should_stop` says so.
    """
    content = uploading.content_of(source)
    try:
        reading = _reading_for(source, content)
        headings = [db_safe(text) for text in files.headings(content, reading)]
        with states.hold(source, State.READING, reading=reading.to_json(), done=0):
            pass
        positions = set[int]()
        rows = files.rows(content, reading)
        while piece := list(islice(rows, PIECE)):
            if should_stop():
                return len(positions)
            _store(source, piece)
            positions.update(row.number for row in piece)
        _delete_others(source, positions)
    except Unreadable as error:
        states.unreadable(source, str(error))
        return 0
    except Superseded:
        return 0
    states.readable(source, headings, len(positions))
    return len(positions)


def _reading_for(source: Import, content: bytes) -> Reading:
    """How the file is read: as a person chose, or as the file before it where that finds the same headings; or a guess.

    Raises Unreadable.
    """
    known = reading_of(source)
    if known is not None and not source.mapping:
        return known
    guessed = files.guess(content, source.file_name)
    if known is None:
        return guessed
    for reading in (known, guessed, replace(guessed, header_row=known.header_row)):
        with suppress(Unreadable):
            if is_same_sheet(source.headings, files.headings(content, reading)):
                return reading
    return guessed


def _store(source: Import, piece: Sequence[SheetRow]) -> None:
    """Write rows; raises Superseded where the import was changed meanwhile."""
    rows = [
        ReadRow(row.number, row.cells, {str(at): remark for at, remark in row.remarks.items()}, {})
        for row in piece
    ]
    with states.hold(source, State.READING, done=F("done") + len(rows)):
        row_store.insert(source, _with_what_was_done(source, rows) if source.mapping else rows)


def _with_what_was_done(source: Import, rows: Sequence[ReadRow]) -> list[ReadRow]:
    """In a file that replaces another, cells that are the same keep their corrections, and rows their decision."""
    positions = [row.position for row in rows]
    earlier = ImportRow.objects.filter(source=source, position__in=positions)
    before = {row.position: row for row in earlier}
    return [_kept(row, before[row.position]) if row.position in before else row for row in rows]


def _kept(row: ReadRow, before: ImportRow) -> ReadRow:
    is_same = filled(before.cells) == filled(row.cells[: len(before.cells)])
    accepted = {key: each for key, each in before.remarks.items() if each == ACCEPTED}
    decision = before.decision if is_same else ""
    return row._replace(
        remarks={**row.remarks, **_of_same_cells(accepted, before.cells, row.cells)},
        corrections=_of_same_cells(before.corrections, before.cells, row.cells),
        decision=decision,
        state=RowState.LEFT_OUT if decision == LEAVE_OUT else RowState.WAITING,
    )


def _of_same_cells(
    noted: Mapping[str, str], before: Sequence[str], now: Sequence[str]
) -> dict[str, str]:
    """What was noted by column index of cells that have the same text in both rows."""
    return {
        key: each for key, each in noted.items() if before[int(key) :][:1] == now[int(key) :][:1]
    }


def _delete_others(source: Import, positions: set[int]) -> None:
    """Delete the rows of an earlier reading that this one does not have."""
    stored = ImportRow.objects.filter(source=source)
    others = [each for each in stored.values_list("position", flat=True) if each not in positions]
    for start in range(0, len(others), PIECE):
        with states.hold(source, State.READING):
            stored.filter(position__in=others[start : start + PIECE]).delete()
