"""The worker's first step: the file of an import becomes rows of the database.

Reading can be repeated at any time: rows are written by their positions, in transactions that hold the import in its
version. A process that dies leaves rows that the next one writes again; of two, both write the same.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from django.db.models import F

from customers.codat.text import db_safe
from customers.models import Import, ImportRow
from customers.spreadsheets.files import reading as files
from customers.spreadsheets.files.limits import MAX_CELL
from customers.spreadsheets.files.reading import Reading, SheetRow, Unreadable
from customers.spreadsheets.importing import states, uploading
from customers.spreadsheets.importing.remembered import is_same_sheet
from customers.spreadsheets.importing.sheets.cells import filled
from customers.spreadsheets.importing.sheets.values import ACCEPTED
from customers.spreadsheets.importing.states import Superseded

State = Import.State

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
        ImportRow(
            source=source,
            position=row.number,
            cells=[db_safe(cell, MAX_CELL) for cell in row.cells],
            remarks={str(index): remark for index, remark in row.remarks.items()},
        )
        for row in piece
    ]
    with states.hold(source, State.READING, done=F("done") + len(rows)):
        if source.mapping:
            _keep_what_was_done(source, rows)
        ImportRow.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["source", "position"],
            update_fields=["cells", "remarks", "corrections", "decision", "state"],
        )


def _keep_what_was_done(source: Import, rows: Iterable[ImportRow]) -> None:
    """In a file that replaces another, cells that are the same keep their corrections, and rows their decision."""
    by_position = {row.position: row for row in rows}
    earlier = ImportRow.objects.filter(source=source, position__in=list(by_position))
    for before in earlier:
        row = by_position[before.position]
        is_same = filled(before.cells) == filled(row.cells[: len(before.cells)])
        row.decision = before.decision if is_same else ""
        row.corrections = {
            key: text
            for key, text in before.corrections.items()
            if _cell(before, key) == _cell(row, key)
        }
        for key, remark in before.remarks.items():
            if remark == ACCEPTED and _cell(before, key) == _cell(row, key):
                row.remarks = {**row.remarks, key: ACCEPTED}


def _cell(row: ImportRow, key: str) -> str:
    index = int(key)
    return row.cells[index] if index < len(row.cells) else ""


def _delete_others(source: Import, positions: set[int]) -> None:
    """Delete the rows of an earlier reading that this one does not have."""
    stored = ImportRow.objects.filter(source=source)
    others = [each for each in stored.values_list("position", flat=True) if each not in positions]
    for start in range(0, len(others), PIECE):
        with states.hold(source, State.READING):
            stored.filter(position__in=others[start : start + PIECE]).delete()
