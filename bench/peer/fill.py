"""`python -m bench.peer.fill <upstream>`: tables, the upstream's customers, a sheet, and a user."""

import sys
from datetime import UTC, datetime
from urllib.request import urlopen

import django
import msgspec
from django.core.management import call_command
from django.utils.dateparse import parse_datetime


def _date(text: str) -> datetime | None:
    """Codat's date with its zone, which the documents say is UTC."""
    found = parse_datetime(text)
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def main(upstream: str) -> None:
    """Fill the database that the settings name."""
    django.setup()
    from django.contrib.auth.models import User

    from bench.peer.models import CompiledModel, Customer
    from bench.upstream import THOUSANDS

    call_command("migrate", run_syncdb=True, verbosity=0)
    with urlopen(f"{upstream}/companies/{THOUSANDS}/data/customers?pageSize=5000") as answer:
        found = msgspec.json.decode(answer.read())["results"]
    names = (
        "id",
        "customerName",
        "contactName",
        "emailAddress",
        "phone",
        "defaultCurrency",
        "status",
    )
    Customer._default_manager.bulk_create(
        Customer(
            **{name: record.get(name) or "" for name in names},
            sourceModifiedDate=_date(record.get("sourceModifiedDate") or ""),
            place=place,
        )
        for place, record in enumerate(found)
    )
    CompiledModel._default_manager.create()
    User.objects.create_superuser("demo", password="demo")  # noqa: S106  gone with the run


if __name__ == "__main__":
    main(sys.argv[1])
