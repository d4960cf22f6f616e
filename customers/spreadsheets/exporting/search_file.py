"""What a search over all companies finds, as one CSV file. It is read from the index, so Codat is not asked.

Each company has its own line in the journal of what left the house: who sees the company sees the line, and no other.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Generator, Sequence
from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.db import Error, transaction
from django.utils import timezone

from customers.audit import recording as audit
from customers.codat.text import db_safe
from customers.formatting import thousands
from customers.models import AuditEntry, Export, IndexedCompany, IndexedCustomer
from customers.spreadsheets.exporting.journal import Pulse
from customers.spreadsheets.exporting.options import Format
from customers.spreadsheets.files.writing import Cell, CsvLines, CsvStyle

logger = logging.getLogger(__name__)

HEADINGS = (
    "Company", "Company ID", "Connection ID", "Customer ID", "Name", "Email", "Phone", "City", "Country", "Status",
    "Deleted", "Currency", "Copy synced (UTC)", "Age of the copy (days)",
)  # fmt: skip
# Customers of one query, and lines of the journal of one UPDATE.
PIECE, _LINES = 500, 200

_CLOSED = "The browser ended the download before the file was whole."
_FAILED = "The dashboard failed while it wrote the file."

# Of a search: the key and the company's ID of each customer, in its order.
Keys = Sequence[tuple[int, str]]


def open_search_file(keys: Keys, user: User, *, address: str, has_more: bool) -> SearchFile:
    """Record what leaves the house, and return the file, of which nothing was written yet.

    `address` is that of the search. `has_more`: it found more than there is in `keys`.
    """
    now, counts = timezone.now(), Counter(company_id for _, company_id in keys)
    companies = IndexedCompany.objects.filter(company_id__in=counts).order_by("pk")
    exports = [_line(each, counts[each.company_id], user, address, now) for each in companies]
    with transaction.atomic():
        Export.objects.bulk_create(exports)
        audit.record_all([_entry(export, user) for export in exports])
    remark = f"The search found more: the file has the first {thousands(len(keys))}."
    return SearchFile(keys, exports, remark if has_more else "")


def _line(company: IndexedCompany, number: int, user: User, address: str, now: datetime) -> Export:
    return Export(
        created_at=now,
        changed_at=now,
        user=user,
        username=user.get_username(),
        company_id=company.company_id,
        company_name=company.name,
        connection_id=company.connection_id,
        file_format=Format.CSV_EXCEL,
        columns=list(HEADINGS),
        question=db_safe(address),
        synced_at=company.synced_at,
        promised=number,
    )


def _entry(export: Export, user: User) -> AuditEntry:
    return audit.entry(
        AuditEntry.Kind.EXPORT,
        user=user,
        company_id=export.company_id,
        subject=export.pk,
        detail={"format": export.file_format},
    )


class SearchFile:
    """The file, piece by piece, and its lines in the journal. Iterate once, then close."""

    def __init__(self, keys: Keys, exports: Sequence[Export], remark: str) -> None:
        self._keys, self._exports, self._remark = keys, exports, remark
        self._written: Counter[str] = Counter()
        self._is_over = False
        self._pulse = Pulse(export.pk for export in exports)
        self._pieces = self._generate()

    def __iter__(self) -> SearchFile:
        return self

    def __next__(self) -> bytes:
        self._pulse.beat()
        try:
            return next(self._pieces)
        except StopIteration:
            self._end(Export.State.COMPLETE, self._remark)
            raise
        except Exception:
            self._end(Export.State.INTERRUPTED, _FAILED)
            raise

    def close(self) -> None:
        """End the file. Safe to repeat; without effect on one that is complete."""
        self._pieces.close()
        self._end(Export.State.INTERRUPTED, _CLOSED)

    def _generate(self) -> Generator[bytes, None, None]:
        now, csv = timezone.now(), CsvLines(CsvStyle.EXCEL)
        yield csv.start() + csv.lines([HEADINGS])
        for start in range(0, len(self._keys), PIECE):
            keys = [key for key, _ in self._keys[start : start + PIECE]]
            stored = IndexedCustomer.objects.select_related("source").in_bulk(keys)
            # What has left the index meanwhile is not in the file.
            rows = [stored[key] for key in keys if key in stored]
            counts = Counter(row.source.company_id for row in rows)
            self._written.update(counts)
            # Before they leave: a process that dies afterwards cannot say so any more.
            self._store([export for export in self._exports if counts[export.company_id]])
            yield csv.lines(_cells(row, now) for row in rows)

    def _end(self, state: Export.State, message: str) -> None:
        """Record once how it ended, in the line of each company."""
        if self._is_over:
            return
        self._is_over, now = True, timezone.now()
        for export in self._exports:
            export.state, export.ended_at = state, now
            export.message = message
            missing = (export.promised or 0) - self._written[export.company_id]
            if missing and state == Export.State.COMPLETE:
                left = f"{thousands(missing)} left the index meanwhile."
                export.message = f"{message} {left}".strip()
        self._store(self._exports, "state", "ended_at", "message")

    def _store(self, exports: Sequence[Export], *columns: str) -> None:
        """Record how many customers of each company were written, and `columns` of the lines."""
        now = timezone.now()
        for export in exports:
            export.written, export.changed_at = self._written[export.company_id], now
        changed = ("written", "changed_at", *columns)
        try:
            Export.objects.bulk_update(exports, changed, batch_size=_LINES)
        except Error:
            logger.warning("an export was not recorded", exc_info=True)


def _cells(row: IndexedCustomer, now: datetime) -> Sequence[Cell]:
    """A customer as a line; of several values of one kind all, with a semicolon between."""
    company = row.source
    synced = company.synced_at.astimezone(UTC) if company.synced_at else None
    return (
        company.name,
        company.company_id,
        company.connection_id,
        row.customer_id,
        row.name,
        _joined(row.emails),
        _joined(row.written_phones or row.phones),
        row.city,
        row.country,
        row.status,
        "yes" if row.is_deleted else "",
        row.currency,
        # No text: a spreadsheet program may take it for a time.
        synced.replace(microsecond=0, tzinfo=None) if synced else None,
        (now - synced).days if synced else None,
    )


def _joined(lines: str) -> str:
    return "; ".join(lines.split("\n"))
