"""An export as a use case, without a request: its row in the journal, then its bytes.

    reading (Codat's pages) ──▶ tables (rows) ──▶ file (bytes) ──▶ browser

The file is a response body: iterate once, then close. Where Codat fails in the middle it raises, and the row says that
the export was interrupted, so nothing that looks whole is not.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.attachments.zip_writer import TooLarge
from customers.audit import recording as audit
from customers.batches.selection import Selection
from customers.codat.errors import ClientDisconnected, CodatError
from customers.codat.text import db_safe
from customers.formatting import thousands
from customers.forms.model import Node
from customers.models import AuditEntry, Export
from customers.service import CustomerService
from customers.spreadsheets.exporting.about import Result, Source, about_lines
from customers.spreadsheets.exporting.export_files import ExportFile, file_of, longest_text
from customers.spreadsheets.exporting.fields import shape_of
from customers.spreadsheets.exporting.journal import JournalLine
from customers.spreadsheets.exporting.options import Layout, Options
from customers.spreadsheets.exporting.reading import (
    MAX_CUSTOMERS,
    ListReading,
    Reading,
    Record,
    TickedReading,
)
from customers.spreadsheets.exporting.tables import Tables

# Customers of one piece of the file: some 100 kB.
_PIECE = 200

NOTHING = "No customer matches, so there is nothing to export."
TOO_MANY = (
    f"An export has at most {thousands(MAX_CUSTOMERS)} customers."
    " Narrow the list, then export again."
)
_CLOSED = "The browser ended the download before the file was whole."
_FAILED = "The dashboard failed while it wrote the file."
_TOO_LARGE = "A table of the file has more than 4 GiB. Choose fewer columns."


class NotPossible(Exception):
    """There is nothing to export, or too much. str(e) is a sentence for people."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is to be exported, and for whom.

    The export has the ID `export_id` where no other one has it. `rows` says what in words, `address` is that of the
    list. `expected` is how many customers there were lately.
    """

    export_id: UUID
    user: User
    company_id: str
    company_name: str
    connection_id: str
    platform: str
    selection: Selection
    options: Options
    rows: str
    address: str
    expected: int | None = None


def open_export(request: ExportRequest, service: CustomerService, model: Node | None) -> ExportBody:
    """Read the first customers, record the export, and return its file, of which nothing was written yet.

    Raises NotPossible and CodatError, and has recorded nothing then.
    """
    reading = _reading(request, service)
    try:
        if reading.promised > MAX_CUSTOMERS:
            raise NotPossible(TOO_MANY)
        if not reading.first:
            raise NotPossible(NOTHING)
        shape = shape_of(reading.first, model)
        tables = Tables(
            shape,
            request.options.has,
            own_tables=request.options.layout is Layout.SHEETS,
            longest=longest_text(request.options.format),
        )
        export = _record(request, reading, tables.keys)
    except BaseException:
        reading.close()
        raise
    source = Source(
        company_id=request.company_id,
        company_name=request.company_name,
        connection_id=request.connection_id,
        platform=request.platform,
        rows=request.rows,
        address=request.address,
        username=request.user.get_username(),
        started_at=export.created_at,
        synced_at=reading.synced_at,
    )
    file = file_of(request.options, tables)
    return ExportBody(reading, file, JournalLine(export), source, request.options)


def _reading(request: ExportRequest, service: CustomerService) -> Reading:
    selection = request.selection
    if selection.ids:
        return TickedReading(service, request.company_id, selection.ids)
    return ListReading(
        service,
        request.company_id,
        query=selection.state.query,
        order_by=selection.state.order_by,
        expected=request.expected,
    )


def _record(request: ExportRequest, reading: Reading, keys: Sequence[str]) -> Export:
    now = timezone.now()
    export = Export(
        pk=request.export_id,
        created_at=now,
        changed_at=now,
        user=request.user,
        username=request.user.get_username(),
        company_id=request.company_id,
        company_name=db_safe(request.company_name),
        connection_id=request.connection_id,
        file_format=request.options.format,
        columns=[db_safe(key) for key in keys],
        question=db_safe(request.selection.question),
        is_selection=bool(request.selection.ids),
        synced_at=reading.synced_at,
        promised=reading.promised,
    )
    try:
        _insert(export, request)
    except IntegrityError:
        # Another post of the same page was first, or the ID is that of something else.
        export.pk = uuid4()
        _insert(export, request)
    return export


def _insert(export: Export, request: ExportRequest) -> None:
    with transaction.atomic():
        export.save(force_insert=True)
        audit.record(
            AuditEntry.Kind.EXPORT,
            user=request.user,
            company_id=export.company_id,
            subject=export.pk,
            detail={"format": export.file_format},
        )


class ExportBody:
    """The file, piece by piece, and its row in the journal. Iterate once, then close."""

    def __init__(
        self,
        reading: Reading,
        file: ExportFile,
        line: JournalLine,
        source: Source,
        options: Options,
    ) -> None:
        self._reading, self._file, self._line = reading, file, line
        self._source, self._options = source, options
        self._result = Result(reading.promised, reading.is_by_id)
        self._pieces = self._generate()

    def __iter__(self) -> ExportBody:
        return self

    def __next__(self) -> bytes:
        self._line.sending()
        try:
            return next(self._pieces)
        except StopIteration:
            self._line.complete(" ".join(self._result.remarks))
            raise
        except Exception as error:
            self._line.interrupt(_reason(error))
            raise

    def close(self) -> None:
        """End the export. Safe to repeat; without effect on one that is complete."""
        try:
            self._pieces.close()
            self._reading.close()
            self._file.close()
        finally:
            self._line.interrupt(_CLOSED)

    @property
    def day(self) -> str:
        """The day of the export in UTC, for the name of its file."""
        return f"{self._source.started_at:%Y-%m-%d}"

    def prepare(self) -> int | None:
        """Write a file that can be sent only when it is whole; its bytes. None for one that is streamed.

        Raises CodatError; then nothing was sent.
        """
        if self._file.is_streamed:
            return None
        try:
            for _ in self._write():
                pass
            return self._file.size
        except Exception as error:
            self._line.interrupt(_reason(error))
            raise

    def _generate(self) -> Generator[bytes, None, None]:
        if self._file.is_streamed:
            yield from self._write()
        yield from self._file.pieces()

    def _write(self) -> Iterator[bytes]:
        """Write everything; what can be sent already."""
        result, file = self._result, self._file
        for records in self._reading:
            for start in range(0, len(records), _PIECE):
                piece: Sequence[Record] = records[start : start + _PIECE]
                data = file.write(piece)
                result.written += len(piece)
                if data:
                    self._line.progress(result.written)
                    yield data
            self._line.progress(result.written)
        result.remarks = self._reading.remarks()
        result.more = file.more
        file.finish(about_lines(self._source, self._options, result))


def _reason(error: Exception) -> str:
    """Why an export was interrupted, as a sentence."""
    if isinstance(error, ClientDisconnected):
        return _CLOSED
    if isinstance(error, TooLarge):
        return _TOO_LARGE
    return error.sentence if isinstance(error, CodatError) else _FAILED
