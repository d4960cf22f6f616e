"""The rows of imports in the database, many at a time: written as they are read, with their verdicts, and read again.

The two statements are written by hand, on our own table, for a row of the bench, "Reading and checking 50,000 rows":
Django takes three times as long to put an INSERT of so many rows together as the database to carry it out. Both are
called inside `states.hold`, so that they belong to one version of the import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast

from customers.codat.text import db_safe
from customers.models import Import, ImportRow
from customers.spreadsheets.files.limits import MAX_CELL
from customers.spreadsheets.importing.judging import Verdict
from customers.spreadsheets.importing.problems import MAX_PROBLEMS
from customers.spreadsheets.importing.sheets.cells import Cells, cells_of

RowState = ImportRow.State

# Rows of one query.
_PIECE = 2_000
_INSERT = """
    INSERT INTO customers_importrow (
        source_id, position, cells, remarks, corrections, decision, state,
        customer_id, customer_name, problems, problem_kind, changes, instructions, acknowledged
    ) VALUES (%s, %s, %s, %s, %s, %s, %s, '', '', '[]', '', '[]', '[]', '[]')
    ON CONFLICT (source_id, position) DO UPDATE SET
        cells = excluded.cells, remarks = excluded.remarks, corrections = excluded.corrections,
        decision = excluded.decision, state = excluded.state
"""
_UPDATE = """
    UPDATE customers_importrow SET
        state = %s, customer_id = %s, customer_name = %s, problems = %s, problem_kind = %s,
        changes = %s, instructions = %s, acknowledged = %s
    WHERE source_id = %s AND position = %s
"""
_NOTHING = "[]"


class ReadRow(NamedTuple):
    """A row as it is read from the file, with what a person did to it before, where the file replaces another."""

    position: int
    cells: Sequence[str]
    remarks: Mapping[str, str]
    corrections: Mapping[str, str]
    decision: str = ""
    state: str = RowState.WAITING


class StoredRow(NamedTuple):
    """A row as a check needs it. Its cells are JSON text, a fifth of the memory of the texts in it."""

    position: int
    cells_json: str
    remarks_json: str
    corrections_json: str
    decision: str
    state: str

    @property
    def cells(self) -> Cells:
        """The texts of its cells with the corrections in place, and what the file says beside them."""
        texts = msgspec.json.decode(self.cells_json, type=list[str])
        if not (self.remarks_json or self.corrections_json):
            return Cells(texts)
        return cells_of(texts, _decoded(self.remarks_json), _decoded(self.corrections_json))


def insert(source: Import, rows: Iterable[ReadRow]) -> None:
    """Write rows of a file; those that are there at their positions get the new cells and their state."""
    source_id = _source_id(source)
    values = [
        (
            source_id,
            row.position,
            _json([db_safe(cell, MAX_CELL) for cell in row.cells]),
            _json(row.remarks),
            _json(row.corrections),
            row.decision,
            row.state,
        )
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, values)


def store(source: Import, verdicts: Iterable[tuple[int, Verdict]]) -> None:
    """Write what a check found, by the positions of the rows."""
    source_id = _source_id(source)
    values: list[tuple[str | int, ...]] = [
        (*_columns(verdict), source_id, position) for position, verdict in verdicts
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_UPDATE, values)


def stored_rows(source: Import) -> Iterator[StoredRow]:
    """The rows that are not left out, in the order of the sheet."""
    rows = ImportRow.objects.filter(source=source).exclude(state=RowState.LEFT_OUT)
    texts = [Cast(name, TextField()) for name in ("cells", "remarks", "corrections")]
    found = rows.order_by("position").values_list("position", *texts, "decision", "state")
    for position, cells, remarks, corrections, decision, state in found.iterator(_PIECE):
        yield StoredRow(position, cells, _filled(remarks), _filled(corrections), decision, state)


def _columns(verdict: Verdict) -> tuple[str, ...]:
    problems = verdict.problems[:MAX_PROBLEMS]
    return (
        verdict.state,
        db_safe(verdict.customer_id),
        db_safe(verdict.customer_name),
        _json([each.to_json() for each in problems]) if problems else _NOTHING,
        problems[0].kind if problems else "",
        _json(verdict.changes) if verdict.changes else _NOTHING,
        _json([each.to_json() for each in verdict.instructions])
        if verdict.instructions
        else _NOTHING,
        _json(verdict.acknowledged) if verdict.acknowledged else _NOTHING,
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _decoded(text: str) -> dict[str, str]:
    return msgspec.json.decode(text, type=dict[str, str]) if text else {}


def _filled(text: str) -> str:
    """The JSON text of an object, "" for an empty one, of which there is one in most rows."""
    return "" if text == "{}" else text


def _source_id(source: Import) -> str:
    """The key of an import as the database takes it."""
    return str(Import._meta.pk.get_db_prep_value(source.pk, connection))
