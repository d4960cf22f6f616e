"""Two to four customers side by side, field by field. One call to Codat for each, in parallel."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from customers.browsing.customer_list.columns import shown_text
from customers.browsing.customer_page.long_records import shorten
from customers.codat.errors import CodatError
from customers.codat.parallel import all_in_parallel
from customers.codat.reading.snapshots import Snapshot
from customers.codat.types import Customer
from customers.formatting import path_label, when
from customers.service import default_service
from customers.web import links
from customers.web.company_context import load_company
from customers.web.error_pages import heading

MIN_CUSTOMERS, MAX_CUSTOMERS = 2, 4
# Fields that are shown; a record has some forty.
MAX_FIELDS = 500
# The order of the fields; others follow.
_ORDER = (
    "customerName",
    "contactName",
    "emailAddress",
    "phone",
    "addresses",
    "contacts",
    "defaultCurrency",
    "registrationNumber",
    "taxNumber",
    "status",
    "sourceModifiedDate",
    "modifiedDate",
    "id",
)
_LABELS = {
    "customerName": "Name",
    "emailAddress": "Email",
    "defaultCurrency": "Currency",
    "sourceModifiedDate": "Changed",
    "modifiedDate": "Changed in Codat",
    "id": "ID",
}

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the customers. `problem` is why it could not be read, "" where it was; `read_at` is set for old data."""

    id: str
    name: str
    url: str
    problem: str
    read_at: object


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field: its values are texts or dates as HTML, "" for none; None for a customer that could not be read."""

    label: str
    values: tuple[str | None, ...]
    differs: bool


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def compare(request: HttpRequest, company_id: str) -> HttpResponse:
    """The customers in `?id=` (several). `?only=differences`: fields in which they differ; `?first=`: these first."""
    page = load_company(request, company_id)
    ids = [record_id for record_id in dict.fromkeys(request.GET.getlist("id")) if record_id]
    is_possible = MIN_CUSTOMERS <= len(ids) <= MAX_CUSTOMERS
    sides, records = _read(company_id, ids, page.suffix) if is_possible else ([], [])
    rows, is_cut = compared(records)
    only = request.GET.get("only") == "differences"
    if request.GET.get("first") == "differences":
        rows.sort(key=lambda row: not row.differs)
    query = urlencode([("id", record_id) for record_id in ids], errors="replace")
    here = f"{links.compare(company_id)}?{query}{page.suffix.replace('?', '&')}"
    context = {
        "page": page,
        "chosen": len(ids),
        "sides": sides,
        "rows": [row for row in rows if row.differs or not only],
        "differences": sum(row.differs for row in rows),
        "only": only,
        "is_cut": is_cut,
        "all_url": here,
        "only_url": f"{here}&only=differences",
    }
    return render(request, "browsing/compare.html", context, status=200 if is_possible else 422)


def _read(
    company_id: str, ids: Sequence[str], suffix: str
) -> tuple[list[Side], list[Mapping[str, Any] | None]]:
    """The customers, None for each that could not be read."""

    def reader(record_id: str) -> Any:
        return lambda: default_service().snapshots.get(company_id=company_id, customer_id=record_id)

    results: list[Snapshot[Customer] | CodatError] = all_in_parallel(
        [reader(record_id) for record_id in ids]
    )
    sides, records = [], list[Mapping[str, Any] | None]()
    for record_id, result in zip(ids, results, strict=True):
        is_addressable = links.is_addressable(record_id)
        url = links.customer(company_id, record_id) + suffix if is_addressable else ""
        if isinstance(result, CodatError):
            problem = f"{heading(result)}. {result.sentence}"
            sides.append(Side(record_id, f"Customer {record_id}", url, problem, None))
            records.append(None)
            continue
        record, _ = shorten(result.data)
        name = shown_text(record.get("customerName")) or f"Customer {record_id}"
        sides.append(Side(record_id, name, url, "", result.read_at if result.error else None))
        records.append(record)
    return sides, records


def compared(records: Sequence[Mapping[str, Any] | None]) -> tuple[list[FieldRow], bool]:
    """The fields of all records side by side, and whether some are left out. A record that is None never differs."""
    found = [dict(_fields(record)) if record is not None else None for record in records]
    paths = dict.fromkeys(path for fields in found if fields is not None for path in fields)
    ordered = sorted(paths, key=_rank)
    rows = []
    for path in ordered[:MAX_FIELDS]:
        values = tuple(None if fields is None else fields.get(path, "") for fields in found)
        known = {value for value in values if value is not None}
        rows.append(FieldRow(_label(path), values, len(known) > 1))
    return rows, len(ordered) > MAX_FIELDS


def _fields(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Each value of a record that is not empty, with its path. Bounded: `shorten` was here, and so was the decoder."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _fields(item, (*path, str(name)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _fields(item, (*path, index))
    else:
        text = shown_text(value)
        if text:
            is_date = isinstance(value, str) and path and str(path[-1]).endswith("Date")
            yield path, SafeString(when(value)) if is_date else text


def _rank(path: Path) -> tuple[int, Path]:
    """The record's own order of its fields, rows of a list by their number."""
    first = str(path[0]) if path else ""
    position = _ORDER.index(first) if first in _ORDER else len(_ORDER)
    return position, tuple(f"{part:06}" if isinstance(part, int) else part for part in path[:2])


def _label(path: Path) -> str:
    if len(path) == 1 and path[0] in _LABELS:
        return _LABELS[str(path[0])]
    return path_label(path)
