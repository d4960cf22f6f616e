"""The audit as files: CSV for a spreadsheet, and JSON lines with the hashes for a program. Knows no HTTP."""

from collections.abc import Callable, Iterator

import simplejson
from django.db.models import QuerySet

from customers.audit.hashing import FIELDS
from customers.auditing import filters, words
from customers.codat.cell_text import BOM, protected_line
from customers.models import AuditEntry

HEADINGS = (
    "At (UTC)", "Kind", "Detail", "Person", "Person ID", "Company ID", "Customer ID", "Subject", "Address",
    "Request ID", "Correlation ID", "Chain", "Number", "Hash",
)  # fmt: skip
# Entries of one query.
PIECE = 500


class EntryFile:
    """The lines of a file, read as they are sent, the newest entry first. `line` writes one entry."""

    def __init__(
        self, rows: "QuerySet[AuditEntry]", line: Callable[[AuditEntry], str], start: str = ""
    ) -> None:
        self._rows, self._line, self._start = rows, line, start
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        """The file in pieces."""
        yield self._start.encode()
        last: AuditEntry | None = None
        while self._is_open:
            piece = list(filters.after(self._rows, last)[:PIECE])
            if not piece:
                return
            yield "".join(map(self._line, piece)).encode()
            last = piece[-1]

    def close(self) -> None:
        """No further entry is read."""
        self._is_open = False


def table(rows: "QuerySet[AuditEntry]") -> EntryFile:
    """CSV for a spreadsheet program."""
    return EntryFile(rows, _cells, BOM + protected_line(HEADINGS))


def lines(rows: "QuerySet[AuditEntry]") -> EntryFile:
    """JSON, one object a line, with everything that an entry's hash covers."""
    return EntryFile(rows, _json)


def _cells(entry: AuditEntry) -> str:
    number = "" if entry.number is None else str(entry.number)
    return protected_line(
        [
            f"{entry.at:%Y-%m-%d %H:%M:%S}",
            entry.get_kind_display(),
            words.detail(entry),
            entry.user_name,
            "" if entry.user_id is None else str(entry.user_id),
            entry.company_id,
            entry.customer_id,
            entry.subject,
            entry.address,
            entry.request_id,
            entry.correlation_id,
            entry.chain,
            number,
            entry.hash,
        ]
    )


def _json(entry: AuditEntry) -> str:
    at = entry.at.isoformat(timespec="microseconds")
    values = {name: getattr(entry, name) for name in FIELDS}
    values |= {"at": at, "previous_hash": entry.previous_hash, "hash": entry.hash}
    return simplejson.dumps(values, ensure_ascii=False) + "\n"
