"""`python -m bench.admin_site.import_rows FILE`: the dry run of django-import-export on local rows; its seconds.

The table has the customers of the file, with the columns of the file that it knows.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

import django

django.setup()

import tablib  # noqa: E402  (needs the set-up)
from django.core.management import call_command  # noqa: E402
from import_export.resources import modelresource_factory  # noqa: E402

from bench.admin_site.models import Customer  # noqa: E402

NAMES = {
    "Customer ID": "id",
    "Customer name": "customerName",
    "Email address": "emailAddress",
    "Phone": "phone",
    "Default currency": "defaultCurrency",
    "Status": "status",
}


def main(file: Path) -> float:
    """Seconds of the dry run."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    with file.open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    Customer._default_manager.all().delete()
    Customer._default_manager.bulk_create(
        (
            Customer(position=n, **{NAMES[head]: row[head] for head in NAMES})
            for n, row in enumerate(rows)
        ),
        batch_size=1_000,
    )
    fields = tuple(NAMES.values())
    resource = modelresource_factory(Customer, meta_options={"fields": fields})()
    started = time.perf_counter()
    data = tablib.Dataset(*([row[head] for head in NAMES] for row in rows), headers=fields)
    resource.import_data(data, dry_run=True, raise_errors=False)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
