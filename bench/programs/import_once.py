"""`python -m bench.programs.import_once COMPANY FILE`: store, read and check a file as the worker does.

Prints the seconds, and the peak in MiB.

`python -m bench.programs.import_once COMPANY FILE make` writes the file first: each customer of the company with ten
columns, as our own export has them. In one row of ten the phone is another one, in one of a hundred the status
is wrong.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402  (needs the set-up)

from customers.codat.companies import accounting_connections  # noqa: E402
from customers.models import Import  # noqa: E402
from customers.service import default_service  # noqa: E402
from customers.spreadsheets.columns import cell_text, headings, path_of, value_at  # noqa: E402
from customers.spreadsheets.files.writing import XlsxFile  # noqa: E402
from customers.spreadsheets.importing import states, uploading, working  # noqa: E402
from customers.spreadsheets.importing.matching_columns import suggest  # noqa: E402
from customers.spreadsheets.importing.targets import model_of  # noqa: E402

KEYS = (
    *("id", "customerName", "emailAddress", "phone", "defaultCurrency", "status"),
    *("addresses.#1.line1", "addresses.#1.city", "addresses.#1.postalCode", "addresses.#1.country"),
)
_PAGE_SIZE = 5_000


def make(company_id: str, file: Path) -> None:
    """Write the file."""
    number = 1
    paths = [path_of(key) for key in KEYS]
    rows: list[list[str]] = []
    while page := _page(company_id, number):
        for record in page:
            cells = [cell_text(value_at(record, path)) for path in paths]
            if len(rows) % 10 == 0:
                cells[3] = f"+44 20 7946 {len(rows):05}"
            if len(rows) % 100 == 1:
                cells[5] = "Asleep"
            rows.append(cells)
        number += 1
    heads = headings(paths)
    if file.suffix == ".csv":
        with file.open("w", encoding="utf-8-sig", newline="") as target:
            csv.writer(target).writerows([heads, *rows])
        return
    with file.open("w+b") as binary, XlsxFile(binary) as book:
        sheet = book.sheet("Customers", heads)
        for row in rows:
            sheet.add(row)


def _page(company_id: str, number: int) -> list[Any]:
    results = default_service().list_records(
        company_id=company_id, page=number, page_size=_PAGE_SIZE
    )["results"]
    return list(results)


def measure(company_id: str, file: Path) -> tuple[float, float]:
    """Seconds to read and check the file, and the process's peak in MiB."""
    service = default_service()
    user, _ = User.objects.get_or_create(username="bench", defaults={"is_superuser": True})
    company = service.get_company(company_id=company_id)
    source = uploading.store(
        file.read_bytes(),
        file_name=file.name,
        user=user,
        company_id=company_id,
        company=company,
        connection=accounting_connections(company)[0],
    ).source
    started = time.perf_counter()
    working.step(source, service)
    took = time.perf_counter() - started
    suggestion = suggest(source.headings, model_of(source, service))
    states.set_columns(source, suggestion.mapping, match_by=suggestion.match_by, user=user)
    started = time.perf_counter()
    working.step(source, service)
    took += time.perf_counter() - started
    if source.state != Import.State.CHECKED:
        raise AssertionError(f"the import is {source.state}: {source.message}")
    peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
    return took, int(peak) / 1024


if __name__ == "__main__":
    if sys.argv[3:]:
        make(sys.argv[1], Path(sys.argv[2]))
    else:
        print(*measure(sys.argv[1], Path(sys.argv[2])))
