"""The files that go back to the person: the sheet with its problems before it is sent, with its outcomes afterwards.

Each is the uploaded file with columns behind its own. With its problems corrected, it is uploaded again for the same
import; with its outcomes, as a new one: the columns that were added are recognised.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from customers.batches.progress import group_of
from customers.batches.reasons import reason
from customers.models import Batch, BatchRow, Import, ImportRow
from customers.spreadsheets.files.copying import copy_format, copy_with_columns
from customers.spreadsheets.importing import uploading
from customers.spreadsheets.importing.fields import ID_LABEL
from customers.spreadsheets.importing.reading import reading_of
from customers.spreadsheets.importing.remembered import CHANGE, OUTCOME, PROBLEM

RowState = ImportRow.State

# Rows of one query.
_PIECE = 500
# Characters of one added cell.
_MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file: its name, its format (`csv` or `xlsx`), and its content in pieces."""

    name: str
    file_format: str
    content: Iterator[bytes]


def problem_file(source: Import) -> ResultFile | None:
    """The uploaded file with a column `Problem`; None once the file was deleted."""
    rows = ImportRow.objects.filter(source=source, state__in=ImportRow.PROBLEMS)
    texts = {
        position: [_joined(each.get("text") for each in problems)]
        for position, problems in rows.values_list("position", "problems").iterator(_PIECE)
    }
    return _file(source, "problems", (PROBLEM,), texts)


def outcome_file(source: Import) -> ResultFile | None:
    """The uploaded file with columns `Outcome`, `Problem`, `Customer ID` and `Change`; None once it was deleted.

    `Change` has the number of the change in the change history.
    """
    ids = _own_ids(source)
    texts = {row.position: _of_row(row) for row in _import_rows(source)}
    if source.batch is not None:
        texts |= dict(_outcomes(source.batch))
    for position, cells in texts.items():
        cells[2] = cells[2] or ids.get(position, "")
    return _file(source, "outcome", (OUTCOME, PROBLEM, ID_LABEL, CHANGE), texts)


def _of_row(row: ImportRow) -> list[str]:
    """What a row says that was not sent."""
    problems = _joined(each.get("text") for each in row.problems)
    return [row.get_state_display(), problems, row.customer_id, ""]


def _own_ids(source: Import) -> dict[int, str]:
    """The IDs that the sheet has in a column of the same name: a row that means no customer keeps its own."""
    folded = [heading.strip().casefold() for heading in source.headings]
    if ID_LABEL.casefold() not in folded:
        return {}
    index = folded.index(ID_LABEL.casefold())
    rows = ImportRow.objects.filter(source=source).values_list("position", "cells")
    return {position: cells[index] for position, cells in rows.iterator(_PIECE) if cells[index:]}


def _import_rows(source: Import) -> Iterator[ImportRow]:
    columns = ("position", "state", "problems", "customer_id")
    return ImportRow.objects.filter(source=source).only(*columns).iterator(_PIECE)


def _outcomes(batch: Batch) -> Iterator[tuple[int, list[str]]]:
    """What became of each row of a batch, by its position in the sheet."""
    rows = BatchRow.objects.filter(batch=batch).select_related("write").order_by("position")
    rows = rows.defer("payload", "before", "instructions", "write__before", "write__payload")
    for row in rows.iterator(_PIECE):
        customer_id = row.customer_id or (row.write.customer_id if row.write else "")
        change = str(row.write_id) if row.write_id else ""
        yield row.position, [group_of(row, batch).label, reason(row), customer_id, change]


def _file(
    source: Import, infix: str, extra: Sequence[str], texts: Mapping[int, Sequence[str]]
) -> ResultFile | None:
    reading, content = reading_of(source), uploading.content_of(source)
    if reading is None or not content:
        return None
    empty = [""] * len(extra)
    copied = copy_with_columns(content, reading, extra, lambda number: texts.get(number, empty))
    file_format = copy_format(reading)
    stem = PurePath(source.file_name).stem or "Import"
    return ResultFile(f"{stem}-{infix}.{file_format}", file_format, copied)


def _joined(sentences: Iterator[object]) -> str:
    return " ".join(str(each) for each in sentences if each)[:_MAX_TEXT]
